// Cases of the layout family. Values are only moved, so every comparison is exact unless it says otherwise. Sizes cross the
// tiles of the transposition (16, 64, 1024), the short rows of the copy (2, 3, 4 and up to 64 elements) and the thread
// threshold (16384).
import { exactly, type InputSpec, type OpCase, type RefusalCase } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

type Shape = readonly number[];
type Type = 'float32' | 'int32' | 'bool';

const types: readonly Type[] = ['float32', 'int32', 'bool'];

/** For operations that TF.js itself limits. */
const floatOnly: readonly Type[] = ['float32'];

const sizeOf = (shape: Shape) => shape.reduce((product, size) => product * size, 1);

/** float32 with NaN, infinities and denormals, so that a copy that computes shows. */
const input = (shape: Shape, dtype: Type): InputSpec =>
  dtype === 'float32' ? { shape, dtype, values: 'special' } : { shape, dtype };

interface Move {
  readonly kernel: string;
  readonly what: string;
  readonly shapes: readonly Shape[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** Default: all. */
  readonly types?: readonly Type[];
  /** False where results are so many that differences would take seconds. */
  readonly differentiable?: boolean;
  /** Where TF.js's CPU kernel is wrong, or has no such kernel. */
  readonly reference?: OpCase['reference'];
}

/** The move in every dtype (int32 moves like float32, so large ones do without), and the gradient of small ones. */
function casesOf(move: Move): OpCase[] {
  const { kernel, what, shapes, run, reference } = move;
  const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const common = { run, kernels: [kernel], tolerance: exactly, ...(reference && { reference }) };
  const tried = move.types ?? (total > 1000 ? (['float32', 'bool'] as const) : types);
  const cases: OpCase[] = tried.map((dtype) => ({
    name: `${kernel} ${what}, ${dtype}`,
    inputs: shapes.map((shape) => input(shape, dtype)),
    ...common,
  }));
  if (move.differentiable !== false && total > 0 && total <= 100) {
    cases.push({
      name: `${kernel} ${what}, differentiable`,
      inputs: shapes.map((shape) => ({ shape, values: 'normal' as const })),
      ...common,
      run: (...inputs) => joined(run(...inputs)),
      ...(reference && { reference: (...inputs: tf.Tensor[]) => joined(reference(...inputs)) }),
      gradient: {},
    });
  }
  return cases;
}

/** One tensor is differentiated: of several results, all their values in a row. */
const joined = (results: tf.Tensor | tf.Tensor[]): tf.Tensor =>
  Array.isArray(results)
    ? tf.concat(
        results.map((result) => tf.reshape(result, [-1])),
        0,
      )
    : results;

const list = (shape: Shape) => `[${shape}]`;

// --- Aliases and casts -----------------------------------------------------------------------------------------------

// biome-ignore format: a table
const reshapes = [
  [[6], [2, 3]],
  [[2, 3], [3, -1]],
  [[], [1, 1, 1]],
  [[1], []],
  [[0, 3], [3, 0, 5]],
  [[2, 1, 3, 1, 2, 2], [4, 6]],
] as const;

// biome-ignore format: a table
const expansions = [
  [[], 0],
  [[3], 0],
  [[3], 1],
  [[2, 3], -1],
  [[2, 3], -3],
  [[2, 0], 1],
] as const;

const aliases: readonly Move[] = [
  ...[[], [0], [7], [2, 0, 3], [2, 1, 2, 1, 2, 1]].map((shape) => ({
    kernel: 'Identity',
    what: `of ${list(shape)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.clone(x),
  })),
  ...reshapes.map(([from, to]) => ({
    kernel: 'Reshape',
    what: `of ${list(from)} to ${list(to)}`,
    shapes: [from],
    run: (x: tf.Tensor) => tf.reshape(x, [...to]),
  })),
  ...expansions.map(([shape, axis]) => ({
    kernel: 'ExpandDims',
    what: `of ${list(shape)} at ${axis}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.expandDims(x, axis),
  })),
];

/** Where float32 leaves int32, is fractional, or is no number. */
const hard = [
  0.9,
  -0.9,
  -0,
  2147483520,
  2147483648,
  -2147483648,
  -2147483904,
  4294967296,
  4294967808,
  -4294967808,
  1e10,
  -1e10,
  7.2e16,
  -7.3e16,
  1e20,
  3e38,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
];

const castCases: readonly OpCase[] = types.flatMap((from) =>
  types.flatMap((to): OpCase[] => {
    const inputs: InputSpec[] = [[], [0], [17], [2, 3, 4], [1025], [17, 1021]].map((shape) => input(shape, from));
    if (from === 'float32') inputs.push({ shape: [hard.length], values: hard });
    return inputs.map((spec, i) => ({
      name: `Cast of ${from} to ${to}, ${list(spec.shape)} (${i})`,
      inputs: [spec],
      run: (x) => tf.cast(x, to),
      kernels: ['Cast'],
      tolerance: exactly,
    }));
  }),
);

// --- Slices ------------------------------------------------------------------------------------------------------------

// biome-ignore format: a table
const slicings = [
  [[5], [1], [3]],
  [[5], [5], [0]],
  [[5], [0], [5]],
  [[4, 5], [1, 2], [2, 3]],
  [[4, 5], [1, 0], [2, 5]],
  [[4, 0], [1, 0], [2, 0]],
  [[3, 4, 5], [0, 1, 2], [3, 2, 2]],
  [[2, 3, 4, 2], [1, 0, 1, 0], [1, 3, 2, 2]],
  [[2, 2, 3, 2, 2, 2], [0, 1, 1, 0, 0, 1], [2, 1, 2, 2, 1, 1]],
  [[3, 130, 70], [1, 1, 3], [2, 129, 67]],
  [[17000], [17], [16800]],
  [[3, 33100], [1, 3], [2, 33000]],
] as const;

// biome-ignore format: a table
const stridedSlicings = [
  [[10], [1], [9], [3]],
  [[10], [8], [1], [-2]],
  [[10], [0], [0], [-1], 1, 1],
  [[10], [3], [3], [1]],
  [[4, 6], [0, 1], [4, 6], [2, 2]],
  [[4, 6], [3, 5], [-5, -7], [-1, -2]],
  [[4, 6], [0, 0], [4, 6], [1, 1]],
  [[4, 6], [1, 0], [3, 6], [1, 1]],
  [[3, 4, 5], [0, 1], [2, 5], [1, 2], 0, 0, 1],
  [[3, 4, 5], [1, 0, 2], [3, 0, 4], [1, 1, 1], 0, 0, 0, 2],
  [[2, 3, 2, 3, 2], [0, 2, 0, 0, 1], [2, 0, 2, 3, 2], [1, -1, 1, 2, 1]],
  [[130, 300], [129, 0], [0, 300], [-1, 2], 0, 0],
  [[3, 17000], [0, 16999], [3, 0], [1, -1]],
] as const;

// biome-ignore format: a table
const splittings = [
  [[6], 3, 0],
  [[4, 6], [1, 2, 3], 1],
  [[4, 6], [1, -1], 0],
  [[2, 5, 3], [5, 0], 1],
  [[2, 3, 4, 2], 2, -1],
  [[5, 60, 130], [100, 30], 2],
] as const;

// biome-ignore format: a table
const unpackings = [
  [[3], 0],
  [[3, 4], 1],
  [[2, 3, 4], -2],
  [[2, 0, 3], 0],
  [[2, 130, 131], 0],
] as const;

const slices: readonly Move[] = [
  ...slicings.map(([shape, begin, size]) => ({
    kernel: 'Slice',
    what: `of ${list(shape)} from ${list(begin)}, size ${list(size)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.slice(x, [...begin], [...size]),
  })),
  // shape, begin, end, strides, masks: begin, end, ellipsis, new axis, shrink
  ...stridedSlicings.map(([shape, begin, end, strides, ...masks]) => ({
    kernel: 'StridedSlice',
    what: `of ${list(shape)} ${list(begin)}:${list(end)}:${list(strides)} masks ${list(masks)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.stridedSlice(x, [...begin], [...end], [...strides], ...masks),
  })),
  {
    kernel: 'StridedSlice',
    what: 'of [4,6] that drops an axis and steps along the other',
    shapes: [[4, 6]],
    run: (x: tf.Tensor) => tf.stridedSlice(x, [2, 1], [3, 5], [1, 2], 0, 0, 0, 0, 1),
    // TF.js's CPU kernel takes the steps of the dropped axis for those of the other.
    reference: (x: tf.Tensor) => tf.reshape(tf.stridedSlice(x, [2, 1], [3, 5], [1, 2]), [2]),
  },
  {
    kernel: 'StridedSlice',
    what: 'of [4,6] that begins after its end',
    shapes: [[4, 6]],
    run: (x: tf.Tensor) => tf.stridedSlice(x, [0, 5], [4, 1], [1, 1]),
    // TF.js's CPU kernel throws, although the same with other steps is empty.
    reference: (x: tf.Tensor) => tf.zeros([4, 0], x.dtype),
  },
  ...splittings.map(([shape, parts, axis]) => ({
    kernel: 'SplitV',
    what: `of ${list(shape)} into ${parts} along ${axis}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.split(x, typeof parts === 'number' ? parts : [...parts], axis),
  })),
  ...unpackings.map(([shape, axis]) => ({
    kernel: 'Unpack',
    what: `of ${list(shape)} along ${axis}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.unstack(x, axis),
  })),
];

// --- Joining -----------------------------------------------------------------------------------------------------------

// biome-ignore format: a table
const concatenations = [
  [[[3], [4]], 0],
  [[[3], [0], [4]], 0],
  [[[0], [3]], 0],
  [[[0, 3], [0, 2]], 1],
  [[[2, 3], [4, 3], [1, 3]], 0],
  [[[2, 3], [2, 1]], 1],
  [[[2, 2, 3], [2, 1, 3]], -2],
  [[[1, 2, 2, 3], [1, 2, 2, 5]], 3],
  [[[2, 1, 2, 1, 2], [2, 1, 2, 2, 2]], 3],
  [[[1, 2, 1, 2, 1, 2], [1, 2, 1, 2, 1, 3]], 5],
  [[[2, 50, 61, 3], [2, 50, 61, 5]], 3],
  [[[2, 50, 61, 16], [2, 50, 61, 4]], 3],
  [[[17000], [9000], [1]], 0],
] as const;

// biome-ignore format: a table
const packings = [
  [[], 2, 0],
  [[3], 1, 0],
  [[3], 3, 1],
  [[2, 3], 2, -1],
  [[2, 3], 2, 1],
  [[2, 0], 3, 0],
  [[2, 1, 2, 1, 2], 2, 2],
  [[130, 131], 2, 2],
] as const;

const joins: readonly Move[] = [
  ...concatenations.map(([shapes, axis]) => ({
    kernel: 'Concat',
    what: `of ${shapes.map(list).join(' ')} along ${axis}`,
    shapes,
    run: (...inputs: tf.Tensor[]) => tf.concat(inputs, axis),
  })),
  ...packings.map(([shape, count, axis]) => ({
    kernel: 'Pack',
    what: `of ${count} times ${list(shape)} at ${axis}`,
    shapes: Array.from({ length: count }, () => shape),
    run: (...inputs: tf.Tensor[]) => tf.stack(inputs, axis),
  })),
];

// --- Permutations and repetition ---------------------------------------------------------------------------------------

// biome-ignore format: a table
const transpositions = [
  [[5, 3], [1, 0]],
  [[0, 3], [1, 0]],
  [[4, 5], [0, 1]],
  [[2, 3, 4], [2, 0, 1]],
  [[2, 3, 4], [0, 2, 1]],
  [[2, 3, 4], [2, 1, 0]],
  [[2, 3, 2, 3], [0, 3, 1, 2]],
  [[2, 2, 3, 2, 2], [3, 1, 4, 0, 2]],
  [[2, 1, 3, 2, 2, 3], [5, 4, 3, 2, 1, 0]],
  [[64, 64], [1, 0]],
  [[65, 67], [1, 0]],
  [[150, 100], [1, 0]],
  [[1100, 40], [1, 0]],
  [[40, 1100], [1, 0]],
  [[3, 9000], [1, 0]],
  [[9000, 3], [1, 0]],
  [[2, 33, 34, 17], [0, 3, 1, 2]],
  [[2, 17, 33, 34], [0, 2, 3, 1]],
  [[3, 40, 35, 5], [0, 2, 1, 3]],
  [[2, 3, 40, 3, 5, 9], [3, 0, 5, 2, 1, 4]],
] as const;

// biome-ignore format: a table
const reversals = [
  [[], []],
  [[5], [0]],
  [[0, 2], [1]],
  [[2, 3], [0]],
  [[2, 3], [-1]],
  [[2, 3, 4], [0, 2]],
  [[2, 2, 2, 3], [1, 2]],
  [[2, 1, 2, 3, 1, 2], [1, 3, 5]],
  [[3, 70, 90], [1]],
  [[3, 70, 90], [0, 2]],
  [[17000], [0]],
] as const;

// biome-ignore format: a table
const depthsToSpace = [
  [[1, 1, 1, 4], 2],
  [[1, 2, 2, 8], 2],
  [[2, 1, 3, 9], 3],
  [[2, 16, 17, 48], 4],
  [[2, 33, 35, 12], 2],
] as const;

// biome-ignore format: a table
const spacesToBatch = [
  [[1, 2, 2, 1], [2, 2], [[0, 0], [0, 0]]],
  [[1, 3, 4, 2], [2, 2], [[1, 0], [0, 2]]],
  [[2, 4, 3], [2], [[0, 0]]],
  [[2, 2, 2, 2, 1], [2, 1, 2], [[0, 0], [1, 0], [1, 1]]],
  [[2, 65, 66, 3], [3, 2], [[0, 1], [1, 1]]],
] as const;

// biome-ignore format: a table
const batchesToSpace = [
  [[4, 1, 1, 1], [2, 2], [[0, 0], [0, 0]]],
  [[4, 2, 3, 2], [2, 2], [[1, 0], [0, 2]]],
  [[4, 2, 3], [2], [[0, 1]]],
  [[8, 1, 2, 2, 1], [2, 2, 2], [[0, 0], [1, 0], [1, 1]]],
  [[12, 22, 34, 3], [3, 2], [[0, 1], [1, 1]]],
] as const;

// biome-ignore format: a table
const tilings = [
  [[], []],
  [[3], [2]],
  [[1], [5]],
  [[3], [0]],
  [[2, 3], [1, 1]],
  [[2, 3], [2, 3]],
  [[1, 3], [4, 1]],
  [[3, 1], [1, 4]],
  [[2, 0], [2, 2]],
  [[2, 3, 2], [2, 1, 3]],
  [[2, 1, 2, 1], [1, 3, 2, 2]],
  [[1, 2, 1, 2, 2], [2, 2, 2, 2, 2]],
  [[2, 1, 2, 2, 1, 2], [2, 2, 2, 1, 2, 3]],
  [[2, 2, 2, 2, 2, 2], [2, 2, 2, 2, 2, 2]],
  [[2, 1, 1, 17], [1, 33, 34, 1]],
  [[1], [17000]],
  [[130, 3], [3, 50]],
] as const;

const permutations: readonly Move[] = [
  ...transpositions.map(([shape, perm]) => ({
    kernel: 'Transpose',
    what: `of ${list(shape)} by ${list(perm)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.transpose(x, [...perm]),
  })),
  ...reversals.map(([shape, axes]) => ({
    kernel: 'Reverse',
    what: `of ${list(shape)} along ${list(axes)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.reverse(x, [...axes]),
  })),
  ...depthsToSpace.map(([shape, block]) => ({
    kernel: 'DepthToSpace',
    types: floatOnly,
    what: `of ${list(shape)} by ${block}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, block),
  })),
  ...(
    [
      [[1, 4, 1, 1], 2],
      [[2, 8, 2, 3], 2],
      [[2, 12, 33, 35], 2],
    ] as const
  ).map(([shape, block]) => ({
    kernel: 'DepthToSpace',
    types: floatOnly,
    what: `of ${list(shape)} by ${block}, NCHW`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, block, 'NCHW'),
    // TF.js's CPU kernel refuses NCHW.
    reference: (x: tf.Tensor) =>
      tf.transpose(tf.depthToSpace(tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]), block), [0, 3, 1, 2]),
  })),
  ...spacesToBatch.map(([shape, blockShape, paddings]) => ({
    kernel: 'SpaceToBatchND',
    what: `of ${list(shape)} by ${list(blockShape)}, paddings ${JSON.stringify(paddings)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.spaceToBatchND(x, [...blockShape], paddings as unknown as number[][]),
  })),
  ...batchesToSpace.map(([shape, blockShape, crops]) => ({
    kernel: 'BatchToSpaceND',
    what: `of ${list(shape)} by ${list(blockShape)}, crops ${JSON.stringify(crops)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.batchToSpaceND(x, [...blockShape], crops as unknown as number[][]),
  })),
  ...tilings.map(([shape, reps]) => ({
    kernel: 'Tile',
    what: `of ${list(shape)} by ${list(reps)}`,
    shapes: [shape],
    run: (x: tf.Tensor) => tf.tile(x, [...reps]),
    differentiable: sizeOf(shape) * sizeOf(reps) <= 1000,
  })),
  {
    kernel: 'Tile',
    what: 'as broadcastTo',
    shapes: [[3, 1]],
    run: (x: tf.Tensor) => tf.broadcastTo(x, [2, 3, 4]),
  },
];

// --- Borders -------------------------------------------------------------------------------------------------------------

type Paddings = [number, number][];

// biome-ignore format: a table
const paddedShapes = [
  [[3], [[1, 2]]],
  [[0], [[1, 2]]],
  [[3], [[0, 0]]],
  [[2, 3], [[0, 0], [1, 2]]],
  [[2, 3], [[1, 0], [0, 0]]],
  [[2, 0, 2], [[1, 0], [0, 0], [0, 1]]],
  [[2, 2, 3], [[1, 1], [0, 2], [2, 0]]],
  [[1, 3, 3, 2], [[0, 0], [1, 1], [1, 2], [0, 0]]],
  [[2, 2, 2, 3], [[0, 0], [0, 0], [0, 0], [1, 2]]],
  [[2, 1, 2, 1, 2], [[1, 0], [0, 1], [0, 0], [1, 1], [0, 0]]],
  [[1, 2, 1, 2, 1, 2], [[1, 1], [1, 0], [0, 1], [1, 0], [1, 1], [0, 1]]],
  [[2, 63, 65, 3], [[0, 0], [1, 1], [2, 1], [0, 0]]],
  [[17000], [[3, 5]]],
] as const;

// biome-ignore format: a table
const mirroredShapes = [
  [[4], [[2, 3]]],
  [[3], [[0, 0]]],
  [[2, 3], [[1, 0], [0, 2]]],
  [[4, 2], [[3, 3], [0, 0]]],
  [[2, 3, 2], [[1, 1], [0, 2], [1, 0]]],
  [[1, 3, 4, 2], [[0, 0], [1, 1], [3, 2], [0, 0]]],
  [[2, 2, 3, 3], [[0, 0], [1, 0], [1, 2], [1, 0]]],
  [[2, 50, 61, 3], [[0, 0], [3, 3], [3, 2], [0, 0]]],
  [[3, 90, 70], [[0, 2], [5, 0], [1, 60]]],
] as const;

const pads: readonly Move[] = [
  ...paddedShapes.flatMap(([shape, paddings]) =>
    ([0, 1] as const).map((value) => ({
      kernel: 'PadV2',
      what: `of ${list(shape)} by ${JSON.stringify(paddings)} with ${value}`,
      shapes: [shape],
      run: (x: tf.Tensor) => tf.pad(x, paddings as unknown as Paddings, value),
    })),
  ),
  ...mirroredShapes.flatMap(([shape, paddings]) =>
    (['reflect', 'symmetric'] as const).map((mode) => ({
      kernel: 'MirrorPad',
      what: `of ${list(shape)} by ${JSON.stringify(paddings)}, ${mode}`,
      shapes: [shape],
      run: (x: tf.Tensor) => tf.mirrorPad(x, paddings as unknown as Paddings, mode),
    })),
  ),
];

// biome-ignore format: a table
const mirrorGradients = [
  [[4], [[2, 3]]],
  [[2, 3, 2], [[1, 1], [0, 2], [1, 0]]],
  [[1, 3, 4, 2], [[0, 0], [2, 2], [3, 3], [0, 0]]],
  [[2, 50, 61, 3], [[0, 0], [3, 3], [3, 2], [0, 0]]],
  [[2, 70, 130], [[1, 0], [5, 5], [100, 60]]],
] as const;

/** Gradient kernels have no CPU twin: the reference is the gradient in plain TF.js operations, on the CPU backend's rules. */
const mirrorGradientCases: readonly OpCase[] = mirrorGradients.flatMap(([shape, paddings]) =>
  (['reflect', 'symmetric'] as const).map((mode): OpCase => {
    const padded = shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
    return {
      name: `MirrorPadGrad of ${list(shape)} by ${JSON.stringify(paddings)}, ${mode}`,
      inputs: [{ shape }, { shape: padded }],
      run: (x, dy) => tf.grad((v: tf.Tensor) => tf.mirrorPad(v, paddings as unknown as Paddings, mode))(x, dy),
      kernels: ['MirrorPadGrad'],
      tolerance: { absolute: 2e-6, relative: 0, why: 'up to 27 values below 3 are added in another order' },
      reference: (x, dy) => scatteredMirrorGradient(x, dy, paddings as unknown as Paddings, mode),
    };
  }),
);

/** Every element of dy is added, in float64, where the mirror image of the index lies. */
function scatteredMirrorGradient(x: tf.Tensor, dy: tf.Tensor, paddings: Paddings, mode: string): tf.Tensor {
  const sums = new Float64Array(x.size);
  const indices = Float32Array.from({ length: x.size }, (_, i) => i);
  const shown = tf.mirrorPad(tf.tensor(indices, x.shape), paddings, mode as 'reflect').dataSync();
  const values = dy.dataSync();
  for (let i = 0; i < values.length; i++) {
    const position = shown[i] as number;
    sums[position] = (sums[position] as number) + (values[i] as number);
  }
  return tf.tensor(Float32Array.from(sums), x.shape);
}

// --- Constants and choices -----------------------------------------------------------------------------------------------

const summing = (count: number, largest: number) => ({
  absolute: count * largest * 6e-8,
  relative: 0,
  why: `TF.js adds up ${count} steps, each rounded to float32; here start + i * step is rounded once`,
});

// biome-ignore format: a table
const fillings = [
  [[], 3.5, 'float32'],
  [[0], 1, 'float32'],
  [[3, 0], 1, 'int32'],
  [[2, 3], -7, 'int32'],
  [[2, 3], 2.9, 'int32'],
  [[17], 1, 'bool'],
  [[2, 1, 2, 1, 2, 3], Number.NaN, 'float32'],
  [[17, 1021], Number.NEGATIVE_INFINITY, 'float32'],
] as const;

// biome-ignore format: a table
const ranges = [
  [0, 5, 1],
  [5, 0, 1],
  [5, 0, -2],
  [0, 5, -1],
  [3, 3, 1],
  [-3, 4, 2],
  [0, 17000, 1],
  [-2147483648, -2147483000, 100],
] as const;

// biome-ignore format: a table
const linSpaces = [
  [0, 1, 1],
  [0, 10, 11],
  [1, -1, 7],
  [-3, 5, 20001],
] as const;

// biome-ignore format: a table
const oneHots = [
  [[], 3],
  [[0], 4],
  [[5], 6],
  [[2, 3], 8],
  [[2, 1, 2, 1, 2], 5],
  [[300], 120],
] as const;

const generated: readonly OpCase[] = [
  ...fillings.map(
    ([shape, value, dtype]): OpCase => ({
      name: `Fill of ${list(shape)} with ${value}, ${dtype}`,
      inputs: [],
      run: () => tf.fill([...shape], value, dtype),
      kernels: ['Fill'],
      tolerance: exactly,
    }),
  ),
  ...types.flatMap((dtype) =>
    ([[], [0, 2], [2, 3], [17, 1021]] as const).flatMap((shape) =>
      (['ZerosLike', 'OnesLike'] as const).map(
        (kernel): OpCase => ({
          name: `${kernel} of ${list(shape)}, ${dtype}`,
          inputs: [input(shape, dtype)],
          run: kernel === 'ZerosLike' ? tf.zerosLike : tf.onesLike,
          kernels: [kernel],
          tolerance: exactly,
        }),
      ),
    ),
  ),
  ...ranges.flatMap(([start, stop, step]) =>
    (['float32', 'int32'] as const).map(
      (dtype): OpCase => ({
        name: `Range ${start} to ${stop} by ${step}, ${dtype}`,
        inputs: [],
        run: () => tf.range(start, stop, step, dtype),
        kernels: ['Range'],
        // Whole numbers below 2^24, or a few steps of 100 between float32s that are 256 apart.
        tolerance: start < -(2 ** 24) && dtype === 'float32' ? summing(7, 2 ** 31) : exactly,
      }),
    ),
  ),
  {
    name: 'Range 0 to 1 by 0.1',
    inputs: [],
    run: () => tf.range(0, 1, 0.1),
    kernels: ['Range'],
    tolerance: summing(10, 1),
  },
  ...linSpaces.map(
    ([start, stop, count]): OpCase => ({
      name: `LinSpace ${start} to ${stop} in ${count}`,
      inputs: [],
      run: () => tf.linspace(start, stop, count),
      kernels: ['LinSpace'],
      tolerance: summing(count, 5),
    }),
  ),
  ...oneHots.flatMap(([shape, depth]) =>
    (
      [
        [1, 0, 'int32'],
        [0.5, -2, 'float32'],
        [1, 0, 'bool'],
      ] as const
    ).map(
      ([on, off, dtype]): OpCase => ({
        name: `OneHot of ${list(shape)}, depth ${depth}, ${dtype}`,
        // From -20 to 20: some are outside the depth and give rows without a hit.
        inputs: [{ shape, dtype: 'int32' }],
        run: (indices) => tf.oneHot(indices, depth, on, off, dtype),
        kernels: ['OneHot'],
        tolerance: exactly,
      }),
    ),
  ),
];

const select = (condition: tf.Tensor, t: tf.Tensor, e: tf.Tensor) =>
  tf.engine().runKernel(tf.Select, { condition, t, e }) as tf.Tensor;

// biome-ignore format: a table
const selectedShapes = [
  [[], [], []],
  [[0], [0], [0]],
  [[7], [7], [7]],
  [[3, 4], [3, 4], [3, 4]],
  [[2, 1, 2, 1, 2, 3], [2, 1, 2, 1, 2, 3], [2, 1, 2, 1, 2, 3]],
  [[3, 1], [4], [2, 1, 1]],
  [[17, 1021], [17, 1021], [17, 1021]],
] as const;

const selections: readonly OpCase[] = [
  ...types.flatMap((dtype) =>
    selectedShapes.map(
      ([condition, t, e]): OpCase => ({
        name: `Select of ${list(condition)} between ${list(t)} and ${list(e)}, ${dtype}`,
        inputs: [{ shape: condition, dtype: 'bool' }, input(t, dtype), input(e, dtype)],
        run: (c, a, b) => tf.where(c, a, b),
        kernels: ['Select'],
        tolerance: exactly,
      }),
    ),
  ),
  ...types.flatMap((dtype) =>
    (
      [
        [[4], [4, 3, 2]],
        [[], [2, 3]],
        [[300], [300, 70]],
      ] as const
    ).map(
      ([condition, shape]): OpCase => ({
        name: `Select of whole positions: ${list(condition)} for ${list(shape)}, ${dtype}`,
        inputs: [{ shape: condition, dtype: 'bool' }, input(shape, dtype), input(shape, dtype)],
        run: select,
        kernels: ['Select'],
        tolerance: exactly,
        // TF.js's CPU kernel repeats element i of t and e where position i is meant.
        reference: (c, t, e) => {
          const wide = tf.reshape(c, [...condition, ...shape.slice(condition.length).map(() => 1)]);
          return tf.where(tf.broadcastTo(wide, [...shape]), t, e);
        },
      }),
    ),
  ),
  {
    name: 'Select, differentiable',
    inputs: [{ shape: [3, 4], dtype: 'bool' }, { shape: [3, 4] }, { shape: [4] }],
    run: (c, t, e) => tf.where(c, t, e),
    kernels: ['Select'],
    tolerance: exactly,
    gradient: {},
  },
];

export const layoutCases: readonly OpCase[] = [
  ...[...aliases, ...slices, ...joins, ...permutations, ...pads].flatMap(casesOf),
  ...castCases,
  ...mirrorGradientCases,
  ...generated,
  ...selections,
];

const kernel = (name: string, inputs: tf.NamedTensorMap | tf.Tensor[], attrs: object) =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor;

export const layoutRefusals: readonly RefusalCase[] = [
  {
    name: 'a shape with another number of elements',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.reshape(x, [4, 2]),
    message: /Reshape: Size\(6\).*\[4,2\] has 8 elements.*\[2,3\] has 6/,
  },
  {
    name: 'a new axis beyond the rank',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.expandDims(x, -4),
    message: /ExpandDims.*interval \[-3, 2\], received -4/,
  },
  {
    name: 'a slice that reaches out',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.slice(x, [1, 1], [2, 1]),
    message: /begin\[0\] \+ size\[0\] \(3\) would overflow input\.shape\[0\] \(2\)/,
  },
  {
    name: 'a slice that begins before the tensor',
    inputs: [{ shape: [5] }],
    run: (x) => tf.slice(x, [-3], [2]),
    message: /Slice: begin \[-3\]/,
  },
  {
    name: 'parts that do not fit',
    inputs: [{ shape: [2, 3] }, { shape: [3, 4] }],
    run: (a, b) => tf.concat([a, b], 1),
    message: /Shape of tensors.*does not match/,
  },
  {
    name: 'negative paddings',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.pad(x, [[0, 0], [-1, 2]]), // biome-ignore format: one pair per axis
    message: /PadV2: paddings must be.*\[2,3\].*\[\[0,0\],\[-1,2\]\]/,
  },
  {
    name: 'a mirror wider than what it shows',
    inputs: [{ shape: [2, 3] }],
    run: (x) => kernel(tf.MirrorPad, { x }, { paddings: [[0, 0], [0, 3]], mode: 'reflect' }), // biome-ignore format: one pair per axis
    message: /MirrorPad: a border of 3 mirrors an axis of size 3, which has only 2 positions/,
  },
  {
    name: 'a range without an end',
    inputs: [],
    run: () => tf.range(0, Number.POSITIVE_INFINITY, 1),
    message: /Range: from 0 to Infinity by 1 are Infinity numbers/,
  },
  {
    name: 'a condition of another shape',
    inputs: [{ shape: [3], dtype: 'bool' }, { shape: [2, 3] }, { shape: [2, 3] }],
    run: select,
    message: /Select: condition \[3\].*t \[2,3\]/,
  },
  {
    name: 'tensors of different shapes in a stack',
    inputs: [{ shape: [3] }, { shape: [4] }],
    run: (a, b) => kernel(tf.Pack, [a, b], { axis: 0 }),
    message: /must have matching shapes/,
  },
];
