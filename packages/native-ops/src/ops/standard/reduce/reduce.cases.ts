// Cases of the reduction family. Sizes cross the lanes of a run (64), the columns of a task (512), the thread threshold
// (16384 elements) and the cut of one output between threads (32768).
import { exactly, type InputSpec, type OpCase, type ValueKind } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

type Tolerance = OpCase['tolerance'];
type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const sumTolerance: Tolerance = {
  absolute: 1e-37,
  relative: 1.2e-7,
  why: 'both sum in float64 and round once; the order differs by 1e-16, which can move that rounding',
};
const meanTolerance: Tolerance = {
  absolute: 2e-7,
  relative: 1e-6,
  why: 'the CPU kernel rounds every x / count to float32 before it sums; here the sum is divided',
};
const prodTolerance: Tolerance = { ...sumTolerance, why: 'both multiply in float64, in another order, and round once' };

interface Row {
  readonly kernel: string;
  readonly run: Reduction;
  readonly tolerance: Tolerance;
  readonly values?: ValueKind;
  /** Inputs away from ties, for the gradient. */
  readonly smooth?: ValueKind;
}

const rows: readonly Row[] = [
  { kernel: 'Sum', run: tf.sum, tolerance: sumTolerance, smooth: 'normal' },
  { kernel: 'Mean', run: tf.mean, tolerance: meanTolerance, smooth: 'normal' },
  { kernel: 'Prod', run: tf.prod, tolerance: prodTolerance, values: 'positive', smooth: 'off-zero' },
  { kernel: 'Max', run: tf.max, tolerance: exactly, smooth: 'distinct' },
  { kernel: 'Min', run: tf.min, tolerance: exactly, smooth: 'distinct' },
]; // biome-ignore format: a table

/** Runs, columns, both, middle axes, every other axis, all, none; narrow, wide, long. */
const layouts: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  [[7], [0]],
  [[3, 5], [1]],
  [[3, 5], [0]],
  [[3, 5], [0, 1]],
  [[4, 1, 3], [1]],
  [[2, 3, 4, 5], [1, 2]],
  [[2, 3, 4, 5], [0, 2]],
  [[2, 3, 4, 5], [1, 3]],
  [[2, 3, 4, 5], [0, 3]],
  [[2, 3, 2, 3, 2, 3], [0, 2, 4]],
  [[2, 3, 2, 3, 2, 3], [1, 3, 5]],
  [[1025], [0]],
  [[63, 129], [1]],
  [[129, 63], [0]],
  [[700, 3], [0]],
  [[31, 1100], [0]],
]; // biome-ignore format: a table

/** Enough work for threads: few outputs, many outputs, several groups of columns, narrow columns, wide columns. */
const large: typeof layouts = [
  [[100_003], [0]],
  [[5, 9001], [1]],
  [[3001, 17], [1]],
  [[2, 64, 65, 16], [1, 2]],
  [[3, 130, 131, 3], [1, 2]],
  [[3, 33_333], [0]],
  [[11, 2003, 3], [0, 2]],
]; // biome-ignore format: a table

function floatCases({ kernel, run, tolerance, values, smooth }: Row): OpCase[] {
  const over = (axes: readonly number[], keepDims?: boolean) => (x: tf.Tensor) => run(x, [...axes], keepDims);
  const cases: OpCase[] = layouts.map(([shape, axes]) => ({
    name: `${kernel} of [${shape}] over [${axes}]`,
    inputs: [{ shape, values: values ?? 'special' }],
    run: over(axes),
    kernels: [kernel],
    tolerance,
  }));
  // Products of many values leave the range of float32; signs around 1 stay in it.
  if (kernel !== 'Prod') {
    cases.push(
      ...large.map(
        ([shape, axes]): OpCase => ({
          name: `${kernel} of [${shape}] over [${axes}], cut between threads`,
          inputs: [{ shape, values: kernel === 'Sum' ? 'positive' : 'normal' }],
          run: over(axes),
          kernels: [kernel],
          tolerance,
        }),
      ),
    );
  }
  const plain: OpCase[] = [
    {
      name: `${kernel} that keeps its axes`,
      inputs: [{ shape: [2, 3, 4], values: 'positive' }],
      run: over([0, 2], true),
      kernels: [kernel],
      tolerance,
    },
    {
      name: `${kernel} over a negative axis`,
      inputs: [{ shape: [2, 3], values: 'positive' }],
      run: over([-1]),
      kernels: [kernel],
      tolerance,
    },
    {
      name: `${kernel} of a scalar`,
      inputs: [{ shape: [], values: 'positive' }],
      run: (x) => run(x),
      kernels: [kernel],
      tolerance,
    },
    {
      name: `${kernel} of no values, several times`,
      inputs: [{ shape: [3, 0] }],
      run: over([1]),
      kernels: [kernel],
      tolerance,
    },
    ...(
      [
        [
          [0, 4, 3],
          [0, 2],
        ],
        [
          [3, 0, 4, 3],
          [1, 3],
        ],
        [
          [3, 2, 0, 4, 3],
          [2, 4],
        ],
      ] as const
    ).map(([shape, axes]) => ({
      name: `${kernel} of no values over [${axes}] of [${shape}]`,
      inputs: [{ shape }],
      run: over([...axes]),
      kernels: [kernel],
      tolerance,
    })),
    {
      name: `${kernel} over rows of an empty tensor`,
      inputs: [{ shape: [3, 0] }],
      run: over([0]),
      kernels: [kernel],
      tolerance,
    },
  ];
  cases.push(...plain);
  if (smooth !== undefined) {
    cases.push({
      name: `${kernel}, differentiable inputs`,
      inputs: [{ shape: [2, 5, 3], values: smooth }],
      run: over([1]),
      kernels: [kernel],
      tolerance,
      // Extremes: values are 0.13 apart, and a step of 2^-6 moves one by 0.03.
      gradient: {},
    });
  }
  return cases;
}

const intCases: OpCase[] = rows.flatMap(({ kernel, run }) =>
  layouts.slice(0, 12).map(
    ([shape, axes]): OpCase => ({
      name: `${kernel} of int32 [${shape}] over [${axes}]`,
      inputs: [{ shape, dtype: 'int32' }],
      run: (x) => run(x, [...axes]),
      kernels: [kernel],
      // Products of 1025 integers pass 2^53: the order decides which digits are lost.
      tolerance: kernel === 'Mean' ? meanTolerance : exactly,
      ...(kernel === 'Prod' ? { inputs: [{ shape, dtype: 'int32', values: 'bits' }] as InputSpec[] } : {}),
    }),
  ),
);

const boolCases: OpCase[] = (
  [
    ['All', tf.all],
    ['Any', tf.any],
    ['Sum', tf.sum],
    ['Max', tf.max],
  ] as const
).flatMap(([kernel, run]) =>
  (
    [
      [[17], [0]],
      [[3, 4, 5], [1]],
      [
        [200, 3, 100],
        [0, 2],
      ],
      [[3, 0], [1]],
    ] as const
  ).map(
    ([shape, axes]): OpCase => ({
      name: `${kernel} of bool [${shape}] over [${axes}]`,
      inputs: [{ shape, dtype: 'bool' }],
      run: (x) => run(x as tf.Tensor, [...axes]),
      kernels: [kernel],
      tolerance: exactly,
    }),
  ),
);

const wraps: OpCase[] = [
  {
    name: 'Sum of int32 beyond 2^31 wraps as Int32Array does',
    inputs: [{ shape: [4], dtype: 'int32', values: [2147483647, 2147483647, 2147483647, 5] }],
    run: (x) => tf.sum(x),
    kernels: ['Sum'],
    tolerance: exactly,
  },
  {
    name: 'Prod of int32 beyond 2^31 wraps as Int32Array does',
    inputs: [{ shape: [3], dtype: 'int32', values: [100_003, 100_019, 7] }],
    run: (x) => tf.prod(x),
    kernels: ['Prod'],
    tolerance: exactly,
  },
];

const positionCases: OpCase[] = (
  [
    ['ArgMax', tf.argMax],
    ['ArgMin', tf.argMin],
  ] as const
).flatMap(([kernel, run]) => {
  const shapes: readonly (readonly [readonly number[], number])[] = [
    [[7], 0],
    [[3, 5], 1],
    [[3, 5], 0],
    [[2, 3, 4], 1],
    [[50, 1031], 1],
    [[301, 70], 0],
    [[4, 31, 700], 1],
    [[0, 3], 0],
  ];
  return [
    ...shapes.flatMap(([shape, axis]) =>
      (['special', 'positions'] as const).map(
        (values): OpCase => ({
          name: `${kernel} of [${shape}] along ${axis}, ${values === 'special' ? 'NaN and infinities' : 'many ties'}`,
          inputs: [{ shape, values }],
          run: (x) => run(x, axis),
          kernels: [kernel],
          tolerance: exactly,
        }),
      ),
    ),
    {
      name: `${kernel} with NaN in front`,
      inputs: [{ shape: [4], values: [Number.NaN, 1, 3, 2] }],
      run: (x: tf.Tensor) => run(x, 0),
      kernels: [kernel],
      tolerance: exactly,
    },
    {
      name: `${kernel} of int32`,
      inputs: [{ shape: [9, 40], dtype: 'int32' as const }],
      run: (x: tf.Tensor) => run(x, 1),
      kernels: [kernel],
      tolerance: exactly,
    },
  ];
});

const addNCases: OpCase[] = [1, 3, 17].flatMap((terms) =>
  [[0], [5, 7], [20_011]].flatMap((shape) =>
    (['float32', 'int32'] as const).map(
      (dtype): OpCase => ({
        name: `AddN of ${terms} ${dtype} tensors of [${shape}]`,
        inputs: Array.from({ length: terms }, () => ({ shape, dtype })),
        run: (...x) => tf.addN(x),
        kernels: ['AddN'],
        // The same additions in the same order, each rounded to float32.
        tolerance: exactly,
        gradient: dtype === 'float32' && terms === 3 && shape.length === 2 ? {} : false,
      }),
    ),
  ),
);

export const reduceCases: readonly OpCase[] = [
  ...rows.flatMap(floatCases),
  ...intCases,
  ...boolCases,
  ...wraps,
  ...positionCases,
  ...addNCases,
];
