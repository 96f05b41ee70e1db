// From what a user wrote to the config of a run, or to errors that say where the mistake stands.
// Order: defaults of the schema < preset < sources in the order they are given (file, then arguments).
import {
  ConfigError,
  type PresetName,
  presets,
  resolveConfig,
  type TrainingConfig,
  type TrainingConfigInput,
  trainingConfigSchema,
} from '@ggb/core';
import { ggb } from '../command-name.ts';
import { UserError } from '../user-error.ts';
import { type ConfigSource, define, isObject, readConfigFile, readOverrides, type ValuePath } from './config-source.ts';
import { nearestKey, schemaKeys } from './schema-keys.ts';

/** A config and, for every value in it, where it comes from. */
export interface LoadedConfig {
  readonly config: TrainingConfig;
  /** `file:line:column`, the argument, `preset NAME` or `default`. */
  originOf(path: ValuePath): string;
}

/** The parts of a zod issue that messages are made of. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly options?: readonly unknown[];
  readonly discriminator?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly origin?: string;
}

const knownKeys = schemaKeys(trainingConfigSchema);

/** `[config.yaml] [key=value ...]`, as `ggb train` takes them. */
export function configSources(args: readonly string[]): ConfigSource[] {
  const [first, ...rest] = args;
  const hasFile = first !== undefined && !first.includes('=');
  return hasFile ? [readConfigFile(first), settingsSource(rest)] : [settingsSource(args)];
}

/** `key=value ...` of a training config. */
export function settingsSource(args: readonly string[]): ConfigSource {
  return readOverrides(args, (key) => knownKeys.get(key) === 'text');
}

/** @throws UserError  that lists every mistake with its place. */
export function loadTrainingConfig(sources: readonly ConfigSource[]): LoadedConfig {
  const merged = sources.reduce<unknown>((under, { values }) => merge(under, values), {}) as Record<string, unknown>;
  const locate = (path: ValuePath) => {
    // The last source that sets the value itself; else the one that sets most of the path to it.
    let best: { where: string; depth: number } | undefined;
    for (const source of sources) {
      const found = source.locate(path);
      if (found !== undefined && (best === undefined || found.depth >= best.depth)) best = found;
    }
    return best;
  };
  const at = (path: ValuePath) => {
    const where = locate(path)?.where;
    return where === undefined ? {} : { where };
  };
  checkPrototypes(merged, [], at);
  checkPreset(merged, at);
  checkSections(merged, at);
  const config = resolved(merged, at);
  return {
    config,
    originOf(path) {
      const found = locate(path);
      if (found !== undefined && valueAt(merged, path) !== undefined) return found.where;
      return valueAt(presets[config.preset], path) === undefined ? 'default' : `preset ${config.preset}`;
    },
  };
}

type Locator = (path: ValuePath) => { where?: string };

/** What merges objects by assignment would lose this one key, and with it the error that it is unknown. */
function checkPrototypes(values: unknown, path: ValuePath, at: Locator): void {
  if (!isObject(values)) return;
  for (const [key, inner] of Object.entries(values)) {
    if (key === '__proto__') throw unknownKey([...path, key], at);
    checkPrototypes(inner, [...path, key], at);
  }
}

function checkPreset(merged: Record<string, unknown>, at: Locator): void {
  const { preset } = merged;
  const names = Object.keys(presets) as PresetName[];
  if (preset === undefined || names.includes(preset as PresetName)) return;
  const near = typeof preset === 'string' ? nearestKey(preset, names) : undefined;
  throw new UserError('preset is unknown', {
    ...at(['preset']),
    expected: names.join(', '),
    received: shown(preset),
    ...(near === undefined ? {} : { remedy: `Did you mean preset=${near}?` }),
  });
}

/** A value where a section belongs; merging it with a preset would hide it. */
function checkSections(merged: Record<string, unknown>, at: Locator): void {
  for (const [key, kind] of knownKeys) {
    const path = key.split('.');
    const value = valueAt(merged, path);
    if (kind !== 'section' || value === undefined || isObject(value)) continue;
    const example = [...knownKeys.keys()].find((other) => other.startsWith(`${key}.`));
    throw new UserError(`${key} has settings below it`, {
      ...at(path),
      expected: `for example ${example}`,
      received: shown(value),
    });
  }
}

function resolved(merged: Record<string, unknown>, at: Locator): TrainingConfig {
  try {
    return resolveConfig(merged as TrainingConfigInput);
  } catch (error) {
    if (error instanceof ConfigError) {
      const { key, expected, received } = error;
      throw new UserError(`${key} does not fit`, { ...at(key.split('.')), expected, received }, { cause: error });
    }
    const issues = (error as { issues?: readonly Issue[] }).issues;
    if (!(error instanceof Error) || !Array.isArray(issues)) throw error;
    const problems = (issues as readonly Issue[]).flatMap((issue) => issueErrors(issue, merged, at));
    const [first] = problems;
    if (problems.length === 1 && first !== undefined) throw first;
    const list = problems.map(({ message }) => `- ${message.replaceAll('\n', '\n  ')}`).join('\n');
    throw new UserError(`the configuration has ${problems.length} mistakes`, { remedy: list }, { cause: error });
  }
}

function issueErrors(issue: Issue, merged: unknown, at: Locator): UserError[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const key = dotted(path);
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((name) => unknownKey([...path, name], at));
  }
  const received = shown(valueAt(merged, path));
  return [new UserError(`${key} is not usable`, { ...at(path), expected: expectedText(issue), received })];
}

function unknownKey(path: ValuePath, at: Locator): UserError {
  const key = dotted(path);
  const nested = knownKeys.has(path.join('.')) && path.some((part) => String(part).includes('.'));
  const near = nearestKey(key, knownKeys.keys());
  const known = knownKeys.has(key) && !nested;
  const remedy = nested
    ? `In a file, write it nested: ${key.replaceAll('.', ': { ')}: ...${' }'.repeat(key.split('.').length - 1)}`
    : known
      ? `It belongs to another kind of ${key.split('.')[0]}.`
      : near === undefined
        ? `All keys: ${ggb} train --explain-config`
        : `Did you mean ${near}?`;
  return new UserError(`unknown key ${key}`, { ...at(path), remedy });
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list such as [3, 4]',
  tuple: 'a list such as [3, 4]',
  object: '`key: value` pairs',
};

function expectedText(issue: Issue): string {
  const inclusive = issue.inclusive !== false;
  const count = issue.origin === 'array' ? ' values' : issue.origin === 'string' ? ' characters' : '';
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected ?? ''] ?? String(issue.expected);
    case 'invalid_value':
      return (issue.values ?? []).join(', ');
    case 'invalid_union':
      return (issue.options ?? []).join(', ');
    case 'too_small':
      return `${inclusive ? 'at least' : 'more than'} ${issue.minimum}${count}`;
    case 'too_big':
      return `${inclusive ? 'at most' : 'less than'} ${issue.maximum}${count}`;
    default:
      return issue.message.replace(/^must be /, '');
  }
}

/** `over` on top of `under`. A null takes the value back: the preset or the default counts again. */
function merge(under: unknown, over: unknown): unknown {
  if (!isObject(over)) return over;
  // Fields of one kind of condition are unknown keys of another.
  const otherKind = isObject(under) && over.kind !== undefined && under.kind !== undefined && over.kind !== under.kind;
  const merged: Record<string, unknown> = isObject(under) && !otherKind ? { ...under } : {};
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete merged[key];
    else define(merged, key, merge(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}

function valueAt(values: unknown, path: ValuePath): unknown {
  let value: unknown = values;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

function dotted(path: ValuePath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`))
    .join('');
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
