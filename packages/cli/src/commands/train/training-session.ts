// What train, resume and demo have in common: everything is checked, then the networks are built, then the loop runs.
import { resolve } from 'node:path';
import {
  GuidingModel,
  makeBatch,
  type Pair,
  parameterCount,
  type RunInfo,
  randomWeights,
  type TrainingConfig,
  TrainStep,
} from '@ggb/core';
import {
  BatchStream,
  loadPair,
  type Probes,
  type RunDescription,
  RunReader,
  RunWriter,
  type ScanOptions,
  type ScanReport,
  type StoredCheckpoint,
  scanPairs,
  type TrainingProgress,
  type TrainResult,
  train,
} from '@ggb/core/node';
import * as tf from '@ggb/native-ops/tf';
import { ggb } from '../../command-name.ts';
import { manifestHash } from '../../data/manifest-hash.ts';
import { evenlySpaced, readSplitPairs, type SplitPairs } from '../../data/split-pairs.ts';
import { packageVersion } from '../../package-version.ts';
import type { ProgressLine } from '../../progress-line.ts';
import { type SelectedBackend, selectBackend } from '../../select-backend.ts';

/** Pairs that a run draws again and again; as many rows as fit a screen. */
const probeCount = 8;

export interface SessionOptions {
  readonly config: TrainingConfig;
  /** Continue this run. */
  readonly resume?: {
    readonly dir: string;
    readonly checkpoint: StoredCheckpoint;
    /** The user named the data anew, so they may be others. */
    readonly mayChangeData?: boolean;
  };
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

export interface SessionResult extends TrainResult {
  /** Folder of the run. */
  readonly dir: string;
  readonly backend: SelectedBackend;
  readonly pairs: SplitPairs;
}

/**
 * Checks config, data and backend, trains, and leaves a run folder.
 *
 * @throws DataProblems, UserError, BackendUnavailableError  before anything is written.
 */
export async function trainingSession({
  config: given,
  resume,
  progress,
  signal,
}: SessionOptions): Promise<SessionResult> {
  const begin = performance.now();
  const pairs = await checkedPairs(given, {
    signal,
    // Most data are looked at in the time that a reader needs to look up.
    onProgress: (images) => {
      if (performance.now() - begin > 2000) progress.update({ unit: 'image', ...images });
    },
  });
  progress.finish();
  const { backend: wanted, threads } = given;
  const backend = await selectBackend({
    backend: wanted,
    purpose: 'training',
    ...(threads === undefined ? {} : { threads }),
    announce: (text) => progress.note(text),
  });
  if (backend.name === 'cpu') progress.note(slowTraining);
  const path = resolve(given.data.path as string);
  // A run may be resumed from another folder.
  const config: TrainingConfig = { ...given, data: { ...given.data, path } };
  // Whatever is made is given back, also when something after it cannot be made.
  const releases: (() => void | Promise<void>)[] = [() => progress.finish()];
  try {
    const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
    releases.push(() => model.dispose());
    const step = new TrainStep(model, config, (reason) =>
      progress.note(`Each step runs kernel by kernel, not replayed: ${reason}.`),
    );
    releases.push(() => step.dispose());
    const { data, seed } = config;
    const batches = new BatchStream({
      pairs: pairs.training,
      network: config,
      data,
      seed,
      batchSize: config.training.batchSize,
    });
    releases.push(() => batches.close());
    const probes = await loadProbes(pairs, config);
    releases.push(() => tf.dispose([probes.batch.source, probes.batch.target, probes.batch.condition]));
    const info: RunDescription = {
      ggb: packageVersion,
      node: process.version,
      tfjs: tf.version_core,
      platform: `${process.platform} ${process.arch}`,
      backend,
      seed,
      preset: config.preset,
      data: { path, pairs: pairs.training.length, manifestSha256: await manifestHash(pairs.training[0] as Pair) },
      parameters: parametersOf(model),
    };
    const run = await openRun(config, info, resume, progress);
    releases.push(() => run.close());
    progress.note(`Run: ${run.dir}`);
    if (config.precision === 'bfloat16') {
      progress.note(
        'Precision bfloat16: convolutions of the training step multiply rounded numbers; all else is float32.',
      );
    }
    if (config.training.update === 'fused') {
      progress.note(
        'Fused update: the generator is updated once, on the sum of (9) and (4). Not the literal section 2.3.',
      );
    }
    const result = await train({
      step,
      batches,
      config,
      run,
      probes,
      signal,
      onProgress: (report) => progress.update(lineOf(report, config)),
      ...(resume === undefined ? {} : { resumeFrom: resume.checkpoint }),
    });
    return { ...result, dir: run.dir, backend, pairs };
  } finally {
    for (const release of releases.reverse()) await release();
  }
}

/** Silence for minutes looks like a hang. */
const slowTraining = `Training on the plain cpu backend: a step at 64 pixels takes minutes, and the first line of progress comes after the first one. Ctrl-C waits for the step, too. ${ggb} doctor says what keeps native-cpu, which takes less than a second, from loading.`;

async function openRun(
  config: TrainingConfig,
  info: RunDescription,
  resume: SessionOptions['resume'],
  progress: ProgressLine,
): Promise<RunWriter> {
  const { dir } = config.run;
  if (resume === undefined) return RunWriter.create({ info, config, ...(dir === undefined ? {} : { dir }) });
  const { data } = (await RunReader.open(resume.dir)).info;
  const run = await RunWriter.resume({ ...resume, info, config });
  if (data.manifestSha256 !== info.data.manifestSha256) {
    progress.note(`The run goes on with changed data: it had ${data.path}, and has ${info.data.path} now.`);
  }
  return run;
}

/** The pairs of a config, after one look at every image that training and its evaluation will read. */
export async function checkedPairs(
  config: TrainingConfig,
  options: ScanOptions = {},
): Promise<SplitPairs & { readonly scan: ScanReport }> {
  const pairs = await readSplitPairs(config);
  return { ...pairs, scan: await scanPairs([...pairs.training, ...pairs.evaluation], config, options) };
}

/** Trainable values of each part. */
export function parametersOf({ generator, discriminator, blocks }: GuidingModel): RunInfo['parameters'] {
  return {
    generator: parameterCount(generator.variables.values()),
    discriminator: parameterCount(discriminator.variables.values()),
    guidingBlocks: [...blocks.values()].reduce((sum, { variables }) => sum + parameterCount(variables.values()), 0),
  };
}

async function loadProbes({ training, evaluation }: SplitPairs, config: TrainingConfig): Promise<Probes> {
  const chosen = evenlySpaced(evaluation.length > 0 ? evaluation : training, probeCount);
  const examples = await Promise.all(chosen.map((pair) => loadPair(pair, config)));
  return { batch: makeBatch(examples, config), variations: examples.map(({ variation }) => variation) };
}

function lineOf({ step, steps, losses, imagesPerSecond, etaSeconds }: TrainingProgress, { training }: TrainingConfig) {
  return {
    unit: 'step',
    done: step,
    // With minutes, the number of steps is a bound that is seldom reached.
    ...(training.minutes === undefined ? { total: steps } : {}),
    values: lossesOnLine(losses),
    imagesPerSecond,
    secondsLeft: etaSeconds,
  };
}

/** The losses that fit on a line; those of the levels as means over the levels. steps.jsonl has all of them. */
export function lossesOnLine(losses: TrainingProgress['losses']): Record<string, number> {
  const groups = [
    ['D', /^discriminator$/],
    ['adversarial', /^generator\.adversarial$/],
    ['L1', /^generator\.reconstruction$/],
    ['RAPD', /^level\d+\.rapd$/],
    ['NVTD', /^level\d+\.nvtd$/],
    ['level L1', /^level\d+\.reconstruction$/],
  ] as const;
  return Object.fromEntries(
    groups.flatMap(([name, pattern]) => {
      const values = Object.entries(losses).flatMap(([key, value]) => (pattern.test(key) ? value : []));
      return values.length === 0 ? [] : [[name, values.reduce((sum, value) => sum + value, 0) / values.length]];
    }),
  );
}
