import * as tf from '../tfjs/registered-core.ts';

/** Sums a gradient over the axes along which a tensor of shape `shape` was broadcast. */
export function reduceTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}
