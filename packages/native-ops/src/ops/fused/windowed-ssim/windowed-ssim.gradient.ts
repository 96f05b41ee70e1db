// The forward pass leaves planes of which the gradient by either image is one more filter; who asks for one gets one.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { isTapeOpen } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import type { CompleteSettings } from './similarity-settings.ts';
import { windowedSsimReference } from './windowed-ssim.reference.ts';

/**
 * Kernel: inputs { a, b } of float32 [N, H, W, C], attributes {@link WindowedSsimAttributes}; outputs the similarity [N],
 * and, when `keepsGradient`, that of each image by a, like a.
 */
export const WindowedSsim = 'WindowedSsim';

/** Kernel: inputs { dy, a, b }, attributes {@link WindowedSsimGradAttributes}; output the gradient by a, from the beginning. */
export const WindowedSsimGrad = 'WindowedSsimGrad';

/** Kernel: inputs { dy [N], gradient [N, ...] }, no attributes; output their product. */
export const WindowedSsimGradScaled = 'WindowedSsimGradScaled';

export interface WindowedSsimAttributes {
  readonly settings: CompleteSettings;
  readonly keepsGradient: boolean;
}

export interface WindowedSsimGradAttributes {
  readonly settings: CompleteSettings;
}

/** The registered kernel if there is one, else the reference. Checks nothing. */
export function runWindowedSsim(a: tf.Tensor4D, b: tf.Tensor4D, settings: CompleteSettings): tf.Tensor1D {
  // Nobody will ask for a gradient of what is not recorded.
  const attributes: WindowedSsimAttributes = { settings, keepsGradient: isTapeOpen() };
  // The first image's gradient comes with the similarity, and the images may change places: first comes what is learned.
  const [first, second] = isRecorded(b) && !isRecorded(a) ? [b, a] : [a, b];
  const [similarity] = kernelOrReference(WindowedSsim, { a: first, b: second }, attributes, () => [
    windowedSsimReference(first, second, settings),
  ]);
  return similarity as tf.Tensor1D;
}

export const windowedSsimGradient: tf.GradConfig = {
  kernelName: WindowedSsim,
  inputsToSave: ['a', 'b'],
  outputsToSave: [false, true],
  gradFunc: (gradients, saved, attrs) => {
    const [dy] = gradients as tf.Tensor[] as [tf.Tensor];
    const [a, b, kept] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor | undefined];
    const { settings } = attrs as unknown as WindowedSsimAttributes;
    const isFused = !isTapeOpen() && kept !== undefined && tf.getKernel(WindowedSsimGrad, tf.getBackend());
    const byReference = (image: 0 | 1) =>
      tf.grads((x, y) => windowedSsimReference(x as tf.Tensor4D, y as tf.Tensor4D, settings))([a, b], dy)[
        image
      ] as tf.Tensor;
    return {
      a: () => (isFused ? run(WindowedSsimGradScaled, { dy, gradient: kept }, {}) : byReference(0)),
      // The similarity does not change when the images change places.
      b: () => (isFused ? run(WindowedSsimGrad, { dy, a: b, b: a }, { settings }) : byReference(1)),
    };
  },
};

function run(kernelName: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attributes as tf.NamedAttrMap) as tf.Tensor;
}

/** Whether the tensor is a variable, or was computed while the tape that is open recorded. */
function isRecorded(tensor: tf.Tensor): boolean {
  if (tensor instanceof tf.Variable) return true;
  // TF.js 4.22.0 has no API for this, as in gradients/outside-tape.ts.
  const { activeTape } = (tf.engine() as unknown as { state: { activeTape?: { outputs: tf.Tensor[] }[] } }).state;
  return activeTape?.some(({ outputs }) => outputs.some(({ id }) => id === tensor.id)) ?? false;
}

// The module may be loaded twice in one process (source and dist); TF.js warns about a second registration.
if (!tf.getGradient(WindowedSsim)) tf.registerGradient(windowedSsimGradient);
