// `ggb train`: a config becomes a run folder.
import { GuidingModel, type TrainingConfig } from '@ggb/core';
import * as tf from '@ggb/native-ops/tf';
import { stringify } from 'yaml';
import { ggb } from '../../command-name.ts';
import { explainConfig } from '../../config/explain-config.ts';
import { configSources, type LoadedConfig, loadTrainingConfig } from '../../config/load-training-config.ts';
import { scanText } from '../../data/scan-text.ts';
import { catchInterruption } from '../../interruption.ts';
import { durationText, ProgressLine } from '../../progress-line.ts';
import {
  checkedPairs,
  parametersOf,
  type SessionOptions,
  type SessionResult,
  trainingSession,
} from './training-session.ts';

export interface TrainFlags {
  readonly dryRun?: boolean;
  readonly explainConfig?: boolean;
  readonly threads?: number;
}

export async function train(
  args: readonly string[],
  { dryRun, explainConfig: explain, threads }: TrainFlags,
): Promise<void> {
  const settings = threads === undefined ? args : [...args, `threads=${threads}`];
  const loaded = loadTrainingConfig(configSources(settings));
  if (explain) console.log(explainConfig(loaded));
  if (dryRun) await printDryRun(loaded);
  if (explain || dryRun) return;
  await trainAndTell({ config: loaded.config });
}

/** Trains with the progress on stderr and says on stdout what is where. */
export async function trainAndTell(options: Pick<SessionOptions, 'config' | 'resume'>): Promise<void> {
  const progress = new ProgressLine();
  const interruption = catchInterruption(() =>
    progress.note('Stopping after this step, to save. Ctrl-C again stops at once and saves nothing.'),
  );
  try {
    const result = await trainingSession({ ...options, progress, signal: interruption.signal });
    console.log(outcomeText(result));
  } finally {
    interruption.release();
  }
}

function outcomeText({ reason, step, seconds, dir, checkpoint }: SessionResult): string {
  const done = `${step} steps in ${durationText(seconds)}`;
  const saved =
    checkpoint === undefined ? `${dir} has no checkpoint: no step was done.` : `Saved: ${dir}/${checkpoint.name}`;
  if (reason === 'aborted') return `Stopped after ${done}.\n${saved}\nContinue with: ${ggb} resume ${dir}`;
  return `Trained ${done}.\n${saved}\nEvaluate with: ${ggb} evaluate --run ${dir}`;
}

async function printDryRun({ config }: LoadedConfig): Promise<void> {
  const pairs = config.data.path === undefined ? undefined : await checkedPairs(config);
  console.log(stringify(config).trimEnd());
  const { generator, discriminator, guidingBlocks } = await countParameters(config);
  const thousands = (value: number) => value.toLocaleString('en');
  console.log(
    [
      `# parameters: generator ${thousands(generator)}, discriminator ${thousands(discriminator)}, guiding blocks ${thousands(guidingBlocks)}`,
      pairs === undefined
        ? '# data.path is not set; training needs it'
        : `# pairs: ${pairs.training.length} to train on, ${pairs.evaluation.length} to evaluate on, ${scanText(pairs.scan)}`,
    ].join('\n'),
  );
}

/** Of networks whose weights are all zero: counting needs no random numbers. */
async function countParameters(config: TrainingConfig) {
  await tf.setBackend('cpu');
  const model = new GuidingModel(config, { tensor: (_name, shape) => tf.zeros([...shape]) });
  try {
    return parametersOf(model);
  } finally {
    model.dispose();
  }
}
