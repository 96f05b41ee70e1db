// Tile: dx = sum of the copies in dy. TF.js adds them one slice at a time, prod(reps) of them (4 096 kernel calls for the
// second derivative of a mean over 64 x 64 pixels), and refuses tensors of rank 5 and more.
import * as tf from '../tfjs/registered-core.ts';

export const tileGradient: tf.GradConfig = {
  kernelName: tf.Tile,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const reps = attrs.reps as number[];
    return { x: () => sumOfCopies(dy as tf.Tensor, x.shape, reps) };
  },
};

function sumOfCopies(dy: tf.Tensor, shape: number[], reps: number[]): tf.Tensor {
  if (shape.every((size) => size === 1)) return tf.reshape(tf.sum(dy), shape);
  let sum = dy;
  // One axis at a time, last first, as [outer, copies, size * inner]: rank 3 is enough for tensors of any rank.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (reps[axis] === 1) continue;
    const outer = tf.util.sizeFromShape(sum.shape.slice(0, axis));
    const inner = tf.util.sizeFromShape(shape.slice(axis));
    const summedShape = [...sum.shape.slice(0, axis), ...shape.slice(axis)];
    sum = tf.reshape(tf.sum(tf.reshape(sum, [outer, reps[axis] as number, inner]), 1), summedShape);
  }
  return tf.cast(sum, 'float32');
}
