// Maximum and Minimum: dy goes to the larger (smaller) input, at ties to the first. When an input was broadcast, its
// gradient is summed over the broadcast axes; TF.js forgets this and its engine throws.
import * as tf from '../tfjs/registered-core.ts';
import { reduceTo } from './reduce-to.ts';

export const maximumGradient = selectingGradient(tf.Maximum, tf.greaterEqual, tf.less);
export const minimumGradient = selectingGradient(tf.Minimum, tf.lessEqual, tf.greater);

type Comparison = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

function selectingGradient(kernelName: string, choosesFirst: Comparison, choosesSecond: Comparison): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (gradient, saved) => {
      const dy = gradient as tf.Tensor;
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      return {
        a: () => reduceTo(tf.mul(dy, tf.cast(choosesFirst(a, b), 'float32')), a.shape),
        b: () => reduceTo(tf.mul(dy, tf.cast(choosesSecond(a, b), 'float32')), b.shape),
      };
    },
  };
}
