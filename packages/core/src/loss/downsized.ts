// The downsizing that makes y^n and x^n from y and x.
import * as tf from '@ggb/native-ops/tf';

/** [batch, S, S, 3] -> [batch, side, side, 3]; S is a multiple of side. [reconstructed: the paper says "downsized"] */
export function downsized(image: tf.Tensor4D, side: number, filter: 'area' | 'bilinear'): tf.Tensor4D {
  if (filter === 'bilinear') return tf.image.resizeBilinear(image, [side, side], false, true);
  const factor = image.shape[1] / side;
  return factor === 1 ? image.clone() : tf.avgPool(image, factor, factor, 'valid');
}
