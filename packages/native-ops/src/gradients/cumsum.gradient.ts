// Cumsum: dx = cumulative sum of dy in the other direction. TF.js computes that and then transposes the result as if the
// kernel had not put the axis back: wrong for every axis but the last.
import * as tf from '../tfjs/registered-core.ts';

export const cumsumGradient: tf.GradConfig = {
  kernelName: tf.Cumsum,
  gradFunc: (dy, _saved, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
    return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
  },
};
