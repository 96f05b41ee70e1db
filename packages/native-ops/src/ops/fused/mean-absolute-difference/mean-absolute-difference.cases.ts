// Cases of the mean absolute difference. Sizes cross the lanes of 32 and the thread threshold.
import type { OpCase, RefusalCase } from '../../../../testing/op-conformance.ts';
import type * as tf from '../../../tfjs/registered-core.ts';
import { meanAbsoluteDifferenceReference } from './mean-absolute-difference.reference.ts';
import { meanAbsoluteDifference } from './mean-absolute-difference.ts';

const common = {
  run: meanAbsoluteDifference as (...inputs: tf.Tensor[]) => tf.Tensor,
  reference: meanAbsoluteDifferenceReference as (...inputs: tf.Tensor[]) => tf.Tensor,
  kernels: ['MeanAbsoluteDifference'],
  tolerance: {
    absolute: 1e-38,
    relative: 2.4e-7,
    why: 'a sum in float64, rounded once here and twice in the reference',
  },
};

export const meanAbsoluteDifferenceCases: readonly OpCase[] = [
  ...[[], [1], [31], [33], [3, 16421], [2, 64, 64, 3]].map(
    (shape): OpCase => ({ name: `mean absolute difference of [${shape}]`, inputs: [{ shape }, { shape }], ...common }),
  ),
  { name: 'special values', inputs: [{ shape: [40], values: 'special' }, { shape: [40] }], ...common },
  {
    name: 'differentiable',
    // Between 0.25 and 2 of either sign, and within 0.1: no pair is nearer to the kink than the step.
    inputs: [
      { shape: [2, 5], values: 'off-zero' },
      { shape: [2, 5], values: [0, 0.1, -0.1, 0.05, -0.02, 0.08, 0, 0.01, -0.07, 0.03] },
    ],
    gradient: {},
    ...common,
  },
];

export const meanAbsoluteDifferenceRefusals: readonly RefusalCase[] = [
  {
    name: 'two shapes',
    inputs: [{ shape: [2, 3] }, { shape: [3, 2] }],
    run: common.run,
    message: /meanAbsoluteDifference: b must be float32 of the shape of a, \[2,3\], received float32 of shape \[3,2\]/,
  },
  {
    name: 'integers',
    inputs: [{ shape: [2], dtype: 'int32' }, { shape: [2] }],
    run: common.run,
    message: /meanAbsoluteDifference: a must be float32, not empty, received int32 of shape \[2\]/,
  },
  {
    name: 'nothing',
    inputs: [{ shape: [0, 2] }, { shape: [0, 2] }],
    run: common.run,
    message: /a must be float32, not empty/,
  },
];
