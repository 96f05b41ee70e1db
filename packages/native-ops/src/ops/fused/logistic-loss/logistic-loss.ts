// The loss of a critic's logits. Formula: logistic-loss.md.
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { describeTensor } from '../bias-activation/bias-activation.ts';
import {
  LogisticLoss,
  type LogisticLossAttributes,
  LogisticLossGrad,
  runLogisticLoss,
} from './logistic-loss.gradient.ts';
import type { LogisticTarget } from './logistic-loss.reference.ts';

export type { LogisticTarget };

/**
 * The mean of -log σ(logits) for the target 'real', of -log(1 - σ(logits)) for 'fake'.
 *
 * logits: float32 of any shape, not empty; neither kept nor disposed. Differentiable, any number of times.
 *
 * @throws InvalidArgumentError  unless dtype, size and target are these.
 */
export function logisticLoss(logits: tf.Tensor, target: LogisticTarget): tf.Scalar {
  if (logits.dtype !== 'float32' || logits.size === 0) {
    throw new InvalidArgumentError('logisticLoss', 'logits', 'float32, not empty', describeTensor(logits));
  }
  if (target !== 'real' && target !== 'fake') {
    throw new InvalidArgumentError('logisticLoss', 'target', "'real' or 'fake'", JSON.stringify(target));
  }
  return runLogisticLoss(logits, { target }) as tf.Scalar;
}

/** 1 for 'fake', whose loss grows with the logits. */
const signOf = ({ target }: LogisticLossAttributes): number => (target === 'fake' ? 1 : -1);

export const logisticLossKernels: readonly NativeKernel[] = [
  nativeKernel<{ logits: tf.TensorInfo }, LogisticLossAttributes>({
    kernelName: LogisticLoss,
    run: ({ logits }, attributes, runtime) => {
      const y = runtime.output([], 'float32');
      const size = tf.util.sizeFromShape(logits.shape);
      runtime.command('logistic_loss').size(size).float(signOf(attributes)).input(logits).output(y).end();
      return y;
    },
  }),
  nativeKernel<{ dy: tf.TensorInfo; logits: tf.TensorInfo }, LogisticLossAttributes>({
    kernelName: LogisticLossGrad,
    run: ({ dy, logits }, attributes, runtime) => {
      const gradient = runtime.output(logits.shape, 'float32');
      runtime
        .command('logistic_loss_gradient')
        .size(tf.util.sizeFromShape(logits.shape))
        .float(signOf(attributes))
        .input(dy)
        .input(logits)
        .output(gradient)
        .end();
      return gradient;
    },
  }),
];
