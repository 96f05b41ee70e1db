// 2,000 training steps of a small convolutional network: nothing may grow. Not part of `npm test`; runs as
// `nx run native-ops:soak`.
import { nativeBackend } from '../../src/entry/node.ts';
import * as tf from '../../src/entry/tf.ts';

const steps = 2000;
/** From here on everything that is made once (optimizer slots, compiled JavaScript, cached primitives) exists. */
const warmSteps = 400;

interface Snapshot {
  readonly tensors: number;
  readonly nativeBytes: number;
  readonly nativeReserved: number;
  readonly residentMiB: number;
}

function snapshot(): Snapshot {
  const { nativeBytes, nativeCachedBytes } = nativeBackend().memory();
  global.gc?.();
  return {
    tensors: tf.memory().numTensors,
    nativeBytes,
    nativeReserved: nativeBytes + nativeCachedBytes,
    residentMiB: process.memoryUsage().rss / 2 ** 20,
  };
}

describe('2,000 steps of a convolutional network', () => {
  it('leave the number of tensors, native bytes and resident memory where they were', () => {
    const batch = 4;
    const weights = {
      down1: tf.tidy(() => tf.variable(tf.randomNormal([4, 4, 3, 8], 0, 0.1, 'float32', 1))),
      down2: tf.tidy(() => tf.variable(tf.randomNormal([4, 4, 8, 16], 0, 0.1, 'float32', 2))),
      up1: tf.tidy(() => tf.variable(tf.randomNormal([4, 4, 8, 16], 0, 0.1, 'float32', 3))),
      up2: tf.tidy(() => tf.variable(tf.randomNormal([4, 4, 3, 16], 0, 0.1, 'float32', 4))),
    };
    const images = tf.randomUniform([batch, 16, 16, 3], -1, 1, 'float32', 5) as tf.Tensor4D;
    const optimizer = tf.train.adam(1e-3, 0.5, 0.999);
    const normalize = (x: tf.Tensor4D) => {
      const { mean, variance } = tf.moments(x, [1, 2], true);
      return x.sub(mean).div(variance.add(1e-5).sqrt()) as tf.Tensor4D;
    };
    const loss = (): tf.Scalar => {
      const first = tf.leakyRelu(tf.conv2d(images, weights.down1 as tf.Variable<tf.Rank.R4>, 2, 'same'), 0.2);
      const second = tf.relu(normalize(tf.conv2d(first, weights.down2 as tf.Variable<tf.Rank.R4>, 2, 'same')));
      const up = tf.conv2dTranspose(second, weights.up1 as tf.Variable<tf.Rank.R4>, [batch, 8, 8, 8], 2, 'same');
      const joined = tf.concat([tf.relu(up), first], 3);
      const output = tf.tanh(
        tf.conv2dTranspose(joined, weights.up2 as tf.Variable<tf.Rank.R4>, [batch, 16, 16, 3], 2, 'same'),
      );
      return tf.mean(tf.abs(output.sub(images)));
    };
    const step = (): number =>
      tf.tidy(() => {
        const value = optimizer.minimize(loss, true) as tf.Scalar;
        return value.dataSync()[0] as number;
      });

    const first = step();
    for (let i = 1; i < warmSteps; i++) step();
    const before = snapshot();
    let last = 0;
    for (let i = warmSteps; i < steps; i++) last = step();
    const after = snapshot();
    console.info(`loss ${first.toFixed(4)} -> ${last.toFixed(4)}`, before, after);

    expect(last).toBeLessThan(0.7 * first);
    expect(after.tensors).toBe(before.tensors);
    expect(after.nativeBytes).toBe(before.nativeBytes);
    expect(after.nativeReserved).toBe(before.nativeReserved);
    // The JavaScript heap breathes by a few MiB; one leaked [4, 16, 16, 3] tensor a step would be 19 MiB.
    expect(after.residentMiB - before.residentMiB).toBeLessThan(12);
    tf.dispose([weights, images]);
    optimizer.dispose();
  });
});
