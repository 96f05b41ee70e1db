// FID and Inception Score of the command line: scores of whole sets, by the features of a network whose weights the user gives.
import { decodeImage, intervalMethod, type MetricSummary, reportJson, reportVersion } from '@ggb/metrics/node';
import { prepareFile } from '../../output-files.ts';
import { packageVersion } from '../../package-version.ts';
import type { ProgressLine } from '../../progress-line.ts';
import { evaluationTable } from '../../report/evaluation-table.ts';
import { isUserError, UserError } from '../../user-error.ts';
import { writeWhole } from '../../whole-file.ts';
import type { EvaluateFoldersOptions, Scoring } from './evaluation-request.ts';

export interface FeatureWork {
  readonly options: EvaluateFoldersOptions;
  readonly scoring: Scoring;
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
  /** Image files, or a folder of them, or (for FID) statistics of pytorch-fid (.npz). */
  readonly real?: string | readonly string[];
  readonly generated: string | readonly string[];
}

export interface FeatureScores {
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly network: {
    readonly name: string;
    readonly weightsSha256: string;
    readonly comparable: boolean;
    readonly label: string;
  };
  readonly engine: string;
}

/** `--metrics fid,is` and nothing of pairs: the sets need not fit each other image by image. */
export async function evaluateFeatures(work: Omit<FeatureWork, 'real' | 'generated'>): Promise<void> {
  const { options, progress } = work;
  const { real, generated, json } = options;
  const refused = (['csv', 'parquet', 'maps', 'pairs'] as const).find((name) => options[name] !== undefined);
  if (refused !== undefined || generated === undefined) {
    throw new UserError('fid and is alone score two sets, not pairs', {
      expected: '--real DIR --generated DIR',
      received: refused === undefined ? 'no --generated' : `--${refused}`,
    });
  }
  if (json !== undefined) await prepareFile(json);
  const scores = await featureScores({ ...work, generated, ...(real === undefined ? {} : { real }) });
  progress.finish();
  const { network, metrics, engine } = scores;
  const protocol = { name: network.name, hash: network.weightsSha256 };
  console.log(`${evaluationTable(metrics, protocol)}\n${networkText(scores)}`);
  if (json === undefined) return;
  const head = {
    version: reportVersion,
    ...{ protocol, network, metrics, real: real ?? '', generated, scorer: engine },
    intervals: intervalMethod,
    versions: { ggb: packageVersion, node: process.versions.node },
    pairing: {},
    problems: [],
  } as const;
  await writeWhole(json, reportJson(head, []));
  console.log(`Written: ${json}`);
}

export async function featureScores(work: FeatureWork): Promise<FeatureScores> {
  const { options, scoring, signal, progress, real, generated } = work;
  const { selectBackend } = await import('../../select-backend.ts');
  const { evaluateDistribution, loadInception } = await import('@ggb/metrics/features');
  await selectBackend({
    backend: 'auto',
    purpose: 'synthesis',
    announce: (text) => progress.note(text),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  const features = await loadInception(options.features as string);
  try {
    const statistics = await statisticsEngine(progress);
    const scores = await evaluateDistribution({
      ...{ features, generated, signal, decode: decodeImage, metrics: scoring.featureMetrics },
      ...(real === undefined ? {} : { real }),
      ...(statistics === undefined ? {} : { statistics }),
      onProgress: ({ set, done, total }) => progress.update({ unit: `${set} image seen by the network`, done, total }),
    });
    progress.finish();
    for (const warning of scores.warnings) progress.note(warning);
    return { metrics: summariesOf(scores), network: scores.network, engine: scores.engine };
  } finally {
    features.dispose();
  }
}

/** Undefined where the native one is not built: TypeScript computes the same in minutes. */
async function statisticsEngine(progress: ProgressLine) {
  const { nativeStatistics } = await import('@ggb/native-ops/statistics');
  try {
    return nativeStatistics();
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

/** Never left out beside the numbers. */
export function networkText({ network, metrics }: FeatureScores): string {
  const { name, weightsSha256, label } = network;
  return `${Object.keys(metrics).join(', ')}: features of ${name}, weights ${weightsSha256.slice(0, 8)}; ${label}.`;
}
