// Cases of the gather family: repeated, unsorted and few indices, batches, slices of every size, and sizes over the thread
// threshold (16384 elements).
import { exactly, type InputSpec, type OpCase, type RefusalCase } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

type Type = 'float32' | 'int32' | 'bool';

const types: readonly Type[] = ['float32', 'int32', 'bool'];

const input = (shape: readonly number[], dtype: Type): InputSpec =>
  dtype === 'float32' ? { shape, dtype, values: 'special' } : { shape, dtype };

/** shape of x, shape of the indices (drawn from 0 to 7), axis, batchDims */
const gathers = [
  [[8], [], 0, 0],
  [[8], [5], 0, 0],
  [[9], [0], 0, 0],
  [[8, 3], [2, 2], 0, 0],
  [[2, 8], [3], 1, 0],
  [[2, 8], [3], -1, 0],
  [[2, 8, 3], [2], 1, 0],
  [[2, 8, 0], [2], 1, 0],
  [[2, 8, 2, 2], [2, 2], 1, 0],
  [[2, 8], [2, 3], 1, 1],
  [[2, 3, 8], [2, 2], 2, 1],
  [[2, 2, 8, 2], [2, 2, 3], 2, 2],
  [[2, 1, 2, 1, 8, 2], [3], 4, 0],
  [[8, 1021], [33], 0, 0],
  [[33, 8], [1021], 1, 0],
] as const;

const gatherCases: readonly OpCase[] = gathers.flatMap(([shape, indices, axis, batchDims]) => {
  const what = `GatherV2 of [${shape}] at [${indices}], axis ${axis}, batch ${batchDims}`;
  const indexInput: InputSpec = { shape: indices, dtype: 'int32', values: 'positions' };
  const common = {
    run: (x: tf.Tensor, index: tf.Tensor) => tf.gather(x, index, axis, batchDims),
    kernels: ['GatherV2'],
    tolerance: exactly,
  };
  const cases: OpCase[] = types.map((dtype) => ({
    name: `${what}, ${dtype}`,
    inputs: [input(shape, dtype), indexInput],
    ...common,
  }));
  const size = shape.reduce<number>((product, n) => product * n, 1);
  const isSmall = size > 0 && size <= 100 && indices.every((n) => n > 0);
  // TF.js's gradient knows no batches but one, along the first axis.
  if (isSmall && batchDims === 0) {
    cases.push({ name: `${what}, differentiable`, inputs: [{ shape }, indexInput], ...common, gradient: {} });
  }
  return cases;
});

const gatherNd = (x: tf.Tensor, indices: tf.Tensor) => tf.gatherND(x, indices);

const gatherNdCases: readonly OpCase[] = (
  [
    [[8], [5, 1]],
    [
      [8, 8],
      [3, 2],
    ],
    [
      [8, 3],
      [4, 1],
    ],
    [
      [8, 8, 2],
      [2, 3, 2],
    ],
    [
      [8, 8],
      [0, 2],
    ],
    [
      [2, 3],
      [2, 0],
    ],
    [
      [8, 8, 8, 8, 2],
      [3, 4],
    ],
    [
      [8, 1021],
      [40, 1],
    ],
    [
      [8, 8],
      [20000, 2],
    ],
  ] as const
).flatMap(([shape, indices]) =>
  types.map((dtype) => ({
    name: `GatherNd of [${shape}] at [${indices}], ${dtype}`,
    inputs: [input(shape, dtype), { shape: indices, dtype: 'int32' as const, values: 'positions' as const }],
    run: gatherNd,
    kernels: ['GatherNd'],
    tolerance: exactly,
  })),
);

/** shape of x, number of segments; segments are drawn from 0 to 7, so some rows may belong to none. */
const segmentSums = [
  [[5], 8],
  [[9], 3],
  [[6, 2], 8],
  [[6, 2, 3], 8],
  [[0, 3], 4],
  [[5, 0], 4],
  [[40, 3], 1],
  [[40, 1021], 8],
  [[3000, 7], 8],
] as const;

const segmentCases: readonly OpCase[] = segmentSums.map(([shape, segments]) => ({
  name: `UnsortedSegmentSum of [${shape}] into ${segments}`,
  inputs: [{ shape }, { shape: shape.slice(0, 1), dtype: 'int32', values: 'positions' }],
  run: (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, segments),
  kernels: ['UnsortedSegmentSum'],
  tolerance: {
    // Partial sums of n values of size 1 are about sqrt(n); each of n additions rounds by half a unit in the last place.
    absolute: 6e-8 * shape[0] * Math.sqrt(shape[0]) + 1e-7,
    relative: 0,
    why: 'added up in float32, row after row; the CPU kernel adds in float64',
  },
  ...(shape.length < 3 &&
    shape[0] > 0 &&
    shape[0] < 10 &&
    shape[1] !== 0 &&
    segments === 8 && { gradient: {} as const }),
}));

export const gatherFamilyCases: readonly OpCase[] = [
  ...gatherCases,
  ...gatherNdCases,
  {
    name: 'GatherNd, differentiable',
    inputs: [{ shape: [8, 2] }, { shape: [5, 1], dtype: 'int32', values: 'positions' }],
    run: gatherNd,
    kernels: ['GatherNd'],
    tolerance: exactly,
    gradient: {},
  },
  ...segmentCases,
  {
    name: 'UnsortedSegmentSum leaves rows of negative and too large segments out',
    inputs: [{ shape: [5, 2] }, { shape: [5], dtype: 'int32', values: [1, -1, 0, 7, 1] }],
    run: (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3),
    kernels: ['UnsortedSegmentSum'],
    tolerance: { absolute: 3e-7, relative: 0, why: 'two values below 3 are added' },
  },
];

export const gatherRefusals: readonly RefusalCase[] = [
  {
    name: 'an index beyond the axis',
    inputs: [{ shape: [2, 3] }, { shape: [2], dtype: 'int32', values: [1, 3] }],
    run: (x, indices) => tf.gather(x, indices, 1),
    message: /GatherV2: the index value 3 is not in \[0, 2\]: index number 1, axis of size 3/,
  },
  {
    name: 'a negative index',
    inputs: [{ shape: [4] }, { shape: [1], dtype: 'int32', values: [-1] }],
    run: (x, indices) => tf.gather(x, indices),
    message: /GatherV2: the index value -1 is not in \[0, 3\]/,
  },
  {
    name: 'a position beyond an axis',
    inputs: [{ shape: [3, 4] }, { shape: [2, 2], dtype: 'int32', values: [2, 3, 1, 4] }],
    run: (x, indices) => tf.gatherND(x, indices),
    message: /GatherNd: Invalid indices: number 1 has 4 for axis 1, which does not index into its size 4/,
  },
  {
    name: 'batches of different sizes',
    inputs: [{ shape: [2, 4] }, { shape: [3, 1], dtype: 'int32', values: [0, 0, 0] }],
    run: (x, indices) => tf.gather(x, indices, 1, 1),
    message: /x\.shape\[0\]: 2 should be equal to indices\.shape\[0\]: 3/,
  },
];
