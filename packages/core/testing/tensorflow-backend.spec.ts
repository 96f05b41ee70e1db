// The model on libtensorflow, for those who have it (docs/how-to/tensorflow-backend.md): draws and trains as on native-cpu.
import { createRequire } from 'node:module';
import '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { describeWhen } from '../../../tools/testing/skipping.ts';
import { trainingConfigSchema } from '../src/config/training-config.ts';
import { GuidingModel } from '../src/model/guiding-model.ts';
import { randomWeights } from '../src/model/weight-init.ts';
import { Synthesizer } from '../src/synthesis/synthesizer.ts';
import { TrainStep } from '../src/training/train-step.ts';
import { randomCheckpoint, testImage, testPose, tinyNetwork } from './random-checkpoint.ts';

const requireHere = createRequire(__filename);
const network = tinyNetwork({
  image: { size: 32 },
  model: {
    generator: { baseChannels: 8, maxChannels: 16 },
    discriminator: { baseChannels: 8, maxChannels: 16 },
    guidingBlock: { encoderChannels: [8, 8], criticChannels: [8, 8] },
  },
});

function isInstalled(name: string): boolean {
  try {
    requireHere.resolve(name);
    return true;
  } catch {
    return false;
  }
}

async function drawn(backend: string): Promise<Uint8ClampedArray> {
  const synthesizer = await Synthesizer.load(randomCheckpoint(network), { backend });
  const { data } = await synthesizer.synthesize({ image: testImage(32), keypoints: testPose(32) });
  synthesizer.dispose();
  return data;
}

/** The losses of three iterations: the second and third depend on all gradients of those before. */
async function losses(backend: string): Promise<number[][]> {
  await tf.setBackend(backend);
  const model = new GuidingModel(network, randomWeights('normal', 1));
  const step = new TrainStep(model, trainingConfigSchema.parse({ seed: 1 }));
  const waves = (channels: number, phase: number) =>
    tf.tensor4d(
      Float32Array.from({ length: 2 * 32 * 32 * channels }, (_, i) => Math.sin(0.1 * i * phase)),
      [2, 32, 32, channels],
    );
  const batch = { source: waves(3, 1), target: waves(3, 2), condition: waves(18, 3), ids: ['a', 'b'] };
  const all = [];
  for (let i = 0; i < 3; i++) {
    const values = step.run(batch, i);
    all.push(Array.from(await values.data()));
    values.dispose();
  }
  model.dispose();
  return all;
}

describeWhen(
  isInstalled('@tensorflow/tfjs-node'),
  '@tensorflow/tfjs-node is not installed (docs/how-to/tensorflow-backend.md)',
)('on libtensorflow', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-node' as string);
    tf.assertOneEngine();
  }, 60_000);

  it('a Synthesizer draws what it draws on native-cpu', async () => {
    // Float32 sums in another order: a byte may fall on the other side of a half.
    expect(await drawn('tensorflow')).toBeAllClose(await drawn('native-cpu'), { absolute: 1 });
  }, 60_000);

  it('training goes as on native-cpu', async () => {
    // Losses of about 1 out of float32 sums; Adam's first steps divide gradients by their own size, which magnifies what
    // the order of summation does to the smallest.
    expect(await losses('tensorflow')).toBeAllClose(await losses('native-cpu'), { absolute: 1e-4 });
  }, 60_000);
});
