import '@ggb/native-ops/node';
import { convolutionPrecisionProblem } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { describeWhen } from '../../../../tools/testing/skipping.ts';
import { resolveConfig } from '../config/presets.ts';
import type { Batch } from '../dataset/batch.ts';
import { GuidingModel } from '../model/guiding-model.ts';
import { randomWeights } from '../model/weight-init.ts';
import { TrainStep } from './train-step.ts';

const problem = convolutionPrecisionProblem('bfloat16');

/** Wide enough that most convolutions multiply in bfloat16, which begins at 16 channels. */
function start(precision: 'float32' | 'bfloat16', compile = true) {
  const config = resolveConfig({
    seed: 3,
    image: { size: 32 },
    condition: { kind: 'label', length: 2 },
    precision,
    compile,
    model: {
      initialisation: 'uniform',
      generator: { baseChannels: 16, maxChannels: 32, dropout: 0 },
      discriminator: { baseChannels: 16, maxChannels: 32 },
      guidingBlock: { encoderChannels: [16, 16], criticChannels: [16, 16] },
    },
    loss: { reconstructionWeight: 10 },
    training: { learningRate: 1e-3 },
  });
  const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
  const step = new TrainStep(model, config);
  const run = (batch: Batch, number: number): Record<string, number> => {
    const losses = step.run(batch, number);
    const values = losses.dataSync();
    losses.dispose();
    return Object.fromEntries(step.lossNames.map((name, index) => [name, values[index] as number]));
  };
  const state = () =>
    [...step.variables].map(([name, v]) => [name, Buffer.from(v.dataSync().slice().buffer).toString('base64')]);
  const dispose = () => {
    step.dispose();
    model.dispose();
  };
  return { run, state, dispose };
}

/** Smooth images that a small network learns in a few steps. */
function batch(): Batch {
  const wave = (channels: number, phase: number) =>
    tf.tidy(() => {
      const values = Float32Array.from({ length: 4 * 32 * 32 * channels }, (_, i) => 0.8 * Math.sin(i / 97 + phase));
      return tf.tensor4d(values, [4, 32, 32, channels]);
    });
  return { source: wave(3, 0), target: wave(3, 1), condition: wave(2, 2), ids: ['0', '1', '2', '3'] };
}

describeWhen(problem === undefined, problem?.reason ?? '')('a training step in bfloat16', () => {
  it('lowers the reconstruction loss as one in float32 does', () => {
    const data = batch();
    const [exact, rounded] = (['float32', 'bfloat16'] as const).map((precision) => {
      const training = start(precision);
      const losses: number[] = [];
      for (let number = 0; number < 40; number++) {
        losses.push(training.run(data, number)['generator.reconstruction'] as number);
      }
      training.dispose();
      return losses;
    }) as [number[], number[]];
    const last = (losses: number[]) => losses.slice(-5).reduce((sum, loss) => sum + loss) / 5;
    // Not the same bits, but nearly the same first loss: outputs move by less than a hundredth.
    expect(rounded[0]).not.toBe(exact[0]);
    expect(Math.abs((rounded[0] as number) - (exact[0] as number))).toBeLessThan(0.01);
    expect(last(rounded)).toBeLessThan(0.5 * (rounded[0] as number));
    // Two runs of a GAN that begin a rounding apart; between seeds of this one the mean varies by a quarter.
    expect(last(rounded)).toBeLessThan(1.5 * last(exact));
    tf.dispose([data.source, data.target, data.condition]);
  });

  it('has the same bits eager and replayed, all weights and moments', () => {
    const data = batch();
    const [eager, compiled] = [start('bfloat16', false), start('bfloat16')];
    for (let number = 0; number < 6; number++) expect(compiled.run(data, number)).toEqual(eager.run(data, number));
    expect(compiled.state()).toEqual(eager.state());
    eager.dispose();
    compiled.dispose();
    tf.dispose([data.source, data.target, data.condition]);
  });
});

describe('a precision that the backend lacks', () => {
  it('is refused when the step is made', async () => {
    await tf.setBackend('cpu');
    try {
      expect(() => start('bfloat16')).toThrow(/^Precision bfloat16 is not available: backend cpu/);
    } finally {
      await tf.setBackend('native-cpu');
    }
  });
});
