// Records from the text of their files. Pure: no TF.js, no Node, no schema library, as the viewer imports this in a browser.
import {
  type CheckpointInfo,
  type EvaluationRecord,
  type ProbesRecord,
  type RunInfo,
  type RunSession,
  runRecordVersion,
  type ScoreDirection,
  type ScoreSummary,
  type Scores,
  type StepRecord,
} from './run-record.ts';

/** A record that cannot be used. Where: `file`, the 1-based `line` of a .jsonl file, the `key` of the value. */
export class RunRecordError extends Error {
  override readonly name = 'RunRecordError';

  constructor(
    readonly file: string,
    readonly line: number | undefined,
    readonly key: string,
    readonly expected: string,
    readonly received: string,
    options?: ErrorOptions,
  ) {
    const place = line === undefined ? file : `${file}:${line}`;
    super(`${place}: ${key === '' ? '' : `${key}: `}expected ${expected}, received ${received}.`, options);
  }
}

/** run.json. @throws RunRecordError */
export function parseRunInfo(text: string, file = 'run.json'): RunInfo {
  const run = Fields.parse(text, file);
  run.checkVersion();
  const parameters = run.object('parameters');
  return {
    version: runRecordVersion,
    ...parseProcess(run),
    seed: run.number('seed'),
    ...run.strings('preset', 'startedAt'),
    parameters: {
      generator: parameters.number('generator'),
      discriminator: parameters.number('discriminator'),
      guidingBlocks: parameters.number('guidingBlocks'),
    },
    ...run.optional('resumedFrom', (key) => run.string(key)),
    ...run.optional('sessions', (key) =>
      run.list(key, (sessions, index) => {
        const session = sessions.object(index);
        return {
          fromStep: session.number('fromStep'),
          ...session.strings('startedAt'),
          ...parseProcess(session),
          config: session.object('config').values,
        };
      }),
    ),
  };
}

/** What a run and each of its sessions say of a process. */
function parseProcess(fields: Fields): Omit<RunSession, 'fromStep' | 'startedAt' | 'config'> {
  const backend = fields.object('backend');
  const data = fields.object('data');
  return {
    ...fields.strings('ggb', 'node', 'tfjs', 'platform'),
    backend: { ...backend.strings('name', 'reason'), ...backend.optional('threads', (key) => backend.number(key)) },
    data: { path: data.string('path'), pairs: data.number('pairs'), manifestSha256: data.string('manifestSha256') },
  };
}

/**
 * steps.jsonl. A last line without its end is left out and reported as `isCut`: it is what a crash, or a run that is writing
 * right now, leaves.
 *
 * @throws RunRecordError  for any other line that is no record.
 */
export function parseSteps(
  text: string,
  file = 'steps.jsonl',
): { readonly records: readonly StepRecord[]; readonly isCut: boolean } {
  const lines = text.split('\n');
  const isCut = lines.pop() !== '';
  return { records: lines.map((line, index) => parseStep(line, file, index + 1)), isCut };
}

function parseStep(text: string, file: string, line: number): StepRecord {
  const record = Fields.parse(text, file, line);
  const losses = record.object('losses');
  return {
    step: record.number('step'),
    seconds: record.number('seconds'),
    imagesPerSecond: record.number('imagesPerSecond'),
    learningRate: record.number('learningRate'),
    losses: Object.fromEntries(losses.keys().map((name) => [name, losses.number(name)])),
  };
}

/** checkpoints/step-*.json. @throws RunRecordError */
export function parseCheckpointInfo(text: string, file = 'checkpoint'): CheckpointInfo {
  const info = Fields.parse(text, file);
  return { step: info.number('step'), seconds: info.number('seconds'), ...info.strings('writtenAt', 'sha256') };
}

/** samples/probes.json. @throws RunRecordError */
export function parseProbes(text: string, file = 'probes.json'): ProbesRecord {
  const probes = Fields.parse(text, file);
  probes.checkVersion();
  return { version: runRecordVersion, ids: probes.list('ids', (ids, key) => ids.string(key)) };
}

/** evaluation/NAME.json. @throws RunRecordError */
export function parseEvaluation(text: string, file = 'evaluation'): EvaluationRecord {
  const record = Fields.parse(text, file);
  record.checkVersion();
  const weights = record.string('weights');
  if (weights !== 'average' && weights !== 'raw') throw record.error('weights', '"average" or "raw"');
  return {
    version: runRecordVersion,
    checkpoint: record.string('checkpoint'),
    ...record.optional('checkpointSha256', (key) => record.string(key)),
    ...record.optional('preset', (key) => record.string(key)),
    ...record.optional('protocol', (key) => parseProtocol(record, key)),
    ...record.optional('data', (key) => record.object(key).strings('manifest', 'manifestSha256')),
    weights,
    split: record.string('split'),
    mean: parseScores(record.object('mean')),
    ...record.optional('metrics', (key) => {
      const metrics = record.object(key);
      return Object.fromEntries(metrics.keys().map((name) => [name, parseSummary(metrics.object(name))]));
    }),
    pairs: record.list('pairs', (pairs, key) => {
      const pair = pairs.object(key);
      return { id: pair.string('id'), ...pair.optional('name', (name) => pair.string(name)), ...parseScores(pair) };
    }),
    ...record.optional('baselines', (key) => {
      const baselines = record.object(key);
      return Object.fromEntries(baselines.keys().map((name) => [name, parseScores(baselines.object(name))]));
    }),
    ...record.optional('failed', (key) => record.list(key, (failed, at) => failed.object(at).strings('id', 'message'))),
  };
}

function parseProtocol(record: Fields, key: string): NonNullable<EvaluationRecord['protocol']> {
  if (typeof record.values[key] === 'string') return { name: record.string(key) };
  const protocol = record.object(key);
  return { name: protocol.string('name'), ...protocol.optional('hash', (hash) => protocol.string(hash)) };
}

const directions: readonly ScoreDirection[] = ['higher', 'lower', 'nearer-to-one'];

function parseSummary(summary: Fields): ScoreSummary {
  const direction = directions.find((known) => known === summary.values.direction);
  if (direction === undefined) throw summary.error('direction', directions.join(', '));
  const [low, high] = summary.list('interval', (bounds, key) => bounds.number(key));
  if (low === undefined || high === undefined) throw summary.error('interval', 'two numbers');
  return {
    mean: summary.number('mean'),
    n: summary.number('n'),
    interval: [low, high],
    direction,
    unit: summary.string('unit'),
  };
}

function parseScores(scores: Fields): Scores {
  return {
    ssim: scores.number('ssim'),
    ...scores.optional('insideSsim', (key) => scores.number(key)),
    ...scores.optional('insideL1', (key) => scores.number(key)),
    l1: scores.number('l1'),
    ...scores.optional('sharpness', (key) => scores.number(key)),
  };
}

/** An object of a record, that knows where it stands. */
class Fields {
  private constructor(
    readonly values: Readonly<Record<string, unknown>>,
    private readonly file: string,
    private readonly line: number | undefined,
    /** Keys that lead here. */
    private readonly path: string,
  ) {}

  static parse(text: string, file: string, line?: number): Fields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new RunRecordError(file, line, '', 'a JSON object', `text that is none (${(cause as Error).message})`, {
        cause,
      });
    }
    if (!isObject(value)) throw new RunRecordError(file, line, '', 'a JSON object', brief(value));
    return new Fields(value, file, line, '');
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  checkVersion(): void {
    const version = this.number('version');
    if (version === runRecordVersion) return;
    throw this.error('version', `${runRecordVersion}, the version that this GGB reads`);
  }

  string(key: string): string {
    const value = this.values[key];
    if (typeof value !== 'string') throw this.error(key, 'a string');
    return value;
  }

  strings<K extends string>(...keys: readonly K[]): Record<K, string> {
    return Object.fromEntries(keys.map((key) => [key, this.string(key)])) as Record<K, string>;
  }

  /** Finite, as all numbers of JSON. */
  number(key: string): number {
    const value = this.values[key];
    if (typeof value !== 'number') throw this.error(key, 'a number');
    return value;
  }

  object(key: string): Fields {
    const value = this.values[key];
    if (!isObject(value)) throw this.error(key, 'an object');
    return new Fields(value, this.file, this.line, this.pathTo(key));
  }

  /** `read` gets the items as fields whose keys are their places. */
  list<T>(key: string, read: (items: Fields, key: string) => T): readonly T[] {
    const value = this.values[key];
    if (!Array.isArray(value)) throw this.error(key, 'a list');
    const items = new Fields({ ...value }, this.file, this.line, this.pathTo(key));
    return items.keys().map((index) => read(items, index));
  }

  /** Nothing if the key is not there. */
  optional<K extends string, T>(key: K, read: (key: K) => T): { readonly [key in K]?: T } {
    return this.values[key] === undefined ? {} : ({ [key]: read(key) } as { readonly [key in K]: T });
  }

  error(key: string, expected: string): RunRecordError {
    return new RunRecordError(this.file, this.line, this.pathTo(key), expected, brief(this.values[key]));
  }

  private pathTo(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
