// Dropout as a pure function of (seed, counter): the same mask again for the gradient, for a repeated and for a replayed
// step. Formula: dropout.md.
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { checkKey, type RandomKey } from '../random/random.ts';
import { CounterDropout, type DropoutAttributes, runDropout } from './dropout.gradient.ts';
import { dropThreshold, keepScale } from './dropout.reference.ts';

/**
 * x with each element zeroed with probability `rate`, the others divided by 1 - rate.
 *
 * x: float32 of any shape, neither kept nor disposed. The mask is a function of (seed, counter) and the position alone.
 * Differentiable by x, any number of times.
 *
 * @throws InvalidArgumentError  unless x is float32, 0 <= rate < 1, and seed and counter are in range.
 */
export function dropout(x: tf.Tensor, rate: number, { seed, counter }: RandomKey): tf.Tensor {
  if (x.dtype !== 'float32') throw new InvalidArgumentError('dropout', 'x', 'a float32 tensor', x.dtype);
  if (!(rate >= 0 && rate < 1)) throw new InvalidArgumentError('dropout', 'rate', 'at least 0 and below 1', rate);
  checkKey('dropout', { seed, counter });
  return rate === 0 ? tf.clone(x) : runDropout(x, { rate, seed, counter });
}

export const dropoutKernels: readonly NativeKernel[] = [
  nativeKernel<{ x: tf.TensorInfo }, DropoutAttributes>({
    kernelName: CounterDropout,
    run: ({ x }, { rate, seed, counter }, runtime) => {
      const y = runtime.output(x.shape, 'float32');
      runtime
        .command('counter_dropout')
        .size(tf.util.sizeFromShape(x.shape))
        .size(seed)
        .currentSize(counter)
        .int(dropThreshold(rate))
        .float(keepScale(rate))
        .input(x)
        .output(y)
        .end();
      return y;
    },
  }),
];
