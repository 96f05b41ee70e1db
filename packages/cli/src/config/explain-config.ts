// The resolved config for people: every value with its key, and where it comes from.
import type { TrainingConfig } from '@ggb/core';
import { isObject, type ValuePath } from './config-source.ts';
import type { LoadedConfig } from './load-training-config.ts';

/** One line a value: `training.steps: 3000   # preset quick`. */
export function explainConfig({ config, originOf }: LoadedConfig): string {
  const leaves = configLeaves(config);
  const texts = leaves.map(({ path, value }) => `${path.join('.')}: ${JSON.stringify(value)}`);
  // Beyond this width one long value would push all origins off the screen.
  const width = Math.min(48, Math.max(...texts.map((text) => text.length)));
  return leaves
    .map(({ path }, index) => `${(texts[index] ?? '').padEnd(width)}  # ${originText(originOf, path)}`)
    .join('\n');
}

/** Every value that is no section, in the order of the schema; lists are values. */
export function configLeaves(config: TrainingConfig): { path: ValuePath; value: unknown }[] {
  const leaves: { path: ValuePath; value: unknown }[] = [];
  const walk = (value: unknown, path: ValuePath) => {
    if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
    else if (value !== undefined) leaves.push({ path, value });
  };
  walk(config, []);
  return leaves;
}

/** Worked out from other values unless somebody sets them. */
const derivedKeys: Readonly<Record<string, string>> = {
  'model.levels': 'from image.size',
  'model.guidedLevels': 'from model.levels',
};

function originText(originOf: LoadedConfig['originOf'], path: ValuePath): string {
  const origin = originOf(path);
  return origin === 'default' ? (derivedKeys[path.join('.')] ?? origin) : origin;
}
