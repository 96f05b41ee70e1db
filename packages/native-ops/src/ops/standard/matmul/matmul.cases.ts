// Cases of matrix products. Sizes cross the tile (up to 14 x 32), the depth of a panel (256), the block of rows (up to
// 168), the block of columns (1024) and the thread threshold (2^18 products); one row and one column have paths of
// their own.
import { type OpCase, oneRounding } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

type Shape = readonly number[];

/** Sums of `depth` products of values of size about 1, in float32 here. */
function summed(depth: number): OpCase['tolerance'] {
  return {
    absolute: 1e-6 * Math.sqrt(depth),
    relative: 1e-6,
    why: `${depth} products of size about 1 are summed in float32: 6e-8 of the running sum per addition, a random walk`,
  };
}

/** rows, depth, columns */
const sizes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [2, 3, 4],
  [5, 7, 3],
  [13, 17, 31],
  [14, 16, 32],
  [15, 257, 33],
  [30, 5, 65],
  [1, 300, 70],
  [1, 130, 2100],
  [70, 300, 1],
  [2100, 130, 1],
  [3, 64, 130],
  [29, 3, 17],
  [100, 1, 100],
  [130, 131, 132],
  [340, 20, 34],
  [16, 260, 1030],
]; // biome-ignore format: a table

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

const plain: OpCase[] = sizes.flatMap(([m, k, n]) =>
  transposes.map(
    ([transposeA, transposeB]): OpCase => ({
      name: `[${m}, ${k}] x [${k}, ${n}], transposed ${transposeA}, ${transposeB}`,
      inputs: [{ shape: transposeA ? [k, m] : [m, k] }, { shape: transposeB ? [n, k] : [k, n] }],
      run: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
      kernels: ['BatchMatMul'],
      tolerance: summed(k),
      gradient: m * k * n < 200 ? {} : false,
    }),
  ),
);

const batches: OpCase[] = (
  [
    [[3, 4, 5], [3, 5, 2]],
    [[3, 4, 5], [1, 5, 2]],
    [[1, 4, 5], [3, 5, 2]],
    [[2, 3, 4, 5], [2, 3, 5, 6]],
    [[40, 9, 33], [40, 33, 20]],
    [[2, 90, 91], [2, 91, 92]],
    [[33, 1, 64], [33, 64, 40]],
    [[4, 5], [3, 5, 2]],
  ] as readonly (readonly [Shape, Shape])[]
).map(([a, b]) => ({
  name: `batches [${a}] x [${b}]`,
  inputs: [{ shape: a }, { shape: b }],
  run: (x, y) => tf.matMul(x as tf.Tensor, y as tf.Tensor),
  kernels: ['BatchMatMul'],
  tolerance: summed(a.at(-1) as number),
  // Thousands of evaluations: the small ones say it all.
  gradient: tf.util.sizeFromShape([...a, b.at(-1) as number]) < 1000 ? {} : false,
})); // biome-ignore format: a table

const bothBroadcast: OpCase = {
  name: 'batches [2, 1] and [1, 3], where each repeats the other',
  inputs: [{ shape: [2, 1, 4, 5] }, { shape: [1, 3, 5, 2] }],
  run: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor),
  // The CPU kernel takes index modulo batch size, which is right for one repeated axis only.
  reference: (a, b) => tf.matMul(tf.tile(a as tf.Tensor, [1, 3, 1, 1]), tf.tile(b as tf.Tensor, [2, 1, 1, 1])),
  kernels: ['BatchMatMul'],
  tolerance: summed(5),
  gradient: {},
};

const empty: OpCase[] = (
  [
    [[0, 3], [3, 2]],
    [[2, 0], [0, 3]],
    [[2, 3], [3, 0]],
    [[0, 2, 3], [0, 3, 2]],
  ] as readonly (readonly [Shape, Shape])[]
).map(([a, b]) => ({
  name: `empty [${a}] x [${b}]`,
  inputs: [{ shape: a }, { shape: b }],
  run: (x, y) => tf.matMul(x as tf.Tensor, y as tf.Tensor),
  kernels: ['BatchMatMul'],
  tolerance: { ...oneRounding, why: 'there is nothing to add' },
})); // biome-ignore format: a table

const special: OpCase = {
  name: 'NaN and infinities reach exactly their rows and columns',
  inputs: [
    { shape: [3, 5], values: [1, 2, 3, 4, 5, Number.NaN, 1, 1, 1, 1, 0, 0, 0, 0, Number.POSITIVE_INFINITY] },
    { shape: [5, 17], values: 'off-zero' },
  ],
  run: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor),
  kernels: ['BatchMatMul'],
  tolerance: summed(5),
};

const activations: readonly tf.fused.Activation[] = [
  'linear', 'relu', 'elu', 'relu6', 'sigmoid', 'leakyrelu', 'prelu',
]; // biome-ignore format: a table

const fused: OpCase[] = [...activations, undefined].flatMap((activation) =>
  [true, false].map(
    (hasBias): OpCase => ({
      name: `fused with ${hasBias ? 'bias' : 'no bias'} and activation ${activation}`,
      inputs: [{ shape: [9, 20] }, { shape: [20, 35] }, { shape: [35] }, { shape: [35] }],
      run: (a, b, bias, alpha) =>
        tf.fused.matMul({
          a: a as tf.Tensor,
          b: b as tf.Tensor,
          ...(hasBias ? { bias: bias as tf.Tensor } : {}),
          ...(activation === undefined ? {} : { activation }),
          ...(activation === 'prelu' ? { preluActivationWeights: alpha as tf.Tensor } : {}),
          leakyreluAlpha: 0.3,
        }),
      kernels: ['_FusedMatMul'],
      tolerance: { ...summed(20), relative: 2e-6 },
    }),
  ),
);

export const matmulCases: readonly OpCase[] = [...plain, ...batches, bothBroadcast, ...empty, special, ...fused];
