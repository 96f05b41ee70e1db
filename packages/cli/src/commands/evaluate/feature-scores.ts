// FID and Inception Score of the command line: scores of whole sets, by the features of a network whose weights the user gives.
import { createHash } from 'node:crypto';
import type { FeatureNetwork, ImageSet } from '@ggb/metrics/features';
import {
  decodeImage,
  describeProblems,
  type EvaluationReport,
  ImageSetError,
  type ImageSetProblem,
  intervalMethod,
  type MetricSummary,
  reportJson,
  reportVersion,
  scanImageFiles,
} from '@ggb/metrics/node';
import { packageVersion } from '../../package-version.ts';
import type { ProgressLine } from '../../progress-line.ts';
import { evaluationTable } from '../../report/evaluation-table.ts';
import { isUserError, UserError } from '../../user-error.ts';
import { writeWhole } from '../../whole-file.ts';
import { prepareOutputs, writeQuarantine } from './evaluation-outputs.ts';
import { allowedOf, type EvaluateFoldersOptions, type Scoring } from './evaluation-request.ts';

interface SetTask {
  readonly options: EvaluateFoldersOptions;
  readonly scoring: Scoring;
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
}

export interface FeatureWork extends SetTask {
  readonly network: FeatureNetwork;
  /** Image files, or (for FID) statistics of pytorch-fid (.npz). */
  readonly real?: ImageSet;
  readonly generated: ImageSet;
}

export interface FeatureScores {
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly network: NonNullable<EvaluationReport['network']>;
  readonly engine: string;
  readonly warnings: readonly string[];
}

/** `--metrics fid,is` and nothing of pairs: the sets need not fit each other image by image. */
export async function evaluateFeatures(task: SetTask): Promise<void> {
  const { options, scoring, progress } = task;
  const { real, generated, json, onBad = 'fail' } = options;
  const needsReal = scoring.featureMetrics.includes('fid');
  if (generated === undefined || (needsReal && real === undefined)) {
    throw new UserError('nothing says which images are scored', {
      expected: needsReal ? '--real DIR --generated DIR' : '--generated DIR',
      received: generated === undefined ? 'no --generated' : 'no --real, which fid needs',
    });
  }
  await prepareOutputs(options);
  const network = await openFeatures(options, progress);
  try {
    const sets = {
      ...(needsReal && real !== undefined ? { real: await openSet('real', real, task) } : {}),
      generated: await openSet('generated', generated, task),
    };
    const opened = Object.values(sets);
    const problems = opened.flatMap((set) => set.problems);
    if (problems.length > 0 && onBad === 'fail') {
      const left = opened.reduce((sum, { images }) => sum + (typeof images === 'string' ? 0 : images.length), 0);
      throw new ImageSetError(problems, `Nothing was scored. Score the other ${left} images with --on-bad skip.`);
    }
    if (problems.length > 0) progress.note(`${describeProblems(problems)}\nThe other images are scored.`);
    const scores = await featureScores({
      ...{ ...task, network, generated: sets.generated.images },
      ...(sets.real === undefined ? {} : { real: sets.real.images }),
    });
    progress.finish();
    const warnings = [...opened.flatMap(({ warning }) => warning ?? []), ...scores.warnings];
    const { metrics, engine } = scores;
    const protocol = featureProtocol(scores.network);
    console.log(`${evaluationTable(metrics, protocol)}\n${featuresText(scores)}`);
    if (json === undefined) return;
    const head = {
      version: reportVersion,
      ...{ protocol, network: scores.network, metrics, real: real ?? '', generated, scorer: engine },
      intervals: intervalMethod,
      versions: { ggb: packageVersion, node: process.versions.node },
      pairing: {},
      ...{ warnings, problems },
    } as const;
    await writeWhole(json, reportJson(head, []));
    if (onBad === 'quarantine' && problems.length > 0) await writeQuarantine(json, problems);
    console.log(`Written: ${json}`);
  } finally {
    network.dispose();
  }
}

/**
 * The network of --features, before anything else is done: hours of scoring must not end at a file that does not exist.
 * Dispose it.
 *
 * @throws InceptionWeightsError, and system errors.
 */
export async function openFeatures(options: EvaluateFoldersOptions, progress: ProgressLine): Promise<FeatureNetwork> {
  const { features, network, threads } = options;
  const { selectBackend } = await import('../../select-backend.ts');
  const { loadInception } = await import('@ggb/metrics/features');
  await selectBackend({
    backend: 'auto',
    purpose: 'synthesis',
    announce: (text) => progress.note(text),
    ...(threads === undefined ? {} : { threads }),
  });
  return loadInception(features as string, network === undefined ? {} : { network });
}

/** @throws UserError  for fewer images than the scores are defined for: before pairs are scored, not after. */
export async function checkCount({ featureMetrics }: Scoring, count: number): Promise<void> {
  const { defaultSplits } = await import('@ggb/metrics/features');
  const least = featureMetrics.includes('is') ? defaultSplits : 2;
  if (count >= least) return;
  throw new UserError(`${featureMetrics.join(' and ')} of ${count} images`, {
    expected: `at least ${least} images`,
    remedy: 'Use more images; thousands make a number that means something.',
  });
}

interface OpenedSet {
  readonly images: ImageSet;
  readonly problems: readonly ImageSetProblem[];
  readonly warning: string | undefined;
}

/** Looks at every file before the network sees the first. */
async function openSet(side: 'real' | 'generated', place: string, task: SetTask): Promise<OpenedSet> {
  const { options, signal, progress } = task;
  const { ignoredWarning, isStatisticsFile, listImageFiles } = await import('@ggb/metrics/features');
  if (isStatisticsFile(place)) return { images: place, problems: [], warning: undefined };
  const { files, ignored } = await listImageFiles(place);
  const scanned = await scanImageFiles(files, {
    ...{ side, signal, allow: allowedOf(options) },
    onProgress: ({ done, total }) => progress.update({ unit: `${side} file looked at`, done, total }),
  });
  progress.finish();
  const warning = ignoredWarning(place, ignored);
  if (warning !== undefined) progress.note(warning);
  return { images: scanned.files, problems: scanned.problems, warning };
}

export async function featureScores(work: FeatureWork): Promise<FeatureScores> {
  const { options, scoring, signal, progress, network, real, generated } = work;
  const { evaluateDistribution } = await import('@ggb/metrics/features');
  const statistics = await statisticsEngine(options, progress);
  const scores = await evaluateDistribution({
    ...{ features: network, generated, signal, decode: decodeImage, metrics: scoring.featureMetrics },
    ...(real === undefined ? {} : { real }),
    ...(statistics === undefined ? {} : { statistics }),
    // A file of statistics states no network: what the flag names is the user's word for it.
    ...(options.network === undefined ? {} : { statisticsNetwork: options.network }),
    onProgress: ({ set, done, total }) => progress.update({ unit: `${set} image seen by the network`, done, total }),
  });
  progress.finish();
  for (const warning of scores.warnings) progress.note(warning);
  return {
    metrics: summariesOf(scores),
    network: scores.network,
    engine: scores.engine,
    warnings: scores.warnings,
  };
}

/** Undefined where the native one is not built: TypeScript computes the same in minutes. */
async function statisticsEngine({ threads }: EvaluateFoldersOptions, progress: ProgressLine) {
  const { nativeStatistics } = await import('@ggb/native-ops/statistics');
  try {
    return nativeStatistics(threads === undefined ? {} : { threads });
  } catch (error) {
    if (!isUserError(error)) throw error;
    progress.note(`Statistics are computed in TypeScript, slowly: ${error.message}`);
    return undefined;
  }
}

interface SetScores {
  readonly fid?: { readonly value: number };
  readonly is?: { readonly mean: number; readonly standardDeviation: number };
  readonly count: { readonly generated?: number };
}

/** Intervals by resampling pairs are not defined for scores of sets. */
function summariesOf({ fid, is, count }: SetScores): FeatureScores['metrics'] {
  const common = { n: count.generated ?? 0, interval: null, unit: 'none' } as const;
  return {
    ...(fid === undefined ? {} : { fid: { mean: fid.value, direction: 'lower', ...common } }),
    ...(is === undefined
      ? {}
      : { is: { mean: is.mean, standardDeviation: is.standardDeviation, direction: 'higher', ...common } }),
  };
}

/** What takes the place of a protocol: the same weights behind another resizing are another one. */
function featureProtocol({ name, weightsSha256 }: FeatureScores['network']): EvaluationReport['protocol'] {
  return { name, hash: createHash('sha256').update(`${name} ${weightsSha256}`).digest('hex') };
}

/** Never left out beside the numbers. */
export function featuresText({ network, metrics }: FeatureScores): string {
  const { name, weightsSha256, label } = network;
  return `${Object.keys(metrics).join(', ')}: features of ${name}, weights ${weightsSha256.slice(0, 8)}; ${label}.`;
}
