import * as tf from '../../../tfjs/registered-core.ts';

export function meanAbsoluteDifferenceReference(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.mean(tf.abs(tf.sub(a, b)));
}
