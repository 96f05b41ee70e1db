// dz = dl/n * (σ(z) - [target is real]), in one pass.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { isTapeOpen } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { type LogisticTarget, logisticLossReference } from './logistic-loss.reference.ts';

/** Kernel: inputs { logits } of float32, attributes { target }; output a scalar. */
export const LogisticLoss = 'LogisticLoss';

/** Kernel: inputs { dy, logits }, dy a scalar, attributes { target }; output like logits. */
export const LogisticLossGrad = 'LogisticLossGrad';

export interface LogisticLossAttributes {
  readonly target: LogisticTarget;
}

export function runLogisticLoss(logits: tf.Tensor, attributes: LogisticLossAttributes): tf.Tensor {
  return kernelOrReference(LogisticLoss, { logits }, attributes, () =>
    logisticLossReference(logits, attributes.target),
  );
}

export const logisticLossGradient: tf.GradConfig = {
  kernelName: LogisticLoss,
  inputsToSave: ['logits'],
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as tf.Tensor;
    const [logits] = saved as [tf.Tensor];
    const { target } = attrs as unknown as LogisticLossAttributes;
    return {
      logits: () => {
        if (!isTapeOpen() && tf.getKernel(LogisticLossGrad, tf.getBackend())) {
          return tf.engine().runKernel(LogisticLossGrad, { dy, logits }, { target }) as tf.Tensor;
        }
        const slope = target === 'real' ? tf.neg(tf.sigmoid(tf.neg(logits))) : tf.sigmoid(logits);
        return tf.mul(slope, tf.div(dy, logits.size));
      },
    };
  },
};

if (!tf.getGradient(LogisticLoss)) tf.registerGradient(logisticLossGradient);
