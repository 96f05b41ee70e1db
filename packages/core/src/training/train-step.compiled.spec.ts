import { nativeBackend } from '@ggb/native-ops/node';
import { randomUniform } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { resolveConfig } from '../config/presets.ts';
import type { TrainingConfigInput } from '../config/training-config.ts';
import type { Batch } from '../dataset/batch.ts';
import { GuidingModel } from '../model/guiding-model.ts';
import { randomWeights } from '../model/weight-init.ts';
import { TrainStep } from './train-step.ts';

/** A few steps here; the target replay-200 of this package sets the number that issue and documentation speak of. */
const steps = Number(process.env.GGB_REPLAY_STEPS ?? 12);

/** Dropout and batch norm in G, all critics, a moving rate: everything that changes from step to step. */
function start(compile: boolean, more: TrainingConfigInput = {}) {
  const config = resolveConfig({
    seed: 7,
    image: { size: 16 },
    condition: { kind: 'label', length: 2 },
    compile,
    ...more,
    model: {
      initialisation: 'uniform',
      generator: { baseChannels: 4, maxChannels: 8, dropout: 0.5 },
      discriminator: { baseChannels: 4, maxChannels: 8 },
      guidingBlock: { encoderChannels: [4, 6], criticChannels: [5, 4] },
      ...more.model,
    },
  });
  const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
  const reasons: string[] = [];
  const step = new TrainStep(model, config, (reason) => reasons.push(reason));
  const run = (batch: Batch, number: number) => {
    step.learningRateFactor = 1 / (1 + number / 10);
    const losses = step.run(batch, number);
    const result = bits(losses);
    losses.dispose();
    return result;
  };
  const state = () => [...step.variables].map(([name, variable]) => [name, bits(variable)]);
  const dispose = () => {
    step.dispose();
    model.dispose();
  };
  return { run, state, reasons, dispose };
}

const bits = (tensor: tf.Tensor) => Buffer.from(tensor.dataSync<'float32'>().slice().buffer).toString('base64');

function batchOf(number: number): Batch {
  const draw = (counter: number, channels: number) =>
    randomUniform([4, 16, 16, channels], { seed: number, counter, min: -0.9, max: 0.9 }) as tf.Tensor4D;
  return { source: draw(0, 3), target: draw(1, 3), condition: draw(2, 2), ids: ['0', '1', '2', '3'] };
}

describe('a compiled training step', () => {
  it.each([
    ['literal', {}],
    ['fused', { training: { update: 'fused' } }],
    ['without blocks', { model: { guidedLevels: [], generator: { dropout: 0.5 } } }],
  ] as const)('has the bits of the eager one, all weights and moments, %s', (_name, more) => {
    const eager = start(false, more as TrainingConfigInput);
    const compiled = start(true, more as TrainingConfigInput);
    for (let number = 0; number < steps; number += 1) {
      const batch = batchOf(number);
      expect(compiled.run(batch, number)).toBe(eager.run(batch, number));
      tf.dispose([batch.source, batch.target, batch.condition]);
    }
    expect(compiled.reasons).toEqual([]);
    expect(compiled.state()).toEqual(eager.state());
    compiled.dispose();
    eager.dispose();
  });

  it('leaves no tensor and no buffer behind', () => {
    const before = { tensors: tf.memory().numTensors, buffers: nativeBackend().memory().nativeBuffers };
    const compiled = start(true);
    const batch = batchOf(0);
    for (let number = 0; number < 5; number += 1) compiled.run(batch, number);
    tf.dispose([batch.source, batch.target, batch.condition]);
    compiled.dispose();
    expect({ tensors: tf.memory().numTensors, buffers: nativeBackend().memory().nativeBuffers }).toEqual(before);
  });
});
