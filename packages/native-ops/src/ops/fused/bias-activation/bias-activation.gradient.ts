// dx = dy * activation'(y) and dbias = sum of dx over all axes but the last, in one pass over dy and y.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { isTapeOpen } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { type ActivationAttributes, activationGradient } from './activation.ts';
import { biasActivationReference } from './bias-activation.reference.ts';

/** Kernel: inputs { x, bias } of float32, attributes {@link ActivationAttributes}; output like x. */
export const BiasActivation = 'BiasActivation';

/** Kernel: inputs { dy, y }, attributes {@link ActivationAttributes}; outputs dx like y and dbias of y's last axis. */
export const BiasActivationGrad = 'BiasActivationGrad';

export function runBiasActivation(x: tf.Tensor, bias: tf.Tensor, attributes: ActivationAttributes): tf.Tensor {
  return kernelOrReference(BiasActivation, { x, bias }, attributes, () => biasActivationReference(x, bias, attributes));
}

const sumOverRows = (x: tf.Tensor) =>
  tf.sum(
    x,
    x.shape.slice(0, -1).map((_, axis) => axis),
  );

export const biasActivationGradient: tf.GradConfig = {
  kernelName: BiasActivation,
  outputsToSave: [true],
  gradFunc: (gradient, [y], attrs) => {
    const dy = gradient as tf.Tensor;
    const attributes = attrs as unknown as ActivationAttributes;
    const isFused =
      attributes.activation !== 'linear' && !isTapeOpen() && tf.getKernel(BiasActivationGrad, tf.getBackend());
    if (isFused) {
      // TF.js asks for one gradient after the other; the kernel makes both at once.
      const inputs = { dy, y: y as tf.Tensor };
      const [dx, dbias] = tf.engine().runKernel(BiasActivationGrad, inputs, { ...attributes }) as tf.Tensor[];
      return { x: () => dx as tf.Tensor, bias: () => dbias as tf.Tensor };
    }
    const dx = activationGradient(dy, y as tf.Tensor, attributes);
    return {
      // A tensor of its own: TF.js disposes gradients once it has added them up.
      x: () => tf.clone(dx),
      // A vector has no rows to add up, and TF.js takes no axes for all axes.
      bias: () => (dx.rank === 1 ? tf.clone(dx) : sumOverRows(dx)),
    };
  },
};

if (!tf.getGradient(BiasActivation)) tf.registerGradient(biasActivationGradient);
