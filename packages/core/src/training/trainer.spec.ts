// Training as a whole, with the real model at 16 pixels on the native backend and real folders.
import '@ggb/native-ops/node';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Values, readSafetensors, type StoredTensor } from '@ggb/native-ops/safetensors';
import * as tf from '@ggb/native-ops/tf';
import sharp from 'sharp';
import { noiseBatch, noiseBatches, tinyConfig, tinyDescription, tinyStep } from '../../testing/tiny-run.ts';
import type { TrainingConfig } from '../config/training-config.ts';
import type { BatchSource } from '../dataset/batch.ts';
import { RunReader } from '../run-folder/run-reader.ts';
import { RunWriter } from '../run-folder/run-writer.ts';
import { TrainingDivergedError, type TrainingProgress, type TrainOptions, type TrainResult, train } from './trainer.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-trainer-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Others = Partial<Omit<TrainOptions, 'step' | 'config' | 'run' | 'resumeFrom'>>;

/** Trains a new model in a new run folder. */
async function trained(name: string, config: TrainingConfig, others: Others = {}) {
  const run = await RunWriter.create({ dir: join(folder, name), info: tinyDescription, config });
  return { dir: run.dir, result: await trainIn(run, config, others) };
}

async function trainIn(
  run: RunWriter,
  config: TrainingConfig,
  others: Others & Pick<TrainOptions, 'resumeFrom'>,
): Promise<TrainResult> {
  const { step, dispose } = tinyStep(config);
  try {
    return await train({ step, config, run, batches: noiseBatches(config), ...others });
  } finally {
    dispose();
    run.close();
  }
}

/** Continues the run in `dir` from its last checkpoint, in a new model. */
async function resumed(dir: string, config: TrainingConfig, others: Others = {}): Promise<TrainResult> {
  const checkpoint = await (await RunReader.open(dir)).latestCheckpoint();
  const run = await RunWriter.resume({ dir, checkpoint, info: tinyDescription, config });
  return trainIn(run, config, { ...others, resumeFrom: checkpoint });
}

function checkpointHash(dir: string, step: number): string {
  const bytes = readFileSync(join(dir, 'checkpoints', `step-${`${step}`.padStart(6, '0')}.safetensors`));
  return createHash('sha256').update(bytes).digest('hex');
}

const checkpointsIn = (dir: string) =>
  readdirSync(join(dir, 'checkpoints'))
    .filter((file) => file.endsWith('.safetensors'))
    .sort();

/** A clock that moves by `seconds` each time it is read. */
function steadyClock(seconds: number): { now(): number } {
  let now = 0;
  return { now: () => (now += 1000 * seconds) };
}

describe('train', () => {
  it('does the steps of the config and leaves records, checkpoints and samples of every interval and of the end', async () => {
    const config = tinyConfig({ steps: 5, logEvery: 2, sampleEvery: 3, checkpointEvery: 2 });
    const reports: TrainingProgress[] = [];
    const batch = noiseBatch(config, 99);
    const variations = [{ label: [1, -0.5] }, { label: [0, 1] }];
    const { dir, result } = await trained('run', config, {
      probes: { batch, variations },
      onProgress: (progress) => reports.push(progress),
    });
    tf.dispose([batch.source, batch.target, batch.condition]);

    const reader = await RunReader.open(dir);
    const records = await reader.steps();
    expect(result).toMatchObject({ reason: 'steps', step: 5, checkpoint: { step: 5 } });
    expect(records.map(({ step }) => step)).toEqual([2, 4, 5]);
    expect(reports.map(({ step, steps, losses }) => ({ step, steps, losses }))).toEqual(
      records.map(({ step, losses }) => ({ step, steps: 5, losses })),
    );
    expect(reports.at(-1)?.etaSeconds).toBe(0);
    expect(records.every(({ imagesPerSecond }) => imagesPerSecond > 0)).toBe(true);
    expect(checkpointsIn(dir)).toEqual([2, 4, 5].map((step) => `step-00000${step}.safetensors`));
    expect(readdirSync(join(dir, 'samples')).sort()).toEqual(['probes.json', 'step-000003.png', 'step-000005.png']);
    // Two rows of four tiles of 16 pixels at twice their size, 4 pixels between and around.
    const { width, height } = await sharp(join(dir, 'samples', 'step-000005.png')).metadata();
    expect([width, height]).toEqual([4 * 36 + 4, 2 * 36 + 4]);
  });

  it('records the mean of each loss over the steps since the record before', async () => {
    const each = await trained('each', tinyConfig({ steps: 4, logEvery: 1 }));
    const pairs = await trained('pairs', tinyConfig({ steps: 4, logEvery: 2 }));
    const [first, second, third, fourth] = (await (await RunReader.open(each.dir)).steps()).map(({ losses }) => losses);
    const mean = (a: Readonly<Record<string, number>> = {}, b: Readonly<Record<string, number>> = {}) =>
      Object.fromEntries(Object.entries(a).map(([name, value]) => [name, (value + (b[name] as number)) / 2]));
    const records = await (await RunReader.open(pairs.dir)).steps();
    expect(Object.keys(first ?? {}).length).toBeGreaterThan(10);
    expect(records.map(({ losses }) => losses)).toEqual([mean(first, second), mean(third, fourth)]);
  });

  it('gives the same checkpoint bytes for the same seed, however long the run is meant to be, and others for another', async () => {
    const short = await trained('short', tinyConfig({ steps: 2, logEvery: 1 }));
    const long = await trained('long', tinyConfig({ steps: 3, checkpointEvery: 2, sampleEvery: 1 }));
    const other = await trained('other', tinyConfig({ steps: 2 }, 8));
    expect(checkpointHash(long.dir, 2)).toBe(checkpointHash(short.dir, 2));
    expect(checkpointHash(other.dir, 2)).not.toBe(checkpointHash(short.dir, 2));
  });

  it('keeps the newest checkpoints, each with what stands beside it', async () => {
    const { dir } = await trained('run', tinyConfig({ steps: 4, checkpointEvery: 1, keepCheckpoints: 2 }));
    expect(readdirSync(join(dir, 'checkpoints')).sort()).toEqual([
      'step-000003.json',
      'step-000003.safetensors',
      'step-000004.json',
      'step-000004.safetensors',
    ]);
  });

  it('saves the moving average of G: after every second step half average, half weights', async () => {
    const { dir } = await trained('run', tinyConfig({ steps: 4, checkpointEvery: 1, keepCheckpoints: 4 }));
    const weights = (step: number, name: string) => {
      const { tensors } = readSafetensors(readFileSync(join(dir, 'checkpoints', `step-00000${step}.safetensors`)));
      return float32Values(name, tensors.get(name) as StoredTensor);
    };
    for (const name of ['generator/encoder2/kernel', 'generator/encoder2/norm/mean']) {
      const expected = weights(2, `average/${name}`).map((value, i) => (value + (weights(4, name)[i] as number)) / 2);
      expect(weights(3, `average/${name}`)).toBeAllClose(weights(2, `average/${name}`));
      // Halves and the sum of two float32 are rounded once, in the average and here.
      expect(weights(4, `average/${name}`)).toBeAllClose(expected);
      expect(weights(4, name)).not.toBeAllClose(expected);
    }
  });

  it('takes the learning rate to 0 in the second half of the steps, where the config says so', async () => {
    const { dir } = await trained('run', tinyConfig({ steps: 4, logEvery: 1, learningRate: 1, decay: 'second-half' }));
    const rates = (await (await RunReader.open(dir)).steps()).map(({ learningRate }) => learningRate);
    expect(rates).toEqual([1, 1, 1, 0.5]);
  });

  it('stops after the minutes of the config', async () => {
    // Each look at the clock takes 10 s, and every step looks at least once.
    const { result } = await trained('run', tinyConfig({ steps: 1000, minutes: 1 }), { clock: steadyClock(10) });
    expect(result.reason).toBe('minutes');
    expect(result.seconds).toBeGreaterThanOrEqual(60);
    expect(result.step).toBeLessThanOrEqual(6);
    expect(result.checkpoint?.step).toBe(result.step);
  });

  it('lets timers run between steps', async () => {
    const config = tinyConfig({ steps: 4, logEvery: 100 });
    let turns = 0;
    const turnsAtStep: number[] = [];
    const batches: BatchSource = {
      ...noiseBatches(config),
      batch: async (step) => {
        turnsAtStep.push(turns);
        return noiseBatch(config, step);
      },
    };
    const timer = setInterval(() => turns++, 1);
    await trained('run', config, { batches }).finally(() => clearInterval(timer));
    // A step takes longer than the timer's millisecond, so each must see a turn more than the one before. Not the second:
    // the first may begin after the timers of its round of the event loop, and the second then still belongs to that round.
    const [, second = 0, third = 0, fourth = 0] = turnsAtStep;
    expect([third > second, fourth > third]).toEqual([true, true]);
  });

  it('releases every tensor it made, also when it fails', async () => {
    const before = tf.memory();
    const config = tinyConfig({ steps: 3, logEvery: 2 });
    await trained('run', config);
    const failing: BatchSource = { ...noiseBatches(config), batch: () => Promise.reject(new Error('no batch')) };
    await expect(trained('failing', config, { batches: failing })).rejects.toThrow('no batch');
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });
});

describe('a run that was interrupted', () => {
  it('and resumed ends with the bytes of one that was not', async () => {
    const config = tinyConfig({ steps: 6, checkpointEvery: 3, decay: 'second-half', learningRate: 1e-3 });
    const whole = await trained('whole', config);
    const stop = new AbortController();
    const batches = noiseBatches(config);
    const interrupted = await trained('interrupted', config, {
      signal: stop.signal,
      batches: {
        ...batches,
        batch: (step) => {
          if (step === 2) stop.abort();
          return batches.batch(step);
        },
      },
    });
    expect(interrupted.result).toMatchObject({ reason: 'aborted', step: 3, checkpoint: { step: 3 } });
    expect(checkpointHash(interrupted.dir, 3)).toBe(checkpointHash(whole.dir, 3));

    const result = await resumed(interrupted.dir, config);
    expect(result).toMatchObject({ reason: 'steps', step: 6 });
    expect(checkpointHash(interrupted.dir, 6)).toBe(checkpointHash(whole.dir, 6));
    expect(result.seconds).toBeGreaterThan(interrupted.result.seconds);
    const { info } = await RunReader.open(interrupted.dir);
    expect(info.resumedFrom).toBe('checkpoints/step-000003.safetensors');
  });

  it('after its last checkpoint loses what came after it, and nothing else', async () => {
    const config = tinyConfig({ steps: 4, checkpointEvery: 2, logEvery: 1 });
    const { dir } = await trained('run', config);
    const steps = await (await RunReader.open(dir)).steps();
    // As if the process had been killed while it wrote a record, before the last checkpoint.
    rmSync(join(dir, 'checkpoints', 'step-000004.safetensors'));
    writeFileSync(join(dir, 'checkpoints', 'step-000004.safetensors.tmp'), 'half a file');
    writeFileSync(join(dir, 'steps.jsonl'), `${readFileSync(join(dir, 'steps.jsonl'), 'utf8')}{"step":5,"sec`);
    await resumed(dir, config);
    const again = await (await RunReader.open(dir)).steps();
    expect(again.map(({ step, losses }) => ({ step, losses }))).toEqual(
      steps.map(({ step, losses }) => ({ step, losses })),
    );
    expect(again.slice(0, 2)).toEqual(steps.slice(0, 2));
    expect(readdirSync(join(dir, 'checkpoints')).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('goes on counting its seconds though what stood beside the checkpoint is gone', async () => {
    const { dir } = await trained('run', tinyConfig({ steps: 2, logEvery: 1 }), { clock: steadyClock(10) });
    const before = (await (await RunReader.open(dir)).steps()).at(-1)?.seconds as number;
    rmSync(join(dir, 'checkpoints', 'step-000002.json'));
    // A session so short that its own seconds would not reach those before it.
    const result = await resumed(dir, tinyConfig({ steps: 3, logEvery: 1 }), { clock: steadyClock(0.001) });
    expect(before).toBeGreaterThanOrEqual(10);
    expect(result.seconds).toBeGreaterThan(before);
    expect((await (await RunReader.open(dir)).steps()).at(-1)?.seconds).toBeGreaterThan(before);
  });

  it('before its first step saves nothing, as there is nothing', async () => {
    const { dir, result } = await trained('run', tinyConfig({ steps: 5 }), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ reason: 'aborted', step: 0 });
    expect(checkpointsIn(dir)).toEqual([]);
    await expect(resumed(dir, tinyConfig({ steps: 5 }))).rejects.toThrow('has no checkpoint in checkpoints/');
  });

  it('can be continued for more steps, or with another learning rate', async () => {
    const { dir } = await trained('run', tinyConfig({ steps: 2 }));
    const result = await resumed(dir, tinyConfig({ steps: 3, learningRate: 1e-5 }));
    expect(result).toMatchObject({ reason: 'steps', step: 3 });
  });

  it('is not continued with another seed, another network, or from a damaged file', async () => {
    const config = tinyConfig({ steps: 2 });
    const { dir } = await trained('run', config);
    await expect(resumed(dir, tinyConfig({ steps: 3 }, 8))).rejects.toThrow(
      'its seed is 7 and that of the configuration 8',
    );
    const wider = { ...config, model: { ...config.model, generator: { ...config.model.generator, maxChannels: 16 } } };
    await expect(resumed(dir, wider)).rejects.toThrow('model.generator.maxChannels is 8 in it and 16 in the config');
    const path = join(dir, 'checkpoints', 'step-000002.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(path, bytes);
    await expect(resumed(dir, tinyConfig({ steps: 3 }))).rejects.toThrow('The file is damaged or was replaced');
  });
});

describe('a run that goes wrong', () => {
  it('says which loss is no number at which step, and saves nothing of it', async () => {
    const config = tinyConfig({ steps: 20, checkpointEvery: 3, logEvery: 10 });
    const batches: BatchSource = {
      ...noiseBatches(config),
      batch: async (step) => {
        const batch = noiseBatch(config, step);
        if (step !== 4) return batch;
        batch.target.dispose();
        return { ...batch, target: tf.fill(batch.source.shape, Number.NaN) };
      },
    };
    const error: unknown = await trained('run', config, { batches }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TrainingDivergedError);
    expect((error as Error).message).toMatch(
      /^Training diverged at step 5: the loss "discriminator" is NaN\. The last good checkpoint is checkpoints\/step-000003/,
    );
    expect(checkpointsIn(join(folder, 'run'))).toEqual(['step-000003.safetensors']);
  });

  it('saves no weights that are no numbers, even if no loss has shown it', async () => {
    const config = tinyConfig({ steps: 2, checkpointEvery: 1 });
    const { step, dispose } = tinyStep(config);
    const run = await RunWriter.create({ dir: join(folder, 'run'), info: tinyDescription, config });
    const batches = noiseBatches(config);
    const poisoned: BatchSource = {
      ...batches,
      batch: (index) => {
        // No loss of training sees the running statistics.
        const variance = step.variables.get('generator/encoder2/norm/variance') as tf.Variable;
        if (index === 1) tf.tidy(() => variance.assign(tf.fill(variance.shape, Infinity)));
        return batches.batch(index);
      },
    };
    await expect(train({ step, config, run, batches: poisoned })).rejects.toThrow(
      /diverged at step 2: .*generator\/encoder2\/norm\/variance holds Infinity .* last good checkpoint is .*step-000001/,
    );
    dispose();
    expect(readdirSync(join(folder, 'run', 'checkpoints')).sort()).toEqual([
      'step-000001.json',
      'step-000001.safetensors',
    ]);
  });

  it('because a batch cannot be had saves the steps before', async () => {
    const config = tinyConfig({ steps: 5 });
    const batches = noiseBatches(config);
    const failing: BatchSource = {
      ...batches,
      batch: (step) => (step === 3 ? Promise.reject(new Error('pair 7: cannot be decoded')) : batches.batch(step)),
    };
    await expect(trained('run', config, { batches: failing })).rejects.toThrow('pair 7: cannot be decoded');
    expect(checkpointsIn(join(folder, 'run'))).toEqual(['step-000003.safetensors']);
    await resumed(join(folder, 'run'), config);
    const whole = await trained('whole', config);
    expect(checkpointHash(join(folder, 'run'), 5)).toBe(checkpointHash(whole.dir, 5));
  });

  it('tells of the batch also when the steps before it cannot be saved', async () => {
    const config = tinyConfig({ steps: 5 });
    const batches = noiseBatches(config);
    const failing: BatchSource = {
      ...batches,
      batch: (step) => {
        if (step < 2) return batches.batch(step);
        rmSync(join(folder, 'run', 'checkpoints'), { recursive: true });
        return Promise.reject(new Error('pair 7: cannot be decoded'));
      },
    };
    const error: AggregateError = await trained('run', config, { batches: failing }).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error.message).toMatch(/^pair 7: cannot be decoded\nThe steps before it could not be saved: ENOENT/);
    expect(error.errors).toEqual([error.cause, expect.objectContaining({ code: 'ENOENT' })]);
  });
});
