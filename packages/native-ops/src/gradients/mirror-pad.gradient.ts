// MirrorPad: every border value of y is a copy of an inner one, so its gradient is added to that one:
//   reflect:   y[before - 1 - i] = x[i + 1]      symmetric:   y[before - 1 - i] = x[i]      (and likewise behind)
//   dx = middle(dy) + reverse(front(dy)) at the start + reverse(back(dy)) at the end, axis by axis.
// TF.js takes the middle only and loses what belongs to the border.

import * as tf from '../tfjs/registered-core.ts';
import { kernelOrReference } from './kernel-or-reference.ts';

/**
 * Kernel a backend may bring. Inputs: dy, x (for its shape only). Attributes as for MirrorPad: paddings, mode.
 * Output: float32 of x's shape.
 */
export const MirrorPadGrad = 'MirrorPadGrad';

export const mirrorPadGradient: tf.GradConfig = {
  kernelName: tf.MirrorPad,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const { paddings, mode } = attrs as unknown as tf.MirrorPadAttrs;
    return {
      x: () =>
        kernelOrReference(MirrorPadGrad, { dy: dy as tf.Tensor, x }, attrs, () =>
          paddings.reduce(
            (folded, [before, after], axis) => foldBorder(folded, axis, before, after, mode),
            dy as tf.Tensor,
          ),
        ),
    };
  },
};

/** The gradient is linear in dy, so its own gradient is the forward operation. */
export const mirrorPadGradGradient: tf.GradConfig = {
  kernelName: MirrorPadGrad,
  inputsToSave: ['x'],
  gradFunc: (ddx, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const { paddings, mode } = attrs as unknown as tf.MirrorPadAttrs;
    return { dy: () => tf.mirrorPad(ddx as tf.Tensor, paddings, mode), x: () => tf.zerosLike(x) };
  },
};

/** Removes the border of one axis and adds it to the values it mirrors. */
function foldBorder(
  dy: tf.Tensor,
  axis: number,
  before: number,
  after: number,
  mode: tf.MirrorPadAttrs['mode'],
): tf.Tensor {
  if (before === 0 && after === 0) return dy;
  const size = (dy.shape[axis] as number) - before - after;
  const part = (start: number, length: number) => {
    const begin = dy.shape.map((_, i) => (i === axis ? start : 0));
    return tf.slice(
      dy,
      begin,
      dy.shape.map((whole, i) => (i === axis ? length : whole)),
    );
  };
  // Where the mirror image of a border begins: 'reflect' leaves the edge itself out.
  const skipped = mode === 'reflect' ? 1 : 0;
  const placed = (border: tf.Tensor, length: number, start: number) =>
    tf.pad(
      tf.reverse(border, axis),
      dy.shape.map((_, i) => (i === axis ? [start, size - start - length] : [0, 0])) as [number, number][],
    );
  let sum = part(before, size);
  if (before > 0) sum = tf.add(sum, placed(part(0, before), before, skipped));
  if (after > 0) sum = tf.add(sum, placed(part(before + size, after), after, size - after - skipped));
  return sum;
}
