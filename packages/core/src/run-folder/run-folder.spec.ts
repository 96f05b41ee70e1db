// Run folders on disk: made, written, read, continued.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@ggb/native-ops/tf';
import { tinyDescription as info, tinyConfig } from '../../testing/tiny-run.ts';
import type { EvaluationRecord, StepRecord } from '../run-record/run-record.ts';
import { RunFolderError, stepName, stepOfCheckpoint } from './run-layout.ts';
import { RunReader } from './run-reader.ts';
import { RunWriter } from './run-writer.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-run-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
    expect(readdirSync(dir).sort()).toEqual(['checkpoints', 'config.json', 'evaluation', 'run.json', 'samples']);
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
    await expect((await RunReader.open(run.dir)).latestCheckpoint()).rejects.toThrow('stopped before step 1000, when');
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
    await expect(RunWriter.resume({ dir: run.dir, checkpoint, info, config })).rejects.toThrow(
      'has a later checkpoint, checkpoints/step-000010.safetensors, which continuing from',
    );
    expect(await (await RunReader.open(run.dir)).steps()).toEqual([record(10)]);
  });
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
