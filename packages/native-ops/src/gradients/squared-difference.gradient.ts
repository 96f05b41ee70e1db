// SquaredDifference: da = 2 (a - b) dy, db = -da, each summed over the axes along which that input was broadcast.
// TF.js forgets the sums and its engine throws.
import * as tf from '../tfjs/registered-core.ts';
import { reduceTo } from './reduce-to.ts';

export const squaredDifferenceGradient: tf.GradConfig = {
  kernelName: tf.SquaredDifference,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const slope = (factor: number) => tf.mul(dy as tf.Tensor, tf.mul(tf.sub(a, b), factor));
    return { a: () => reduceTo(slope(2), a.shape), b: () => reduceTo(slope(-2), b.shape) };
  },
};
