// Runs convolution, deconvolution and their gradients on the backend `tensorflow` and on TF.js's own CPU kernels, through
// the one entry by which TF.js comes into this project. Exit code 1 when they differ.
import { createRequire } from 'node:module';
import * as tf from '@ggb/native-ops/tf';

createRequire(import.meta.url)('@tensorflow/tfjs-node');
tf.assertOneEngine();

/**
 * Numbers between -1 and 1 that are the same on every backend.
 *
 * @param {number[]} shape
 * @param {number} phase
 */
function waves(shape, phase) {
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(0.37 * i + phase)),
    shape,
  );
}

/** @param {string} backend */
async function lossAndGradients(backend) {
  await tf.setBackend(backend);
  const { value, grads } = tf.valueAndGrads((x, filter, transposed) => {
    const down = tf.leakyRelu(
      tf.conv2d(/** @type {tf.Tensor4D} */ (x), /** @type {tf.Tensor4D} */ (filter), 2, 'same'),
    );
    const up = tf.conv2dTranspose(down, /** @type {tf.Tensor4D} */ (transposed), [2, 8, 8, 4], 2, 'same');
    return tf.mean(tf.square(tf.tanh(up)));
  })([waves([2, 8, 8, 3], 1), waves([4, 4, 3, 5], 2), waves([4, 4, 4, 5], 3)]);
  return Promise.all([value, ...grads].map((tensor) => tensor.data()));
}

const expected = await lossAndGradients('cpu');
const received = await lossAndGradients('tensorflow');
const error = Math.max(
  ...expected.flatMap((values, i) => [...values].map((value, j) => Math.abs(value - (received[i]?.[j] ?? Number.NaN)))),
);
// At most 80 products of numbers below 1 are summed in float32 in another order.
const tolerance = 80 * 2 ** -24;
console.log(`tensorflow against cpu: loss ${received[0]?.[0]}, largest difference ${error} (allowed: ${tolerance})`);
process.exitCode = error <= tolerance ? 0 : 1;
