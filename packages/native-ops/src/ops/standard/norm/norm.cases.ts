// Cases of batch normalization. Channels cross the vector widths and the least row of 64; x crosses the thread threshold.
import type { OpCase } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

const tolerance: OpCase['tolerance'] = {
  absolute: 1e-6,
  relative: 6e-7,
  why: 'a difference, a product and a sum in float32; the slope is rounded once',
};

const shapes: readonly (readonly number[])[] = [
  [2, 3, 4, 1],
  [2, 3, 4, 3],
  [1, 5, 5, 17],
  [2, 3, 64],
  [3, 130],
  [7],
  [2, 61, 63, 5],
  [2, 33, 31, 32],
  [0, 3, 3, 2],
];

function caseOf(shape: readonly number[], hasScale: boolean, hasOffset: boolean): OpCase {
  const statistics = { shape: [shape.at(-1) as number] };
  return {
    name: `[${shape}] ${hasScale ? 'with' : 'without'} scale, ${hasOffset ? 'with' : 'without'} offset`,
    inputs: [{ shape, values: 'normal' }, statistics, { ...statistics, values: 'positive' }, statistics, statistics],
    run: (x, mean, variance, scale, offset) =>
      tf.batchNorm(
        x as tf.Tensor,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        hasOffset ? (offset as tf.Tensor1D) : undefined,
        hasScale ? (scale as tf.Tensor1D) : undefined,
        1e-3,
      ),
    kernels: ['FusedBatchNorm'],
    tolerance,
    gradient: hasScale && hasOffset && shape.length === 4 && shape.every((size) => size > 0 && size < 6) ? {} : false,
  };
}

export const normCases: readonly OpCase[] = [
  ...shapes.flatMap((shape) => [caseOf(shape, true, true), caseOf(shape, false, false)]),
  caseOf([2, 3, 4, 3], true, false),
  caseOf([2, 3, 4, 3], false, true),
  {
    name: 'statistics of the shape of x',
    inputs: [{ shape: [2, 3, 4, 2] }, { shape: [2, 3, 4, 2] }, { shape: [2, 3, 4, 2], values: 'positive' }],
    run: (x, mean, variance) => tf.batchNorm(x as tf.Tensor, mean as tf.Tensor, variance as tf.Tensor),
    kernels: ['FusedBatchNorm'],
    tolerance,
  },
  {
    name: 'NaN and infinities in x',
    inputs: [{ shape: [3, 5, 7], values: 'special' }, { shape: [7] }, { shape: [7], values: 'positive' }],
    run: (x, mean, variance) => tf.batchNorm(x as tf.Tensor, mean as tf.Tensor1D, variance as tf.Tensor1D),
    kernels: ['FusedBatchNorm'],
    tolerance,
  },
];
