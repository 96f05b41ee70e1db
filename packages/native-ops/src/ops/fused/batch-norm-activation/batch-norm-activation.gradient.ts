// dx, dscale and doffset in two passes over dy, x and y. mean and variance are results to look at, not to differentiate.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { isTapeOpen } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import {
  type BatchNormAttributes,
  batchNormActivationGradientReference,
  batchNormActivationReference,
} from './batch-norm-activation.reference.ts';

/** Kernel: inputs { x, scale, offset } of float32, attributes {@link BatchNormAttributes}; outputs y, mean, variance. */
export const BatchNormActivation = 'BatchNormActivation';

/** Kernel: inputs { dy, x, scale, y, mean, variance }, the same attributes; outputs dx, dscale, doffset. */
export const BatchNormActivationGrad = 'BatchNormActivationGrad';

/** [y, mean, variance] by the registered kernel if there is one, else by the reference. Checks nothing. */
export function runBatchNormActivation(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  attributes: BatchNormAttributes,
): tf.Tensor[] {
  return kernelOrReference(BatchNormActivation, { x, scale, offset }, attributes, () =>
    batchNormActivationReference(x, scale, offset, attributes),
  );
}

export const batchNormActivationGradient: tf.GradConfig = {
  kernelName: BatchNormActivation,
  inputsToSave: ['x', 'scale'],
  outputsToSave: [true, true, true],
  gradFunc: (gradients, saved, attrs) => {
    const [dy] = gradients as tf.Tensor[] as [tf.Tensor];
    const [x, scale, y, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const attributes = attrs as unknown as BatchNormAttributes;
    const isFused = !isTapeOpen() && tf.getKernel(BatchNormActivationGrad, tf.getBackend()) !== undefined;
    // TF.js asks for one gradient after the other; the kernel makes all at once.
    const [dx, dscale, doffset] = (
      isFused
        ? tf.engine().runKernel(BatchNormActivationGrad, { dy, x, scale, y, mean, variance }, { ...attributes })
        : batchNormActivationGradientReference({ dy, x, y, scale }, attributes)
    ) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { x: () => dx, scale: () => dscale, offset: () => doffset };
  },
};

if (!tf.getGradient(BatchNormActivation)) tf.registerGradient(batchNormActivationGradient);
