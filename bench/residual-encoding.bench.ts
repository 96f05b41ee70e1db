// The encoders of the guiding blocks of one training iteration, forward and backward, at the levels and channels of the
// committed configs for 64 and 256 pixels: the update of E (encodings of three batches, gradients of the weights) and that of
// G (encodings of two, gradient of the generated images). Against the same in unfused ops, as the training step did it:
// concatenation, convolutions, bias-activation, split, subtraction. Both as compiled steps, in turn, medians of the rounds in
// one run. The ratio is that of the size where it is smaller. The bar: 1.2 times.
//
// --seconds N: how long each size is measured, 20 unless told.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveConfig } from '@ggb/core';
import { nativeBackend } from '@ggb/native-ops/node';
import { type Activation, biasActivation, compileStep, randomUniform, residualEncoding } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { printMeasurement } from '../tools/bench/measurement.mjs';

type Images = tf.Tensor4D;
/** Results of one level: encodings and residuals, then gradients. */
type Level = () => tf.Tensor[];

const activation: Activation = { leakyRelu: 0.2 };
const { values: options } = parseArgs({ options: { seconds: { type: 'string' } } });
const seconds = Number(options.seconds ?? 20);
if (!(seconds > 0))
  throw new Error(`residual-encoding: --seconds must be a number above 0, received ${options.seconds}.`);
const backend = nativeBackend();
const { threads, convolutionLibrary, instructionSet } = backend.description;

/** A term of a loss whose gradient by `y` is `dy`, at no cost to either side. */
function withGradient(y: tf.Tensor, dy: tf.Tensor): tf.Scalar {
  return tf.customGrad(() => ({ value: tf.scalar(0), gradFunc: () => dy.clone() }))(y) as tf.Scalar;
}

function levelOf(side: number, batch: number, [first, second]: readonly [number, number], kernelSize: number) {
  let counter = 0;
  const draw = (shape: number[], size = 1) => {
    counter += 1;
    return randomUniform(shape, { seed: side, counter, min: -size, max: size });
  };
  const [x, y, fake] = [1, 2, 3].map(() => draw([batch, side, side, 3])) as [Images, Images, Images];
  const weight = (shape: number[], fanIn: number) => tf.variable(draw(shape, 1 / Math.sqrt(fanIn)));
  const area = kernelSize ** 2;
  const weights = {
    firstFilter: weight([kernelSize, kernelSize, 3, first], area * 3),
    firstBias: weight([first], area * 3),
    secondFilter: weight([kernelSize, kernelSize, first, second], area * first),
    secondBias: weight([second], area * first),
  };
  const variables = Object.values(weights);
  const dys = Array.from({ length: 4 }, () => draw([batch, side / 4, side / 4, second])) as Images[];

  const layer = (input: Images, filter: tf.Tensor, bias: tf.Tensor) =>
    biasActivation(tf.conv2d(input, filter as tf.Tensor4D, 2, 'same'), bias, activation);
  const encode = (images: Images) =>
    layer(layer(images, weights.firstFilter, weights.firstBias), weights.secondFilter, weights.secondBias);
  const unfused = {
    three: () => {
      const [ofX, ofY, ofFake] = tf.split(encode(tf.concat([x, y, fake], 0)), 3, 0) as [Images, Images, Images];
      return [ofFake, ofFake.sub(ofX), ofY, ofY.sub(ofX)];
    },
    two: (image: Images) => {
      const ofFake = encode(image);
      return [ofFake, ofFake.sub(encode(x))];
    },
  };
  const fused = {
    three: () => {
      const encoded = residualEncoding({ fake, x, y }, weights, { activation, differentiable: 'encoder' });
      return [encoded.fake, encoded.fakeResidual, encoded.y, encoded.yResidual];
    },
    two: (image: Images) => {
      const encoded = residualEncoding({ fake: image, x }, weights, { activation, differentiable: 'fake' });
      return [encoded.fake, encoded.fakeResidual];
    },
  };
  const inStep = ({ three, two }: typeof fused): Level => {
    // In a training step the critics read the encodings: they are results.
    const kept: tf.Tensor[] = [];
    const loss = (encodings: tf.Tensor[]) => {
      kept.push(...encodings.map((encoding) => tf.keep(encoding.clone())));
      return tf.addN(encodings.map((encoding, i) => withGradient(encoding, dys[i] as Images))) as tf.Scalar;
    };
    return () => {
      kept.length = 0;
      const { value, grads } = tf.variableGrads(() => loss(three()), variables);
      value.dispose();
      const ofFake = tf.grad((image: tf.Tensor) => loss(two(image as Images)))(fake);
      return [...kept, ...variables.map(({ name }) => grads[name] as tf.Tensor), ofFake];
    };
  };
  return { fused: inStep(fused), unfused: inStep(unfused as unknown as typeof fused) };
}

function measure(configFile: string) {
  const config = resolveConfig(JSON.parse(readFileSync(join('bench', 'train-step', configFile), 'utf8')));
  const { guidedLevels, levels, guidingBlock } = config.model;
  const sides = guidedLevels.map((level) => config.image.size / 2 ** (levels - level));
  const built = sides.map((side) =>
    levelOf(side, config.training.batchSize, guidingBlock.encoderChannels, guidingBlock.encoderKernelSize),
  );
  const compiled = (kind: 'fused' | 'unfused') =>
    compileStep(() => built.flatMap((level) => level[kind]()), {
      onEager: (reason: string) => {
        throw new Error(`residual-encoding: ${kind} was not compiled: ${reason}`);
      },
    });
  const [ours, theirs] = [compiled('fused'), compiled('unfused')];

  const once = (step: { run(): tf.Tensor[] }) => {
    const start = performance.now();
    const results = step.run();
    backend.flush();
    const milliseconds = performance.now() - start;
    tf.dispose(results);
    return milliseconds;
  };
  // Run eagerly, recorded, replayed.
  for (let i = 0; i < 4; i++) for (const step of [ours, theirs]) once(step);
  checkEqual(ours.run(), theirs.run());

  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end || times.ours.length < 3) {
    // Who comes second finds a warmer processor: take turns.
    const order = times.ours.length % 2 === 0;
    const first = once(order ? ours : theirs);
    const second = once(order ? theirs : ours);
    times.ours.push(order ? first : second);
    times.theirs.push(order ? second : first);
  }
  const result = {
    size: config.image.size,
    batch: config.training.batchSize,
    sides,
    ours: median(times.ours),
    theirs: median(times.theirs),
  };
  console.log(
    `${result.size} px, levels of ${sides.join(', ')} px: fused ${result.ours.toFixed(2)} ms (fastest ` +
      `${Math.min(...times.ours).toFixed(2)}), unfused ${result.theirs.toFixed(2)} ms (fastest ` +
      `${Math.min(...times.theirs).toFixed(2)}), ${(result.theirs / result.ours).toFixed(2)} times; ` +
      `medians of ${times.ours.length} rounds`,
  );
  return result;
}

/**
 * It must be the same work that is timed. Of millions of values before the activation a few lie within rounding of 0 and take
 * either slope; one of them changes a thousand terms of the first layer's gradients (1.5e-4 of their sum was seen, while both
 * sides repeat themselves to 4e-6 image by image). So the sum of the differences is compared, and loosely.
 */
function checkEqual(ours: tf.Tensor[], theirs: tf.Tensor[]): void {
  for (const [i, tensor] of theirs.entries()) {
    const [difference, size] = tf.tidy(() => {
      const sums = [tensor.sub(ours[i] as tf.Tensor), tensor].map((values) => values.abs().sum());
      return sums.map((sum) => sum.dataSync()[0] as number);
    }) as [number, number];
    if (!(difference <= 3e-3 * size)) {
      throw new Error(`residual-encoding: result ${i} differs by ${difference} in all, of ${size}.`);
    }
  }
  tf.dispose([ours, theirs]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

console.log(`native-cpu, ${threads} threads, ${instructionSet}, unfused convolutions by ${convolutionLibrary}`);
const results = ['64-f32.json', '256-f32.json'].map(measure);
const worse = results.reduce((a, b) => (b.theirs / b.ours < a.theirs / a.ours ? b : a));
printMeasurement({
  name: `residual-encoding forward and backward, ${worse.size} px, batch ${worse.batch}, ${threads} threads (the smaller ratio of 64 and 256 px)`,
  ours: (1000 * worse.batch) / worse.ours,
  peer: (1000 * worse.batch) / worse.theirs,
  peerName: 'our own unfused ops',
  unit: 'images/s',
  versions: { convolutions: convolutionLibrary, tfjs: tf.version_core },
});
