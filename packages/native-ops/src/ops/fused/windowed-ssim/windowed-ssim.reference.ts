// Structural similarity in plain TF.js ops: filters as products with band matrices, so that it has derivatives of any order.
import * as tf from '../../../tfjs/registered-core.ts';
import { type CompleteSettings, type SimilarityWindow, windowWeights } from './similarity-settings.ts';

/** Mean structural similarity of each image, [N]. a, b: float32 [N, H, W, C]. */
export function windowedSsimReference(a: tf.Tensor4D, b: tf.Tensor4D, settings: CompleteSettings): tf.Tensor1D {
  return tf.tidy(() => {
    const { window, statistics, dataRange, k1, k2 } = settings;
    const filter = windowFilter(a.shape, window);
    const n = window.size ** 2;
    const covariance = statistics === 'sample' ? n / (n - 1) : 1;
    // Twice, as everything below is twice the quantity of the formula: windowed-ssim.md.
    const c1 = 2 * (k1 * dataRange) ** 2;
    const c2 = (2 * (k2 * dataRange) ** 2) / covariance;
    const [sum, difference] = [tf.add(a, b), tf.sub(a, b)];
    const [s, d] = [filter(sum), filter(difference)];
    const [s2, d2] = [tf.mul(s, s), tf.mul(d, d)];
    const vs = tf.sub(filter(tf.mul(sum, sum)), s2);
    const vd = tf.sub(filter(tf.mul(difference, difference)), d2);
    const luminance = tf.div(tf.add(tf.sub(s2, d2), c1), tf.add(tf.add(s2, d2), c1));
    const structure = tf.div(tf.add(tf.sub(vs, vd), c2), tf.add(tf.add(vs, vd), c2));
    return tf.mean(tf.mul(luminance, structure), [1, 2, 3]) as tf.Tensor1D;
  });
}

function windowFilter([batch, height, width, channels]: number[], window: SimilarityWindow) {
  const rows = bandMatrix(height as number, window);
  const columns = bandMatrix(width as number, window);
  const [mapHeight, mapWidth] = [rows.shape[1], columns.shape[1]] as [number, number];
  return (x: tf.Tensor): tf.Tensor => {
    const down = tf.matMul(
      rows,
      tf.reshape(x, [batch as number, height as number, (width as number) * (channels as number)]),
    );
    const along = tf.matMul(
      columns,
      tf.reshape(down, [(batch as number) * mapHeight, width as number, channels as number]),
    );
    return tf.reshape(along, [batch as number, mapHeight, mapWidth, channels as number]);
  };
}

/** [1, size - window + 1, size]: row i has the weights at i, i + 1, ... */
function bandMatrix(size: number, window: SimilarityWindow): tf.Tensor3D {
  const weights = windowWeights(window);
  const outputs = size - window.size + 1;
  const values = new Float32Array(outputs * size);
  for (let i = 0; i < outputs; i++) values.set(weights, i * size + i);
  return tf.tensor3d(values, [1, outputs, size]);
}
