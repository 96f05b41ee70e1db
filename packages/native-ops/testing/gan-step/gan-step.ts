// A small U-Net GAN with everything a training step of this project uses: strided and transposed convolutions, instance
// and batch normalization, dropout, pooling, resizing, reflection padding, skip connections, adversarial and L1 losses,
// Adam. The same code on every backend.
import * as tf from '../../src/entry/tf.ts';
import { dropout } from '../../src/ops/fused/dropout/dropout.ts';
import { seededValues } from '../seeded-random.ts';

type Images = tf.Tensor4D;

const size = 32;
const batch = 2;

function weight(seed: number, shape: readonly number[]): tf.Variable {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tf.tidy(() => tf.variable(tf.tensor(seededValues(seed, count, -0.15, 0.15), shape as number[]), true));
}

function instanceNorm(x: Images): Images {
  const { mean, variance } = tf.moments(x, [1, 2], true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))) as Images;
}

function batchNorm(x: Images, offset: tf.Variable, scale: tf.Variable): Images {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as never, scale as never, 1e-5) as Images;
}

/** Mean of the logistic loss of `logits` against a constant label. */
function logisticLoss(logits: tf.Tensor, isReal: boolean): tf.Scalar {
  return tf.losses.sigmoidCrossEntropy(isReal ? tf.onesLike(logits) : tf.zerosLike(logits), logits) as tf.Scalar;
}

export interface GanStep {
  /** One update of the discriminator, then of the generator. Returns both losses. */
  run(step: number): { discriminator: number; generator: number };
  /** Every weight, in the order of their creation. */
  weights(): Float32Array[];
  dispose(): void;
}

export function makeGanStep(): GanStep {
  const g = {
    down1: weight(1, [4, 4, 3, 8]),
    down2: weight(2, [4, 4, 8, 16]),
    offset: weight(3, [16]),
    scale: weight(4, [16]),
    middle: weight(5, [3, 3, 16, 16]),
    up1: weight(6, [4, 4, 8, 16]),
    up2: weight(7, [4, 4, 3, 16]),
  };
  const d = { conv1: weight(8, [4, 4, 3, 8]), conv2: weight(9, [4, 4, 8, 16]), head: weight(10, [3, 3, 16, 1]) };
  // Adam divides by the root of the second moment. With its usual epsilon a gradient that is 0 but for rounding moves a
  // weight by the whole learning rate, in the direction of the rounding error; 1e-3 keeps backends comparable.
  const epsilon = 1e-3;
  const generatorAdam = tf.train.adam(2e-3, 0.5, 0.999, epsilon);
  const discriminatorAdam = tf.train.adam(2e-3, 0.5, 0.999, epsilon);
  const source = tf.tensor4d(seededValues(11, batch * size * size * 3), [batch, size, size, 3]);
  const target = tf.tensor4d(seededValues(12, batch * size * size * 3), [batch, size, size, 3]);
  const as4d = (variable: tf.Variable) => variable as unknown as tf.Tensor4D;

  const generate = (x: Images, step: number): Images => {
    const one = tf.leakyRelu(tf.conv2d(x, as4d(g.down1), 2, 'same'), 0.2) as Images;
    const two = tf.relu(batchNorm(tf.conv2d(one, as4d(g.down2), 2, 'same'), g.offset, g.scale)) as Images;
    const padded = tf.mirrorPad(
      two,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    ) as Images;
    const middle = tf.tanh(instanceNorm(tf.conv2d(padded, as4d(g.middle), 1, 'valid'))) as Images;
    const dropped = dropout(middle, 0.5, { seed: 13, counter: step * 4096 }) as Images;
    const up = tf.relu(tf.conv2dTranspose(dropped, as4d(g.up1), [batch, size / 2, size / 2, 8], 2, 'same'));
    const joined = tf.concat([up, one], 3) as Images;
    return tf.tanh(tf.conv2dTranspose(joined, as4d(g.up2), [batch, size, size, 3], 2, 'same')) as Images;
  };
  const discriminate = (x: Images): tf.Tensor => {
    const one = tf.leakyRelu(tf.conv2d(x, as4d(d.conv1), 2, 'same'), 0.2) as Images;
    const two = tf.leakyRelu(instanceNorm(tf.conv2d(one, as4d(d.conv2), 2, 'same')), 0.2) as Images;
    return tf.conv2d(two, as4d(d.head), 1, 'same');
  };
  const discriminatorLoss = (step: number) => (): tf.Scalar => {
    const fake = generate(source, step);
    return tf.add(logisticLoss(discriminate(target), true), logisticLoss(discriminate(fake), false));
  };
  const generatorLoss = (step: number) => (): tf.Scalar => {
    const fake = generate(source, step);
    const half = tf.avgPool(target, 2, 2, 'same');
    const small = tf.image.resizeBilinear(fake, [size / 2, size / 2], false, true);
    const l1 = tf.add(tf.mean(tf.abs(tf.sub(fake, target))), tf.mean(tf.abs(tf.sub(small, half))));
    return tf.add(logisticLoss(discriminate(fake), true), tf.mul(l1, 10));
  };
  const lossOf = (optimizer: tf.Optimizer, loss: () => tf.Scalar, variables: Record<string, tf.Variable>): number =>
    tf.tidy(() => (optimizer.minimize(loss, true, Object.values(variables)) as tf.Scalar).dataSync()[0] as number);

  return {
    run: (step) => ({
      discriminator: lossOf(discriminatorAdam, discriminatorLoss(step), d),
      generator: lossOf(generatorAdam, generatorLoss(step), g),
    }),
    weights: () => [...Object.values(g), ...Object.values(d)].map((variable) => variable.dataSync() as Float32Array),
    dispose: () => {
      tf.dispose([source, target, Object.values(g), Object.values(d)]);
      generatorAdam.dispose();
      discriminatorAdam.dispose();
    },
  };
}
