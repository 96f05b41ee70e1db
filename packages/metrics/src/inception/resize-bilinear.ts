// Bilinear resizing of tensors as two networks were trained or are used with; neither smooths when it makes images smaller.
import * as tf from '@ggb/native-ops/tf';

/**
 * Where the centre of an output pixel lies in the input. 'corner': at i * in / out, as TensorFlow 1 did, so that images shift by
 * up to half a pixel. 'half-pixel': at (i + 0.5) * in / out - 0.5, as PyTorch and TensorFlow 2 have it.
 */
export type PixelCentres = 'corner' | 'half-pixel';

/**
 * images: [N, H, W, C], neither kept nor disposed. Returns float32 [N, size, size, C] in the same range. From gathers and
 * products alone, since `tf.image.resizeBilinear` treats the border differently from backend to backend.
 */
export function resizeBilinear(images: tf.Tensor4D, size: number, centres: PixelCentres): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = images.shape;
    const wide = interpolated(images, 2, sourcesOf(width, size, centres));
    return interpolated(wide, 1, sourcesOf(height, size, centres));
  });
}

interface Sources {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** How much of `upper` there is in the result. */
  readonly fractions: Float32Array;
}

function sourcesOf(from: number, to: number, centres: PixelCentres): Sources {
  const lower = new Int32Array(to);
  const upper = new Int32Array(to);
  const fractions = new Float32Array(to);
  // float32, as TensorFlow computes it.
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const place = centres === 'corner' ? Math.fround(i * scale) : Math.max(0, (i + 0.5) * (from / to) - 0.5);
    const before = Math.min(Math.floor(place), from - 1);
    lower[i] = before;
    upper[i] = Math.min(before + 1, from - 1);
    fractions[i] = place - before;
  }
  return { lower, upper, fractions };
}

function interpolated(images: tf.Tensor4D, axis: 1 | 2, { lower, upper, fractions }: Sources): tf.Tensor4D {
  const shape: [number, number, number, number] = [1, 1, 1, 1];
  shape[axis] = fractions.length;
  const before = tf.gather(images, tf.tensor1d(lower, 'int32'), axis);
  const after = tf.gather(images, tf.tensor1d(upper, 'int32'), axis);
  return tf.add(before, tf.mul(tf.sub(after, before), tf.tensor4d(fractions, shape)));
}
