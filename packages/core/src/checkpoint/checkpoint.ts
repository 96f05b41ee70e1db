// What a checkpoint holds, beside its tensors, and whether it fits a model. No paths, no times and no length of the run: the
// same seed gives the same bytes, whatever the run is called and, unless the learning rate decays with it, however long it is
// meant to go on.
//
//   generator/..., discriminator/..., level4/...   weights and running statistics
//   optimizer/...                                  both moments of every weight
//   average/generator/...                          the moving average of G
//
// All that is random is a function of the seed and the step, so these two are the state of the random numbers.
import type { NetworkConfig } from '../config/model-config.ts';
import { networkSchema } from '../config/model-config.ts';
import { resolveNetwork } from '../config/resolve-network.ts';
import type { TrainingConfig } from '../config/training-config.ts';

export const checkpointVersion = 1;

/** Before the name of a weight of G: its moving average. */
export const averagePrefix = 'average/';

/** `training`: all to continue from. `generator`: the weights of G alone. */
export type CheckpointKind = 'training' | 'generator';

export interface CheckpointMetadata {
  readonly kind: CheckpointKind;
  readonly network: NetworkConfig;
  /** Iterations done. */
  readonly step: number;
  readonly seed: number;
  /** Loss and optimisation, without what changes no weight; for people. Only in `training`. */
  readonly settings?: unknown;
  /** Updates done by each optimizer. Only in `training`. */
  readonly counters?: Readonly<Record<string, number>>;
  /** Only in `generator`. */
  readonly weights?: 'average' | 'raw';
}

export type CheckpointProblem =
  | 'format'
  | 'version'
  | 'network'
  | 'seed'
  | 'missing'
  | 'unexpected'
  | 'shape'
  | 'dtype'
  | 'not-finite'
  | 'changed';

/** A file is no checkpoint, or not one of this model. Callers branch on `problem`. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';

  constructor(
    readonly problem: CheckpointProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`Checkpoint: ${message}`, options);
  }
}

/** The metadata of a file that {@link parseMetadata} reads back. The same values give the same text. */
export function formatMetadata(metadata: CheckpointMetadata): Record<string, string> {
  const { kind, network, step, seed, settings, counters, weights } = metadata;
  return {
    'ggb.checkpoint': kind,
    'ggb.version': `${checkpointVersion}`,
    network: canonicalJson(network),
    step: `${step}`,
    seed: `${seed}`,
    ...(settings === undefined ? {} : { settings: canonicalJson(settings) }),
    ...(counters === undefined ? {} : { counters: canonicalJson(counters) }),
    ...(weights === undefined ? {} : { weights }),
  };
}

/** @throws CheckpointError  if the file was not written by {@link formatMetadata} of this version. */
export function parseMetadata(metadata: Readonly<Record<string, string>>): CheckpointMetadata {
  const { 'ggb.checkpoint': kind, 'ggb.version': version, network, settings, counters, weights } = metadata;
  if (kind !== 'training' && kind !== 'generator') {
    throw new CheckpointError(
      'format',
      'this safetensors file was not written by GGB: its metadata have no "ggb.checkpoint".',
    );
  }
  if (version !== `${checkpointVersion}`) {
    throw new CheckpointError(
      'version',
      `written in format ${version}; this version of GGB reads format ${checkpointVersion}.`,
    );
  }
  const isCounters = (value: unknown): value is Record<string, number> =>
    typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger);
  const read = {
    network: parseNetwork(network),
    step: wholeNumber('step', metadata.step),
    seed: wholeNumber('seed', metadata.seed),
    ...(settings === undefined ? {} : { settings: parseJson('settings', settings) }),
  };
  if (kind === 'generator') {
    if (weights !== 'average' && weights !== 'raw') throw badMetadata('weights', '"average" or "raw"', weights);
    return { ...read, kind, weights };
  }
  const counts = parseJson('counters', counters);
  if (!isCounters(counts)) throw badMetadata('counters', 'an object of whole numbers', counters);
  return { ...read, kind, counters: counts };
}

/**
 * The settings that decide which weights a run has after a step, for the metadata. The length of the run is not among them,
 * though a decay follows it: config.json and run.json have it.
 */
export function settingsOf({
  precision,
  loss,
  training,
  data,
}: Pick<TrainingConfig, 'precision' | 'loss' | 'training' | 'data'>): unknown {
  const { steps, minutes, logEvery, sampleEvery, checkpointEvery, keepCheckpoints, ...decisive } = training;
  return { precision, loss, training: decisive, data: { augmentation: data.augmentation } };
}

/**
 * Whether training can continue from a checkpoint under this configuration.
 *
 * @throws CheckpointError  for weights of G alone, another network or another seed.
 */
export function checkContinuable(
  { kind, network, seed }: CheckpointMetadata,
  config: NetworkConfig & Pick<TrainingConfig, 'seed'>,
): void {
  if (kind !== 'training') {
    throw new CheckpointError(
      'format',
      'this file holds the weights of the generator alone, which is enough to synthesize. Training continues from a file ' +
        'in the folder checkpoints/ of a run.',
    );
  }
  const { image, condition, model } = config;
  const difference = firstDifference({ image, condition, model }, network, '');
  if (difference !== undefined) {
    throw new CheckpointError(
      'network',
      `${difference.key} is ${difference.received} in it and ${difference.expected} in the configuration. A run continues ` +
        'with the networks it began with; start a new run for other ones.',
    );
  }
  if (seed !== config.seed) {
    throw new CheckpointError(
      'seed',
      `its seed is ${seed} and that of the configuration ${config.seed}. A run continues with the seed it began with.`,
    );
  }
}

/** A tensor of the file or of the model, by what must agree. */
interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/**
 * Compares what a file holds with what is needed.
 *
 * @throws CheckpointError  that names the first tensors that are missing, too many, or of another shape or type.
 */
export function checkTensors(stored: ReadonlyMap<string, Described>, needed: ReadonlyMap<string, Described>): void {
  const missing = [...needed.keys()].filter((name) => !stored.has(name));
  if (missing.length > 0) throw new CheckpointError('missing', `it lacks ${listed(missing)}, which the model needs.`);
  const unexpected = [...stored.keys()].filter((name) => !needed.has(name));
  if (unexpected.length > 0) {
    throw new CheckpointError('unexpected', `it also holds ${listed(unexpected)}, which the model does not have.`);
  }
  for (const [name, { dtype, shape }] of needed) {
    const { dtype: storedType, shape: storedShape } = stored.get(name) as Described;
    checkShape(name, storedShape, shape);
    if (dtype !== storedType) {
      throw new CheckpointError('dtype', `${name} is of type ${storedType}, but the model needs ${dtype}.`);
    }
  }
}

/** @throws CheckpointError  unless both are the same. */
export function checkShape(name: string, stored: readonly number[], needed: readonly number[]): void {
  if (stored.length === needed.length && stored.every((size, axis) => size === needed[axis])) return;
  throw new CheckpointError('shape', `${name} is [${stored.join(', ')}], but the model needs [${needed.join(', ')}].`);
}

function parseNetwork(text: string | undefined): NetworkConfig {
  const parsed = networkSchema.safeParse(parseJson('network', text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badMetadata('network', `a network: ${issue?.path.join('.')}: ${issue?.message}`, text, parsed.error);
  }
  try {
    return resolveNetwork(parsed.data);
  } catch (cause) {
    throw badMetadata('network', `a network that can be built: ${(cause as Error).message}`, text, cause);
  }
}

function wholeNumber(key: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(value) || value < 0) {
    throw badMetadata(key, 'a whole number', text);
  }
  return value;
}

function parseJson(key: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text as string);
  } catch (cause) {
    throw badMetadata(key, 'JSON', text, cause);
  }
}

function badMetadata(key: string, expected: string, received: string | undefined, cause?: unknown): CheckpointError {
  const shown = received === undefined ? 'nothing' : JSON.stringify(received.slice(0, 80));
  return new CheckpointError('format', `its metadata "${key}" must be ${expected}, and is ${shown}.`, { cause });
}

/** JSON with the keys of every object sorted. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

function firstDifference(
  expected: unknown,
  received: unknown,
  key: string,
): { readonly key: string; readonly expected: string; readonly received: string } | undefined {
  if (isObject(expected) && isObject(received)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(received)])) {
      const difference = firstDifference(expected[name], received[name], key === '' ? name : `${key}.${name}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  const [first, second] = [JSON.stringify(expected) ?? 'not set', JSON.stringify(received) ?? 'not set'];
  return first === second ? undefined : { key, expected: first, received: second };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Three names, and how many more. */
function listed(names: readonly string[]): string {
  const rest = names.length - 3;
  return names.slice(0, 3).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
