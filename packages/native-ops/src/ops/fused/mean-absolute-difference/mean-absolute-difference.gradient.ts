// da = dl/n * sign(a - b) and db = -da, each in one pass and only if it is asked for.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { isTapeOpen } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { meanAbsoluteDifferenceReference } from './mean-absolute-difference.reference.ts';

/** Kernel: inputs { a, b } of float32 and one shape, no attributes; output a scalar. */
export const MeanAbsoluteDifference = 'MeanAbsoluteDifference';

/** Kernel: inputs { dy, a, b }, dy a scalar, attributes { sign }: 1 for the gradient of a, -1 for that of b; output like a. */
export const MeanAbsoluteDifferenceGrad = 'MeanAbsoluteDifferenceGrad';

export function runMeanAbsoluteDifference(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return kernelOrReference(MeanAbsoluteDifference, { a, b }, {}, () => meanAbsoluteDifferenceReference(a, b));
}

export const meanAbsoluteDifferenceGradient: tf.GradConfig = {
  kernelName: MeanAbsoluteDifference,
  inputsToSave: ['a', 'b'],
  gradFunc: (gradient, saved) => {
    const dy = gradient as tf.Tensor;
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const gradientOf = (sign: 1 | -1) => {
      if (!isTapeOpen() && tf.getKernel(MeanAbsoluteDifferenceGrad, tf.getBackend())) {
        return tf.engine().runKernel(MeanAbsoluteDifferenceGrad, { dy, a, b }, { sign }) as tf.Tensor;
      }
      return tf.mul(tf.step(tf.sub(a, b), -1), tf.mul(dy, sign / a.size));
    };
    return { a: () => gradientOf(1), b: () => gradientOf(-1) };
  },
};

if (!tf.getGradient(MeanAbsoluteDifference)) tf.registerGradient(meanAbsoluteDifferenceGradient);
