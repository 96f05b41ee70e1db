// Fills in what follows from the image size and refuses combinations that no network can have.
import type { z } from 'zod';
import type { NetworkConfig, networkSchema } from './model-config.ts';

/** A configuration that is well-formed and cannot be built. `key` is the path of the value at fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly key: string,
    readonly expected: string,
    readonly received: string,
  ) {
    super(`${key}: expected ${expected}, received ${received}.`);
  }
}

/** @throws ConfigError  for levels that do not fit the image or the depth. */
export function resolveNetwork(config: z.infer<typeof networkSchema>): NetworkConfig {
  const { image, condition, model } = config;
  const deepest = Math.log2(image.size);
  const levels = model.levels ?? deepest - 1;
  if (levels > deepest) {
    throw new ConfigError(
      'model.levels',
      `at most ${deepest}, the number of times a side of ${image.size} pixels can be halved`,
      `${levels}`,
    );
  }
  const guidedLevels = [...(model.guidedLevels ?? lastLevels(levels))].sort((a, b) => a - b);
  if (new Set(guidedLevels).size < guidedLevels.length) {
    throw new ConfigError('model.guidedLevels', 'each level once', JSON.stringify(guidedLevels));
  }
  const outside = guidedLevels.find((level) => level >= levels);
  if (outside !== undefined) {
    throw new ConfigError(
      'model.guidedLevels',
      `levels from 1 to ${levels - 1} (level ${levels} is the output itself)`,
      `${outside}`,
    );
  }
  const tooSmall = guidedLevels.find((level) => levelSide(image.size, levels, level) < 4);
  if (tooSmall !== undefined) {
    throw new ConfigError(
      'model.guidedLevels',
      'levels of at least 4 pixels, which two convolutions of stride 2 can halve twice',
      `level ${tooSmall} of ${levelSide(image.size, levels, tooSmall)} pixels`,
    );
  }
  return { image, condition, model: { ...model, levels, guidedLevels } };
}

/** Side of the image that decoder level n draws: the output is level `levels`. */
export function levelSide(size: number, levels: number, level: number): number {
  return size / 2 ** (levels - level);
}

/** [stated] 4, 5, 6 of 7; for fewer levels the three before the output, as far as there are any. */
function lastLevels(levels: number): number[] {
  return [levels - 3, levels - 2, levels - 1].filter((level) => level >= 1);
}
