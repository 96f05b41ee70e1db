// Run folders on disk: made, written, read, continued.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@ggb/native-ops/tf';
import { tinyDescription as info, tinyConfig } from '../../testing/tiny-run.ts';
import type { EvaluationRecord, StepRecord } from '../run-record/run-record.ts';
import { RunFolderError, stepName, stepOfCheckpoint } from './run-layout.ts';
import { RunInUseError, RunLock } from './run-lock.ts';
import { RunReader } from './run-reader.ts';
import { RunWriter } from './run-writer.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-run-'));
});

afterEach(() => {
  RunLock.releaseAll();
  rmSync(folder, { recursive: true, force: true });
});

const config = tinyConfig();
const { image, condition, model } = config;

const record = (step: number): StepRecord => ({
  step,
  seconds: step / 2,
  imagesPerSecond: 3,
  learningRate: 1e-3,
  losses: { a: step },
});

async function writeCheckpoint(run: RunWriter, step: number) {
  const weight = tf.tensor1d([step]);
  const metadata = { kind: 'training' as const, network: { image, condition, model }, step, seed: 7, counters: {} };
  const stored = await run.writeCheckpoint(new Map([['weight', weight]]), metadata, step / 2);
  weight.dispose();
  return stored;
}

describe('a new run', () => {
  it('gets the next free number', async () => {
    mkdirSync(join(folder, '00007'));
    mkdirSync(join(folder, 'notes'));
    expect((await RunWriter.create({ parent: folder, info, config })).dir).toBe(join(folder, '00008'));
    expect((await RunWriter.create({ parent: folder, info, config })).dir).toBe(join(folder, '00009'));
  });

  it('gets a folder of its own, though others start at the same moment', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => RunWriter.create({ parent: folder, info, config })));
    expect(runs.map(({ dir }) => dir).sort()).toEqual(
      Array.from({ length: 8 }, (_, index) => join(folder, `0000${index + 1}`)),
    );
  });

  it('may name a folder that is new or empty, in folders that are not there yet', async () => {
    const dir = join(folder, 'a', 'b');
    await RunWriter.create({ dir, info, config });
    mkdirSync(join(folder, 'empty'));
    await RunWriter.create({ dir: join(folder, 'empty'), info, config });
    expect(readdirSync(dir).sort()).toEqual([
      'checkpoints',
      'config.json',
      'evaluation',
      'run.json',
      'run.lock',
      'samples',
    ]);
  });

  it('leaves alone a folder with anything in it', async () => {
    writeFileSync(join(folder, 'thesis.txt'), 'x');
    const create = RunWriter.create({ dir: folder, info, config });
    await expect(create).rejects.toThrow(RunFolderError);
    await expect(create).rejects.toThrow('is not empty (it holds thesis.txt), and no run overwrites another');
    await expect(RunWriter.create({ dir: join(folder, 'thesis.txt'), info, config })).rejects.toThrow('lies in a file');
    await expect(RunWriter.create({ dir: join(folder, 'thesis.txt', 'x'), info, config })).rejects.toThrow('in a file');
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
  });

  it('is the only one of two that want the same folder at the same moment', async () => {
    const dir = join(folder, 'one');
    const results = await Promise.allSettled(
      [1, 2].map((seed) => RunWriter.create({ dir, info: { ...info, seed }, config })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const winner = results.findIndex(({ status }) => status === 'fulfilled') + 1;
    expect((await RunReader.open(dir)).info.seed).toBe(winner);
  });
});

describe('what is written is read', () => {
  it('of the run, its steps, checkpoints and evaluations', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const evaluation: EvaluationRecord = {
      version: 1,
      checkpoint: 'checkpoints/step-000010.safetensors',
      weights: 'average',
      split: 'test',
      mean: { ssim: 0.5, l1: 9 },
      pairs: [],
    };
    await run.appendStep(record(5));
    await run.appendStep(record(10));
    await writeCheckpoint(run, 5);
    const stored = await writeCheckpoint(run, 10);
    await run.writeEvaluation('test', evaluation);

    const reader = await RunReader.open(run.dir);
    expect(reader.info).toMatchObject({ ...info, version: 1 });
    expect(Date.now() - Date.parse(reader.info.startedAt)).toBeLessThan(60_000);
    expect(reader.config).toEqual(config);
    expect(await reader.steps()).toEqual([record(5), record(10)]);
    expect((await reader.checkpoints()).map(({ step }) => step)).toEqual([5, 10]);
    expect(await reader.latestCheckpoint()).toEqual(stored);
    expect(stored.info).toMatchObject({ step: 10, seconds: 5 });
    expect(await reader.evaluations()).toEqual(['test']);
    expect(await reader.evaluation('test')).toEqual(evaluation);
    expect(await reader.evaluation('other')).toBeUndefined();
  });

  it('though a checkpoint was copied without what stood beside it, and another is not finished', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const { path } = await writeCheckpoint(run, 5);
    rmSync(path.replace('.safetensors', '.json'));
    writeFileSync(path.replace('000005', '000010').concat('.tmp'), 'half');
    const latest = await (await RunReader.open(run.dir)).latestCheckpoint();
    expect(latest).toEqual({ step: 5, path, name: 'checkpoints/step-000005.safetensors' });
  });

  it('and what is no run is refused in words', async () => {
    await expect(RunReader.open(join(folder, 'none'))).rejects.toThrow('holds no run: it has no run.json');
    const run = await RunWriter.create({ parent: folder, info, config });
    run.close();
    await expect((await RunReader.open(run.dir)).latestCheckpoint()).rejects.toThrow(
      'has no checkpoint in checkpoints/',
    );
    writeFileSync(join(run.dir, 'config.json'), '{"image":{"size":17}}');
    await expect(RunReader.open(run.dir)).rejects.toThrow('is no configuration that this version can use');
    writeFileSync(join(run.dir, 'run.json'), '{}');
    await expect(RunReader.open(run.dir)).rejects.toThrow('run.json: version: expected a number, received nothing');
  });
});

describe('a run that is continued', () => {
  it('keeps when it began, and its records up to the checkpoint', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    for (const step of [5, 10, 15]) await run.appendStep(record(step));
    writeFileSync(join(run.dir, 'steps.jsonl'), '{"step": 20, "sec', { flag: 'a' });
    const checkpoint = await writeCheckpoint(run, 10);
    const { startedAt } = (await RunReader.open(run.dir)).info;
    run.close();
    const longer = tinyConfig({ steps: 77 });
    const continued = await RunWriter.resume({
      dir: run.dir,
      checkpoint,
      info: { ...info, node: 'v99' },
      config: longer,
    });
    await continued.appendStep(record(12));
    const reader = await RunReader.open(run.dir);
    expect(reader.info).toMatchObject({ node: 'v99', startedAt, resumedFrom: 'checkpoints/step-000010.safetensors' });
    expect(reader.config.training.steps).toBe(77);
    expect((await reader.steps()).map(({ step }) => step)).toEqual([5, 10, 12]);
  });

  it('does not go back behind a later checkpoint', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const checkpoint = await writeCheckpoint(run, 5);
    await writeCheckpoint(run, 10);
    await run.appendStep(record(10));
    run.close();
    await expect(RunWriter.resume({ dir: run.dir, checkpoint, info, config })).rejects.toThrow(
      'has a later checkpoint, checkpoints/step-000010.safetensors, which continuing from',
    );
    expect(await (await RunReader.open(run.dir)).steps()).toEqual([record(10)]);
  });
});

describe('a run that is continued again', () => {
  it('tells of every process that trained it, with its configuration', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const checkpoint = await writeCheckpoint(run, 10);
    run.close();
    for (const [node, steps] of [
      ['v98', 77],
      ['v99', 88],
    ] as const) {
      const next = { dir: run.dir, checkpoint, info: { ...info, node }, config: tinyConfig({ steps }) };
      (await RunWriter.resume(next)).close();
    }
    const { sessions = [], startedAt } = (await RunReader.open(run.dir)).info;
    expect(sessions.map(({ fromStep, node }) => [fromStep, node])).toEqual([
      [0, info.node],
      [10, 'v98'],
      [10, 'v99'],
    ]);
    expect(sessions.map((session) => session.config)).toEqual(
      [config, tinyConfig({ steps: 77 }), tinyConfig({ steps: 88 })].map((each) => JSON.parse(JSON.stringify(each))),
    );
    expect(sessions[0]?.startedAt).toBe(startedAt);
  });

  it('keeps what is known of a run from before there were sessions', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const checkpoint = await writeCheckpoint(run, 10);
    run.close();
    const file = join(run.dir, 'run.json');
    const { sessions: _, ...old } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...old, resumedFrom: 'checkpoints/step-000005.safetensors' }));
    (await RunWriter.resume({ dir: run.dir, checkpoint, info, config })).close();
    const { sessions = [] } = (await RunReader.open(run.dir)).info;
    expect(sessions.map(({ fromStep }) => fromStep)).toEqual([5, 10]);
  });

  it('with another manifest only if that is wanted', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const checkpoint = await writeCheckpoint(run, 10);
    run.close();
    const data = { path: 'other', pairs: 3, manifestSha256: 'f'.repeat(64) };
    const changed = { dir: run.dir, checkpoint, info: { ...info, data }, config };
    const before = readFileSync(join(run.dir, 'run.json'), 'utf8');
    const refused = RunWriter.resume(changed);
    await expect(refused).rejects.toThrow(RunFolderError);
    await expect(refused).rejects.toThrow(
      `noise had the SHA-256 ${'0'.repeat(64)}, and other has ${'f'.repeat(64)}. Restore`,
    );
    expect(readFileSync(join(run.dir, 'run.json'), 'utf8')).toBe(before);
    (await RunWriter.resume({ ...changed, mayChangeData: true })).close();
    const { sessions = [] } = (await RunReader.open(run.dir)).info;
    expect(sessions.map((session) => session.data)).toEqual([info.data, data]);
  });
});

describe('old checkpoints', () => {
  const files = (run: RunWriter) => readdirSync(join(run.dir, 'checkpoints')).sort();

  it('go but for the newest, by number, and nothing goes that a person put there', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const foreign = ['best.safetensors', 'step-000500-copy.safetensors', 'step-5.safetensors', 'zzz.safetensors'];
    for (const name of foreign) writeFileSync(join(run.dir, 'checkpoints', name), 'mine');
    // As text, the last of them sorts first.
    for (const step of [5, 999_999, 1_000_000]) {
      await writeCheckpoint(run, step);
      await run.keepCheckpoints(2);
    }
    const kept = ['step-999999', 'step-1000000'].flatMap((name) => [`${name}.json`, `${name}.safetensors`]);
    expect(files(run)).toEqual([...foreign, ...kept].sort());
    await run.keepCheckpoints(0);
    expect(files(run)).toContain('step-1000000.safetensors');
  });

  it('of the processes before stay', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    for (const step of [1, 2]) await writeCheckpoint(run, step);
    const checkpoint = await writeCheckpoint(run, 3);
    run.close();
    const continued = await RunWriter.resume({ dir: run.dir, checkpoint, info, config });
    for (const step of [4, 5]) {
      await writeCheckpoint(continued, step);
      await continued.keepCheckpoints(1);
    }
    expect(files(run).filter((name) => name.endsWith('.safetensors'))).toEqual(
      [1, 2, 3, 5].map((step) => `step-00000${step}.safetensors`),
    );
  });
});

describe('two processes', () => {
  async function closedRun() {
    const run = await RunWriter.create({ parent: folder, info, config });
    const checkpoint = await writeCheckpoint(run, 5);
    run.close();
    return { dir: run.dir, checkpoint, info, config };
  }
  const lockOf = (dir: string) => join(dir, 'run.lock');

  it('do not train in one folder: the second learns who the first is', async () => {
    const options = await closedRun();
    const first = await RunWriter.resume(options);
    await expect(RunWriter.resume(options)).rejects.toThrow(RunInUseError);
    await expect(RunWriter.resume(options)).rejects.toMatchObject({ pid: process.pid });
    first.close();
    (await RunWriter.resume(options)).close();
    expect(existsSync(lockOf(options.dir))).toBe(false);
  });

  it('are told apart where there is no checkpoint: one that trains, and one that has stopped', async () => {
    const run = await RunWriter.create({ parent: folder, info, config });
    const reader = await RunReader.open(run.dir);
    await expect(reader.latestCheckpoint()).rejects.toThrow('yet: a process is training in it');
    run.close();
    const first = Math.min(config.training.checkpointEvery, config.training.steps);
    await expect(reader.latestCheckpoint()).rejects.toThrow(`it stopped before step ${first}, when the first was due`);
  });

  it('that start at the same moment do not either, though a dead one left its lock', async () => {
    const options = await closedRun();
    writeFileSync(lockOf(options.dir), `{"pid":${deadPid()}}`);
    const results = await Promise.allSettled([1, 2, 3].map(() => RunWriter.resume(options)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const result of results) if (result.status === 'fulfilled') result.value.close();
  });

  it.each([
    ['is gone', () => `{"pid":${deadPid()},"started":"1"}`],
    ['has a number that another process got since', () => `{"pid":${process.pid},"started":"1"}`],
    ['was killed while it wrote the lock', () => '{"pi'],
  ])('are one, if the other %s', async (name, lock) => {
    // Only Linux tells when a process began.
    if (name.startsWith('has a number') && process.platform !== 'linux') return;
    const options = await closedRun();
    writeFileSync(lockOf(options.dir), lock());
    (await RunWriter.resume(options)).close();
  });

  it('leave no lock after a refusal, nor when they end without closing', async () => {
    const options = await closedRun();
    const other = { ...info, data: { ...info.data, manifestSha256: 'x' } };
    await expect(RunWriter.resume({ ...options, info: other })).rejects.toThrow('another manifest');
    expect(existsSync(lockOf(options.dir))).toBe(false);
    await RunWriter.resume(options);
    expect(existsSync(lockOf(options.dir))).toBe(true);
    RunLock.releaseAll();
    expect(existsSync(lockOf(options.dir))).toBe(false);
  });

  /** Of a process that has just ended. */
  function deadPid(): number {
    return spawnSync(process.execPath, ['-e', '']).pid;
  }
});

it('file names carry the step, also above a million', () => {
  expect([500, 1_234_567].map(stepName)).toEqual(['step-000500', 'step-1234567']);
  const names = [
    'step-000500.safetensors',
    'step-1234567.safetensors',
    'step-000500.json',
    'step-000500.safetensors.tmp',
  ];
  expect(names.map(stepOfCheckpoint)).toEqual([500, 1_234_567, undefined, undefined]);
});
