// The forward pass leaves planes of which the gradient by either image is one more filter; who asks for one gets one.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { isTapeOpen } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import type { CompleteSettings } from './similarity-settings.ts';
import { windowedSsimReference } from './windowed-ssim.reference.ts';

/**
 * Kernel: inputs { a, b } of float32 [N, H, W, C], attributes {@link WindowedSsimAttributes}; outputs the similarity [N],
 * and, when `keepsPartials`, what {@link WindowedSsimGrad} needs.
 */
export const WindowedSsim = 'WindowedSsim';

/** Kernel: inputs { dy, a, b, partials }, attributes with `by`; output the gradient by that image. */
export const WindowedSsimGrad = 'WindowedSsimGrad';

export interface WindowedSsimAttributes {
  readonly settings: CompleteSettings;
  readonly keepsPartials: boolean;
}

export interface WindowedSsimGradAttributes {
  readonly settings: CompleteSettings;
  readonly by: 'a' | 'b';
}

/** The registered kernel if there is one, else the reference. Checks nothing. */
export function runWindowedSsim(a: tf.Tensor4D, b: tf.Tensor4D, settings: CompleteSettings): tf.Tensor1D {
  // Nobody will ask for a gradient of what is not recorded.
  const attributes: WindowedSsimAttributes = { settings, keepsPartials: isTapeOpen() };
  const [similarity] = kernelOrReference(WindowedSsim, { a, b }, attributes, () => [
    windowedSsimReference(a, b, settings),
  ]);
  return similarity as tf.Tensor1D;
}

export const windowedSsimGradient: tf.GradConfig = {
  kernelName: WindowedSsim,
  inputsToSave: ['a', 'b'],
  outputsToSave: [false, true],
  gradFunc: (gradients, saved, attrs) => {
    const [dy] = gradients as tf.Tensor[] as [tf.Tensor];
    const [a, b, partials] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor | undefined];
    const { settings } = attrs as unknown as WindowedSsimAttributes;
    const isFused = !isTapeOpen() && partials !== undefined && tf.getKernel(WindowedSsimGrad, tf.getBackend());
    const by = (image: 'a' | 'b') => () => {
      if (isFused) {
        const attributes: WindowedSsimGradAttributes = { settings, by: image };
        return tf
          .engine()
          .runKernel(WindowedSsimGrad, { dy, a, b, partials }, attributes as unknown as tf.NamedAttrMap) as tf.Tensor;
      }
      const [da, db] = tf.grads((x, y) => windowedSsimReference(x as tf.Tensor4D, y as tf.Tensor4D, settings))(
        [a, b],
        dy,
      );
      return (image === 'a' ? da : db) as tf.Tensor;
    };
    return { a: by('a'), b: by('b') };
  },
};

// The module may be loaded twice in one process (source and dist); TF.js warns about a second registration.
if (!tf.getGradient(WindowedSsim)) tf.registerGradient(windowedSsimGradient);
