// Named starting points. A preset holds what differs from the schema's defaults, which are the paper's where it states
// them; every result names the preset that made it.
import type { NetworkConfig } from './model-config.ts';
import { ConfigError, resolveNetwork } from './resolve-network.ts';
import {
  type PresetName,
  type TrainingConfig,
  type TrainingConfigInput,
  trainingConfigSchema,
} from './training-config.ts';

export const presets: Readonly<Record<PresetName, TrainingConfigInput>> = {
  /** [stated] Adam 2e-4, 0.5, 0.999, batch 8. lambda_real = 0.02, lambda_R = lambda_V = 0.01 is our first reading. */
  paper: {},
  /**
   * Our second reading: lambda^4 = 0.02, lambda^5 = lambda^6 = 0.01 weigh the levels of equation 9 and both of its
   * adversarial terms alike; lambda_real is then unstated, and stays at the first reading's. Under other
   * `model.guidedLevels` each of the last three levels before the output keeps its weight, see {@link resolveConfig}.
   */
  'paper-level-weights': {
    loss: { appearanceWeight: 1, variationWeight: 1, levelWeights: [0.02, 0.01, 0.01] },
  },
  /**
   * Ours: minutes on two cores for images of 64 pixels. Discs of radius 12 (at 256), uniform initialisation, half the width,
   * no dropout, narrow critics of 3x3, ten times the L1 weight, five times the learning rate and a decay.
   */
  quick: {
    image: { size: 64 },
    condition: { kind: 'keypoints', radiusAt256: 12 },
    model: {
      initialisation: 'uniform',
      generator: { baseChannels: 32, maxChannels: 192, dropout: 0 },
      discriminator: { baseChannels: 32, maxChannels: 256 },
      guidingBlock: { encoderChannels: [32, 64], criticChannels: [64, 128], criticKernelSize: 3 },
    },
    loss: { reconstructionWeight: 10 },
    training: { steps: 3000, learningRate: 1e-3, decay: 'second-half' },
  },
};

/**
 * The config a run uses: defaults of the schema < preset < what the user wrote, with everything that follows worked out.
 * Level weights of a preset belong to the last levels before the output; of a subset of these, those of its levels are left.
 *
 * @throws z.ZodError  for unknown keys, wrong types and values out of range.
 * @throws ConfigError  for values that do not fit each other.
 */
export function resolveConfig(input: TrainingConfigInput): TrainingConfig {
  const preset = trainingConfigSchema.shape.preset.parse(input.preset ?? 'paper');
  const base = presets[preset];
  // Fields of one kind of condition are unknown keys of another.
  const otherCondition = input.condition?.kind !== undefined && input.condition.kind !== base.condition?.kind;
  const { condition, ...rest } = base;
  const merged = mergeObjects(otherCondition ? rest : base, input) as TrainingConfigInput;
  const withKind: object = { kind: condition?.kind ?? 'keypoints' };
  const config = trainingConfigSchema.parse({ ...merged, preset, condition: { ...withKind, ...merged.condition } });
  const { image, condition: resolvedCondition, model, ...others } = config;
  const network = resolveNetwork({ image, condition: resolvedCondition, model });
  const levels = network.model.guidedLevels;
  const isPresets = input.loss?.levelWeights === undefined;
  const levelWeights = isPresets ? followLevels(config.loss.levelWeights, network.model) : config.loss.levelWeights;
  if (levelWeights !== undefined && levelWeights.length !== levels.length) {
    throw new ConfigError(
      'loss.levelWeights',
      `one weight for each of the ${levels.length} guided levels [${levels.join(', ')}]`,
      JSON.stringify(levelWeights),
    );
  }
  if (config.data.augmentation.flip && resolvedCondition.kind !== 'keypoints') {
    throw new ConfigError('data.augmentation.flip', `false, as a ${resolvedCondition.kind} cannot be mirrored`, 'true');
  }
  const loss = levelWeights === undefined ? config.loss : { ...config.loss, levelWeights };
  return { ...others, loss, ...network };
}

/** @throws ConfigError  for a guided level that the preset has no weight for. */
function followLevels(
  weights: number[] | undefined,
  { levels, guidedLevels }: NetworkConfig['model'],
): number[] | undefined {
  if (weights === undefined) return undefined;
  const first = levels - weights.length;
  return guidedLevels.map((level) => {
    const weight = weights[level - first];
    if (weight !== undefined) return weight;
    throw new ConfigError(
      'loss.levelWeights',
      `one weight for each of the ${guidedLevels.length} guided levels [${guidedLevels.join(', ')}], as the preset has ` +
        `weights for the levels ${first} to ${levels - 1} alone`,
      'nothing',
    );
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `over` on top of `base`, key by key; arrays and plain values are replaced whole. */
function mergeObjects(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over === undefined ? base : over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = mergeObjects(base[key], value);
  return merged;
}
