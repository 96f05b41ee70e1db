// `ggb bench`: the training step of a config, timed on random images, and by kernel.
import { conditionChannels, GuidingModel, randomWeights, type TrainingConfig, TrainStep } from '@ggb/core';
import type { NativeOpTime } from '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { configSources, loadTrainingConfig } from '../../config/load-training-config.ts';
import { catchInterruption } from '../../interruption.ts';
import { packageVersion } from '../../package-version.ts';
import { ProgressLine } from '../../progress-line.ts';
import { type SelectedBackend, selectBackend } from '../../select-backend.ts';
import { UserError } from '../../user-error.ts';
import type { BenchFlags } from './bench.command.ts';
import { profileTable } from './profile-table.ts';

/** Recorded in the first step, replayed since the second. */
const warmUpSteps = 2;

/** Profiles of a step, of which the fastest is told: other programs only add time. */
const profiledSteps = 3;

export async function bench(args: readonly string[], flags: BenchFlags): Promise<void> {
  const settings = flags.threads === undefined ? args : [...args, `threads=${flags.threads}`];
  const { config } = loadTrainingConfig(configSources(settings));
  const progress = new ProgressLine();
  const interruption = catchInterruption(() => progress.note('Stopping after this step. Ctrl-C again stops at once.'));
  try {
    const backend = await selectBackend({
      backend: config.backend,
      purpose: 'training',
      ...(config.threads === undefined ? {} : { threads: config.threads }),
      announce: (text) => progress.note(text),
    });
    if (flags.profile && backend.name !== 'native-cpu') {
      throw new UserError(`backend ${backend.name} has no profile`, {
        expected: '--profile with backend native-cpu',
        remedy: 'Leave --profile out, or see ggb doctor for why native-cpu is not there.',
      });
    }
    const result = await measure(config, flags, progress, interruption.signal).finally(() => progress.finish());
    console.log(flags.json ? JSON.stringify(record(config, backend, result)) : text(config, backend, result));
  } finally {
    interruption.release();
  }
}

interface Measured {
  /** Of each timed step. */
  readonly milliseconds: readonly number[];
  readonly profile?: { readonly rows: readonly NativeOpTime[]; readonly peak: number };
}

async function measure(
  config: TrainingConfig,
  { steps, profile }: BenchFlags,
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<Measured> {
  const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
  const step = new TrainStep(model, config, (reason) =>
    progress.note(`Each step runs kernel by kernel, not replayed: ${reason}.`),
  );
  const { size } = config.image;
  const images = (channels: number) => tf.randomUniform([config.training.batchSize, size, size, channels], -1, 1);
  const batch = {
    source: images(3) as tf.Tensor4D,
    target: images(3) as tf.Tensor4D,
    condition: images(conditionChannels(config.condition)) as tf.Tensor4D,
    ids: [],
  };
  // Steps and products block the thread: here a signal is seen.
  const pause = async () => {
    await new Promise(setImmediate);
    signal.throwIfAborted();
  };
  let done = 0;
  const run = () => {
    const losses = step.run(batch, done++);
    losses.dataSync();
    losses.dispose();
  };
  try {
    const milliseconds: number[] = [];
    for (let i = 0; i < warmUpSteps + steps; i++) {
      const begin = performance.now();
      run();
      if (i >= warmUpSteps) milliseconds.push(performance.now() - begin);
      progress.update({ unit: 'step', done: i + 1, total: warmUpSteps + steps });
      await pause();
    }
    if (!profile) return { milliseconds };
    const { nativeBackend } = await import('@ggb/native-ops/node');
    const profiles: NativeOpTime[][] = [];
    while (profiles.length < profiledSteps) {
      profiles.push(nativeBackend().profile(run));
      await pause();
    }
    const time = (rows: readonly NativeOpTime[]) => rows.reduce((sum, { ms }) => sum + ms, 0);
    const rows = profiles.reduce((best, other) => (time(other) < time(best) ? other : best));
    return { milliseconds, profile: { rows, peak: matrixProductRate(nativeBackend().profile.bind(nativeBackend())) } };
  } finally {
    step.dispose();
    model.dispose();
    tf.dispose([batch.source, batch.target, batch.condition]);
  }
}

/** FLOP/s of a large matrix product, the fastest of five: what the multiply-adds of this machine can do in practice. */
function matrixProductRate(profile: (f: () => void) => NativeOpTime[]): number {
  const side = 1024;
  return tf.tidy(() => {
    const [a, b] = [tf.randomUniform([side, side]), tf.randomUniform([side, side])];
    const rates = Array.from({ length: 5 }, () => {
      const rows = profile(() => tf.matMul(a, b).dispose());
      const product = rows.find(({ op }) => op === 'matmul') ?? (rows[0] as NativeOpTime);
      return (2 * side ** 3) / (product.ms / 1000);
    });
    return Math.max(...rates);
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}

function text(config: TrainingConfig, backend: SelectedBackend, { milliseconds, profile }: Measured): string {
  const typical = median(milliseconds);
  const rate = (config.training.batchSize * 1000) / typical;
  const lines = [
    `Backend ${backend.name}: ${backend.reason}.`,
    `${config.preset}, ${config.image.size} px, batch ${config.training.batchSize}, ${config.precision}: median ${typical.toFixed(1)} ms a step ` +
      `(${Math.min(...milliseconds).toFixed(1)} to ${Math.max(...milliseconds).toFixed(1)}), ${rate.toFixed(1)} images/s`,
  ];
  if (profile !== undefined) {
    const { rows, peak } = profile;
    const total = rows.reduce((sum, { ms }) => sum + ms, 0);
    lines.push(
      '',
      profileTable(rows, peak),
      '',
      `${total.toFixed(1)} ms in kernels. Peak: ${(peak / 1e9).toFixed(0)} GFLOP/s, the fastest of five float32 matrix products of 1024 x 1024.`,
      "Convolutions count as their definition has them: Winograd's filtering, which needs fewer products, and bfloat16 can exceed it.",
    );
  }
  return lines.join('\n');
}

function record(config: TrainingConfig, backend: SelectedBackend, { milliseconds, profile }: Measured) {
  return {
    ggb: packageVersion,
    node: process.versions.node,
    backend,
    preset: config.preset,
    imageSize: config.image.size,
    batchSize: config.training.batchSize,
    precision: config.precision,
    compile: config.compile,
    update: config.training.update,
    stepMilliseconds: milliseconds,
    imagesPerSecond: (config.training.batchSize * 1000) / median(milliseconds),
    ...(profile === undefined ? {} : { peakFlops: profile.peak, kernels: profile.rows }),
  };
}
