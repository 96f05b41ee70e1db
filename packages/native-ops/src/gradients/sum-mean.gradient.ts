// Sum and Mean: dx = dy broadcast over the reduced axes (Mean: dy / count).
// TF.js multiplies dy by a tensor of ones of x's size that it makes on the host and uploads in every step.
import * as tf from '../tfjs/registered-core.ts';

export const sumGradient: tf.GradConfig = {
  kernelName: tf.Sum,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], x.shape);
    return { x: () => broadcastOver(axes, dy as tf.Tensor, x.shape) };
  },
};

export const meanGradient: tf.GradConfig = {
  kernelName: tf.Mean,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], x.shape);
    const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
    // Divided while it is small.
    return { x: () => broadcastOver(axes, tf.div(dy as tf.Tensor, count), x.shape) };
  },
};

/** Repeats dy along the axes that were reduced, whether they were kept with size 1 or removed. */
function broadcastOver(axes: number[], dy: tf.Tensor, shape: number[]): tf.Tensor {
  if (shape.includes(0)) return tf.zeros(shape);
  const withReducedAxes = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.broadcastTo(tf.cast(tf.reshape(dy, withReducedAxes), 'float32'), shape);
}
