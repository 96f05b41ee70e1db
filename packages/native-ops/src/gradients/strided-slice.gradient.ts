// StridedSlice and GatherNd only select values, so their gradients put dy back where it came from, zeros elsewhere
// (added up where GatherNd selects a value more than once). TF.js has neither.
import * as tf from '../tfjs/registered-core.ts';

export const stridedSliceGradient: tf.GradConfig = {
  kernelName: tf.StridedSlice,
  inputsToSave: ['x'],
  gradFunc: (gradient, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const a = attrs as unknown as tf.StridedSliceAttrs;
    return {
      x: () => {
        const { begin, end, strides } = tf.slice_util.sliceInfo(
          x.shape,
          a.begin,
          a.end,
          a.strides,
          a.beginMask,
          a.endMask,
          a.ellipsisMask,
          a.newAxisMask,
          a.shrinkAxisMask,
        );
        // One size per axis of x: removed axes are back (size 1), inserted ones gone.
        const selected = tf.slice_util.computeOutShape(begin, end, strides);
        if (selected.some((size) => size <= 0)) return tf.zeros(x.shape);
        let dx = tf.reshape(gradient as tf.Tensor, selected);
        for (let axis = 0; axis < x.shape.length; axis++) {
          dx = spreadAxis(dx, axis, x.shape[axis] as number, begin[axis] as number, strides[axis] as number);
        }
        return dx;
      },
    };
  },
};

export const gatherNdGradient: tf.GradConfig = {
  kernelName: tf.GatherNd,
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, saved) => {
    const [params, indices] = saved as [tf.Tensor, tf.Tensor];
    return { params: () => tf.scatterND(indices, dy as tf.Tensor, params.shape) };
  },
};

/** Puts the values of one axis at begin, begin + stride, ... of an axis with `size` values, zeros elsewhere. */
function spreadAxis(dy: tf.Tensor, axis: number, size: number, begin: number, stride: number): tf.Tensor {
  const count = dy.shape[axis] as number;
  const outer = tf.util.sizeFromShape(dy.shape.slice(0, axis));
  const inner = tf.util.sizeFromShape(dy.shape.slice(axis + 1));
  // [outer, count, inner] keeps the rank low whatever the tensor's.
  let values: tf.Tensor = tf.reshape(dy, [outer, count, inner]);
  const step = Math.abs(stride);
  const first = stride > 0 ? begin : begin + (count - 1) * stride;
  if (stride < 0) values = tf.reverse(values, 1);
  const length = (count - 1) * step + 1;
  if (step > 1) {
    const withGaps = tf.pad(tf.reshape(values, [outer, count, 1, inner]), [
      [0, 0],
      [0, 0],
      [0, step - 1],
      [0, 0],
    ]);
    values = tf.slice(tf.reshape(withGaps, [outer, count * step, inner]), [0, 0, 0], [outer, length, inner]);
  }
  const placed = tf.pad(values, [
    [0, 0],
    [first, size - first - length],
    [0, 0],
  ]);
  return tf.reshape(placed, [...dy.shape.slice(0, axis), size, ...dy.shape.slice(axis + 1)]);
}
