// The real model and the real step at the smallest size, and random pairs for them: what tests of training share.
import { randomUniform } from '@ggb/native-ops/ops';
import type * as tf from '@ggb/native-ops/tf';
import { conditionChannels } from '../src/condition/condition.ts';
import { resolveConfig } from '../src/config/presets.ts';
import type { TrainingConfig, TrainingConfigInput } from '../src/config/training-config.ts';
import type { Batch, BatchSource } from '../src/dataset/batch.ts';
import { GuidingModel } from '../src/model/guiding-model.ts';
import { randomWeights } from '../src/model/weight-init.ts';
import type { RunDescription } from '../src/run-folder/run-writer.ts';
import { TrainStep } from '../src/training/train-step.ts';

/** 16 pixels, 3 levels, two of them guided, 4 channels, labels of 2 numbers. */
export function tinyConfig(training: TrainingConfigInput['training'] = {}, seed = 7): TrainingConfig {
  return resolveConfig({
    seed,
    image: { size: 16 },
    condition: { kind: 'label', length: 2 },
    model: {
      generator: { baseChannels: 4, maxChannels: 8 },
      discriminator: { baseChannels: 4, maxChannels: 8 },
      guidingBlock: { encoderChannels: [4, 4], criticChannels: [4, 4], criticKernelSize: 3 },
    },
    training: { batchSize: 2, movingAverage: { decay: 0.5, every: 2 }, ...training },
  });
}

export function tinyStep(config: TrainingConfig): { readonly step: TrainStep; dispose(): void } {
  const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
  const step = new TrainStep(model, config);
  return {
    step,
    dispose: () => {
      step.dispose();
      model.dispose();
    },
  };
}

/** Noise as images and labels: a function of the seed and the step, as every batch source is. */
export function noiseBatch(config: TrainingConfig, step: number): Batch {
  const { batchSize } = config.training;
  const { size } = config.image;
  const draw = (shape: number[], place: number) =>
    randomUniform(shape, { seed: config.seed, counter: 3 * step + place, min: -1, max: 1 }) as tf.Tensor4D;
  return {
    source: draw([batchSize, size, size, 3], 0),
    target: draw([batchSize, size, size, 3], 1),
    condition: draw([batchSize, size, size, conditionChannels(config.condition)], 2),
    ids: Array.from({ length: batchSize }, (_, index) => `${step}-${index}`),
  };
}

export function noiseBatches(config: TrainingConfig): BatchSource {
  return { batch: async (step) => noiseBatch(config, step), close: async () => {} };
}

export const tinyDescription: RunDescription = {
  ggb: '0.0.0',
  node: process.version,
  tfjs: '4.22.0',
  platform: `${process.platform}-${process.arch}`,
  backend: { name: 'native-cpu', reason: 'the test asks for it', threads: 1 },
  seed: 7,
  preset: 'paper',
  data: { path: 'noise', pairs: 2, manifestSha256: '0'.repeat(64) },
  parameters: { generator: 1, discriminator: 1, guidingBlocks: 1 },
};
