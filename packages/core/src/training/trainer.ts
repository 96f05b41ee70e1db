// The loop around the training step: batches in, a run folder out. Everything random is a function of the seed and the step,
// so a run that was interrupted and resumed has the weights of one that was not, bit for bit: on the same data, with the same
// settings, backend and threads. With `training.minutes` and a decay together it has not, as the rate then follows the clock.
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as tf from '@ggb/native-ops/tf';
import { averagePrefix, CheckpointError, checkContinuable, settingsOf } from '../checkpoint/checkpoint.ts';
import { withCheckpoint } from '../checkpoint/checkpoint-file.ts';
import type { TrainingConfig } from '../config/training-config.ts';
import type { BatchSource } from '../dataset/batch.ts';
import type { StoredCheckpoint } from '../run-folder/run-reader.ts';
import type { RunWriter } from '../run-folder/run-writer.ts';
import { learningRateFactor, trainingProgress } from './learning-rate.ts';
import { LossMeter } from './loss-meter.ts';
import { MovingAverage } from './moving-average.ts';
import { drawProbes, type Probes } from './probes.ts';
import type { TrainStep } from './train-step.ts';

/** With each line of steps.jsonl. */
export interface TrainingProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps of the whole run; one with `training.minutes` may end before. */
  readonly steps: number;
  /** Means since the last report. */
  readonly losses: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
  readonly etaSeconds: number;
}

export interface TrainOptions {
  /** Stays the caller's, as its model does. */
  readonly step: TrainStep;
  /** Stays the caller's; close it afterwards. */
  readonly batches: BatchSource;
  readonly config: TrainingConfig;
  readonly run: RunWriter;
  /** The checkpoint that `run` was resumed from. */
  readonly resumeFrom?: StoredCheckpoint;
  /** When it fires, training saves after the step at hand and returns. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Without, no samples are drawn. Stays the caller's. */
  readonly probes?: Probes;
  /** Milliseconds from any start. Default: `performance`. */
  readonly clock?: { now(): number };
}

export interface TrainResult {
  readonly reason: 'steps' | 'minutes' | 'aborted';
  /** Steps done. */
  readonly step: number;
  /** Since the start of the run, those before it was resumed included. */
  readonly seconds: number;
  /** The last one; none if not one step was done. */
  readonly checkpoint?: StoredCheckpoint;
}

/** Losses or weights became NaN or infinite. Nothing of that state was saved. */
export class TrainingDivergedError extends Error {
  override readonly name = 'TrainingDivergedError';

  constructor(
    readonly step: number,
    /** What is no number: a loss or a weight, and its value. */
    readonly what: string,
    readonly lastCheckpoint: StoredCheckpoint | undefined,
    options?: ErrorOptions,
  ) {
    const kept =
      lastCheckpoint === undefined
        ? 'There is no checkpoint from before.'
        : `The last good checkpoint is ${lastCheckpoint.name}.`;
    super(
      `Training diverged at step ${step}: ${what}. ${kept} A smaller training.learningRate or a smaller weight of the ` +
        'adversarial losses may help.',
      options,
    );
  }
}

/**
 * Trains until the steps or minutes of the config are over or the signal fires, and saves at the end.
 *
 * @throws TrainingDivergedError  when a loss or a weight is no longer finite.
 * @throws CheckpointError  if `resumeFrom` is not a checkpoint of this model.
 * @throws AggregateError  of two, if a batch could not be had and saving failed as well.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const training = new Training(options);
  try {
    return await training.run();
  } finally {
    training.dispose();
  }
}

class Training {
  private readonly average: MovingAverage;
  private readonly meter: LossMeter;
  /** Everything a checkpoint holds. */
  private readonly state: ReadonlyMap<string, tf.Variable>;
  private readonly clock: { now(): number };
  private startedAt: number;
  private secondsBefore = 0;
  private stepsDone = 0;
  private sampledAt = -1;
  private lastCheckpoint: StoredCheckpoint | undefined;
  /** Begin of the interval that the next report is about, without the time that saving and drawing took. */
  private reportedAt: number;

  constructor(private readonly options: TrainOptions) {
    const { step, config, clock = performance } = options;
    this.clock = clock;
    this.startedAt = clock.now();
    this.reportedAt = this.startedAt;
    this.meter = new LossMeter(step.lossNames);
    this.average = new MovingAverage(step.model.generator.variables, config.training.movingAverage);
    const averages = [...this.average.variables].map(([name, variable]) => [averagePrefix + name, variable] as const);
    this.state = new Map([...step.variables, ...averages]);
  }

  async run(): Promise<TrainResult> {
    const { logEvery, sampleEvery, checkpointEvery } = this.options.config.training;
    const { probes, run } = this.options;
    await this.restore();
    if (probes !== undefined) await run.writeProbes(probes.batch.ids);
    this.startedAt = this.clock.now();
    this.reportedAt = this.startedAt;

    let reason = this.reasonToStop();
    while (reason === undefined) {
      await this.iterate();
      if (this.stepsDone % logEvery === 0) await this.report();
      if (this.stepsDone % sampleEvery === 0) await this.sample();
      if (this.stepsDone % checkpointEvery === 0) await this.save();
      // Timers, signals and decoded images get their turn: a step on the CPU never waits for anything.
      await nextTurn();
      reason = this.reasonToStop();
    }

    await this.report();
    await this.save();
    if (reason !== 'aborted') await this.sample();
    const { stepsDone: step, lastCheckpoint: checkpoint } = this;
    return { reason, step, seconds: this.seconds, ...(checkpoint === undefined ? {} : { checkpoint }) };
  }

  dispose(): void {
    this.meter.dispose();
    this.average.dispose();
  }

  private async restore(): Promise<void> {
    const { resumeFrom, config, step, run } = this.options;
    if (resumeFrom === undefined) return;
    const { path, info } = resumeFrom;
    await withCheckpoint(path, info?.sha256, async ({ metadata, restore }) => {
      checkContinuable(metadata, config);
      await restore(this.state);
      step.setCounters(metadata.counters ?? {});
      this.stepsDone = metadata.step;
    });
    // Without what stood beside the checkpoint, the last record before it is the next best; it is a few steps older.
    this.secondsBefore = info?.seconds ?? (await run.lastRecord())?.seconds ?? 0;
    this.lastCheckpoint = resumeFrom;
  }

  private reasonToStop(): TrainResult['reason'] | undefined {
    const { steps, minutes } = this.options.config.training;
    if (this.stepsDone >= steps) return 'steps';
    if (minutes !== undefined && this.seconds >= 60 * minutes) return 'minutes';
    return this.options.signal?.aborted ? 'aborted' : undefined;
  }

  private async iterate(): Promise<void> {
    const { step, batches } = this.options;
    if (this.meter.isFull) await this.settle();
    step.learningRateFactor = this.learningRateFactor;
    const batch = await batches.batch(this.stepsDone).catch((error: unknown) => this.saveAfter(error));
    try {
      this.meter.add(this.stepsDone + 1, step.run(batch, this.stepsDone));
    } finally {
      tf.dispose([batch.source, batch.target, batch.condition]);
    }
    this.stepsDone += 1;
    this.average.update(this.stepsDone);
  }

  /** A picture that cannot be read must not cost the hours before it. Throws `error`, and why saving failed if it did. */
  private async saveAfter(error: unknown): Promise<never> {
    try {
      await this.save();
    } catch (saveError) {
      const [first, second] = [error, saveError].map((each) => (each instanceof Error ? each.message : String(each)));
      const message = `${first}\nThe steps before it could not be saved: ${second}`;
      throw new AggregateError([error, saveError], message, { cause: error });
    }
    throw error;
  }

  private async report(): Promise<void> {
    const { config, run, onProgress } = this.options;
    const { steps, minutes, batchSize, learningRate } = config.training;
    if (this.meter.steps === 0) return;
    await this.settle();
    const count = this.meter.steps;
    const now = this.clock.now();
    // A clock of a test, or of a machine that was put to sleep, may stand still.
    const interval = Math.max((now - this.reportedAt) / 1000, 1e-6);
    this.reportedAt = now;
    const { stepsDone: step, seconds } = this;
    const imagesPerSecond = (count * batchSize) / interval;
    const losses = this.meter.take();
    const rate = learningRate * this.options.step.learningRateFactor;
    await run.appendStep({ step, seconds, imagesPerSecond, learningRate: rate, losses });
    const untilLastStep = ((steps - step) * batchSize) / imagesPerSecond;
    const untilLastMinute = minutes === undefined ? Infinity : Math.max(0, 60 * minutes - seconds);
    onProgress?.({ step, steps, losses, imagesPerSecond, etaSeconds: Math.min(untilLastStep, untilLastMinute) });
  }

  /** Draws the probes, once for a step. */
  private async sample(): Promise<void> {
    const { probes, run, step } = this.options;
    if (probes === undefined || this.sampledAt === this.stepsDone) return;
    await this.settle();
    await this.untimed(async () => {
      const { network } = step.model;
      await run.writeSamples(this.stepsDone, await drawProbes(network, this.average.weightSource, probes));
    });
    this.sampledAt = this.stepsDone;
  }

  /** Writes a checkpoint, unless this step has one or nothing was trained. */
  private async save(): Promise<void> {
    const { config, run, step } = this.options;
    if (this.stepsDone === (this.lastCheckpoint?.step ?? 0)) return;
    await this.settle();
    const { image, condition, model, seed } = config;
    const metadata = {
      kind: 'training' as const,
      network: { image, condition, model },
      step: this.stepsDone,
      seed,
      settings: settingsOf(config),
      counters: step.counters(),
    };
    await this.untimed(async () => {
      try {
        this.lastCheckpoint = await run.writeCheckpoint(this.state, metadata, this.seconds);
        await run.keepCheckpoints(config.training.keepCheckpoints);
      } catch (cause) {
        // Losses are those before the last update, so it can be the weights that show it first.
        if (!(cause instanceof CheckpointError && cause.problem === 'not-finite')) throw cause;
        throw new TrainingDivergedError(this.stepsDone, cause.message, this.lastCheckpoint, { cause });
      }
    });
  }

  /** @throws TrainingDivergedError  if a loss of the steps so far is no number. */
  private async settle(): Promise<void> {
    const found = await this.meter.settle();
    if (found === undefined) return;
    const { loss, step, value } = found;
    throw new TrainingDivergedError(step, `the loss "${loss}" is ${value}`, this.lastCheckpoint);
  }

  /** Runs something whose time is not that of training steps. */
  private async untimed(work: () => Promise<void>): Promise<void> {
    const begin = this.clock.now();
    await work();
    this.reportedAt += this.clock.now() - begin;
  }

  private get seconds(): number {
    return this.secondsBefore + (this.clock.now() - this.startedAt) / 1000;
  }

  private get learningRateFactor(): number {
    const { training } = this.options.config;
    const progress = trainingProgress(training, { steps: this.stepsDone, seconds: this.seconds });
    return learningRateFactor(training.decay, progress);
  }
}
