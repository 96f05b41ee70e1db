// Dropout is linear in x with a mask that (seed, counter) give again: dx is dropout of dy under the same key.
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import type { RandomKey } from '../random/random.ts';
import { dropoutReference } from './dropout.reference.ts';

/** Kernel: inputs { x } of float32, attributes as below; output like x. */
export const CounterDropout = 'CounterDropout';

export interface DropoutAttributes extends RandomKey {
  readonly rate: number;
}

export const dropoutGradient: tf.GradConfig = {
  kernelName: CounterDropout,
  gradFunc: (dy, _saved, attrs) => ({
    x: () => runDropout(dy as tf.Tensor, attrs as unknown as DropoutAttributes),
  }),
};

/** The registered kernel if there is one, else the reference. Checks nothing. */
export function runDropout(x: tf.Tensor, attributes: DropoutAttributes): tf.Tensor {
  return kernelOrReference(CounterDropout, { x }, attributes, () => dropoutReference(x, attributes));
}

if (!tf.getGradient(CounterDropout)) tf.registerGradient(dropoutGradient);
