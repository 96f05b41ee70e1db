// L1 between two tensors, as a loss. Formula: mean-absolute-difference.md.
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { describeTensor } from '../bias-activation/bias-activation.ts';
import {
  MeanAbsoluteDifference,
  MeanAbsoluteDifferenceGrad,
  runMeanAbsoluteDifference,
} from './mean-absolute-difference.gradient.ts';

/**
 * The mean of |a - b| over all elements.
 *
 * a, b: float32 of one shape, not empty; neither kept nor disposed. Differentiable by both, any number of times.
 *
 * @throws InvalidArgumentError  unless dtypes and shapes are these.
 */
export function meanAbsoluteDifference(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  if (a.dtype !== 'float32' || a.size === 0) {
    throw new InvalidArgumentError('meanAbsoluteDifference', 'a', 'float32, not empty', describeTensor(a));
  }
  if (b.dtype !== 'float32' || !tf.util.arraysEqual(a.shape, b.shape)) {
    const expected = `float32 of the shape of a, [${a.shape}]`;
    throw new InvalidArgumentError('meanAbsoluteDifference', 'b', expected, describeTensor(b));
  }
  return runMeanAbsoluteDifference(a, b) as tf.Scalar;
}

export const meanAbsoluteDifferenceKernels: readonly NativeKernel[] = [
  nativeKernel<{ a: tf.TensorInfo; b: tf.TensorInfo }>({
    kernelName: MeanAbsoluteDifference,
    run: ({ a, b }, _attributes, runtime) => {
      const y = runtime.output([], 'float32');
      const size = tf.util.sizeFromShape(a.shape);
      runtime.command('mean_absolute_difference').size(size).input(a).input(b).output(y).end();
      return y;
    },
  }),
  nativeKernel<{ dy: tf.TensorInfo; a: tf.TensorInfo; b: tf.TensorInfo }, { sign: 1 | -1 }>({
    kernelName: MeanAbsoluteDifferenceGrad,
    run: ({ dy, a, b }, { sign }, runtime) => {
      const gradient = runtime.output(a.shape, 'float32');
      runtime
        .command('mean_absolute_difference_gradient')
        .size(tf.util.sizeFromShape(a.shape))
        .float(sign)
        .input(dy)
        .input(a)
        .input(b)
        .output(gradient)
        .end();
      return gradient;
    },
  }),
];
