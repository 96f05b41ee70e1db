// What an evaluation leaves behind: numbers, and everything one must know to compare them with others.
import type { ImageSetProblem } from '../image-set/image-set-problem.ts';
import type { intervalMethod } from './bootstrap-interval.ts';
import type { MetricSummary } from './score-columns.ts';

/** Raised when a reader of older reports would misunderstand newer ones. */
export const reportVersion = 1;

/** A score of one pair; null where it is infinite. Keys beside `name` and `real` are names of metrics. */
export type PairRow = { readonly name: string; readonly real: string } & Readonly<
  Record<string, string | number | null>
>;

export interface EvaluationReport {
  readonly version: typeof reportVersion;
  /** Of scores of features alone, their network, and a hash of its name and its weights. */
  readonly protocol: { readonly name: string; readonly hash: string };
  /** Where `fid` or `is` were computed: whose features, and whether they may stand beside published scores. */
  readonly network?: {
    readonly name: string;
    readonly weightsSha256: string;
    readonly comparable: boolean;
    readonly label: string;
  };
  /** By name, in the order in which they were asked for. */
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly intervals: typeof intervalMethod;
  /** The folders as they were named. */
  readonly real: string;
  readonly generated: string;
  /** Who computed. */
  readonly scorer: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Sentences on what the numbers are worth: too few images for a FID, files that were left out. Absent in older reports. */
  readonly warnings?: readonly string[];
  /** How many pairs each rule of pairing made. */
  readonly pairing: Readonly<Record<string, number>>;
  /** All that was found; pairs with an error are not scored. */
  readonly problems: readonly ImageSetProblem[];
  /** In order of names. */
  readonly pairs: readonly PairRow[];
}

/** A file that is no report of an evaluation. */
export class ReportError extends Error {
  override readonly name = 'ReportError';

  constructor(
    readonly file: string,
    readonly expected: string,
    readonly received: string,
  ) {
    super(`${file}: expected ${expected}, received ${received}. Give reports that ggb evaluate --json has written.`);
  }
}

/** A report as JSON, a piece at a time: a hundred thousand pairs need not be one text. */
export function* reportJson(head: Omit<EvaluationReport, 'pairs'>, pairs: Iterable<PairRow>): Generator<string> {
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "pairs": [`;
  let isFirst = true;
  for (const pair of pairs) {
    yield `${isFirst ? '' : ','}\n    ${JSON.stringify(pair)}`;
    isFirst = false;
  }
  yield `${isFirst ? '' : '\n  '}]\n}\n`;
}

/** What reports of folders and records of runs (`ggb evaluate --run`) both say, and all that a comparison needs. */
export interface ComparableReport extends Pick<EvaluationReport, 'protocol' | 'metrics' | 'network'> {
  /** Absent in records of runs. */
  readonly scorer?: string;
  readonly pairs: readonly { readonly name: string }[];
}

/** @throws ReportError  naming the first thing that is missing or wrong. */
export function parseReport(file: string, text: string): EvaluationReport {
  const report = parseComparable(file, text) as EvaluationReport;
  for (const key of ['real', 'generated'] as const) {
    if (typeof report[key] !== 'string') throw new ReportError(file, `text in ${key}`, brief(report[key]));
  }
  if (!Array.isArray(report.problems)) throw new ReportError(file, 'problems', 'none');
  return report;
}

/** A report, or the record of a run's evaluation. @throws ReportError  naming the first thing that is missing or wrong. */
export function parseComparable(file: string, text: string): ComparableReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReportError(file, 'JSON', (error as Error).message);
  }
  const report = objectOf(file, 'a report', value);
  if (report.version !== reportVersion) {
    throw new ReportError(file, `version ${reportVersion}`, JSON.stringify(report.version) ?? 'none');
  }
  if (typeof report.protocol === 'string') {
    const received = `${brief(report.protocol)}, as older records have; evaluate the run again`;
    throw new ReportError(file, 'protocol with name and hash', received);
  }
  const protocol = objectOf(file, 'protocol', report.protocol);
  if (typeof protocol.name !== 'string' || typeof protocol.hash !== 'string') {
    throw new ReportError(file, 'protocol.name and protocol.hash', JSON.stringify(protocol));
  }
  for (const [name, summary] of Object.entries(objectOf(file, 'metrics', report.metrics))) {
    const { mean, n } = objectOf(file, `metrics.${name}`, summary);
    if ((mean !== null && typeof mean !== 'number') || typeof n !== 'number') {
      throw new ReportError(file, `metrics.${name}.mean and n`, JSON.stringify(summary));
    }
  }
  if (!Array.isArray(report.pairs)) throw new ReportError(file, 'pairs', 'none');
  for (const [i, value] of report.pairs.entries()) {
    const { name } = objectOf(file, `pairs.${i}`, value);
    if (typeof name !== 'string') throw new ReportError(file, `text in pairs.${i}.name`, brief(name));
  }
  if (report.network !== undefined) {
    const { name, weightsSha256, label } = objectOf(file, 'network', report.network);
    if ([name, weightsSha256, label].some((part) => typeof part !== 'string')) {
      throw new ReportError(file, 'network.name, weightsSha256 and label', brief(report.network));
    }
  }
  return report as unknown as ComparableReport;
}

function brief(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
}

function objectOf(file: string, what: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ReportError(file, `an object in ${what}`, brief(value));
}

/**
 * What keeps the numbers of reports from being compared: other protocols, other pairs, other scorers. Empty when nothing
 * does. Never left out beside a table of several reports.
 */
export function comparisonWarnings(
  reports: readonly Pick<ComparableReport, 'protocol' | 'pairs' | 'network' | 'scorer'>[],
): readonly string[] {
  const warnings: string[] = [];
  const hashes = new Map<string, Set<string>>();
  for (const { protocol } of reports) {
    hashes.set(protocol.hash, (hashes.get(protocol.hash) ?? new Set()).add(protocol.name));
  }
  if (hashes.size > 1) {
    const shown = [...hashes].map(([hash, names]) => `${[...names].join(' = ')} (${hash.slice(0, 8)})`);
    warnings.push(
      `These scores are NOT comparable: they were computed under different protocols, ${shown.join(', ')}. Differences of up to 0.17 in SSIM come from the protocol alone.`,
    );
  }
  // The same weights behind another resizing are another network: names count too.
  const networks = reports.flatMap(({ network }) => network ?? []);
  const texts = [...new Set(networks.map((network) => `${network.name} (${network.weightsSha256.slice(0, 8)})`))];
  if (new Set(networks.map(({ name, weightsSha256 }) => `${name} ${weightsSha256}`)).size > 1) {
    warnings.push(
      `FID and Inception Score are NOT comparable: they are of features of different networks, ${texts.join(', ')}.`,
    );
  }
  const scorers = [...new Set(reports.flatMap(({ scorer }) => scorer ?? []))];
  if (scorers.length > 1) {
    warnings.push(
      `Different programs computed the scores: ${scorers.join(' / ')}. Of the same pixels they agree to 1e-6; another decoder may see other pixels.`,
    );
  }
  const sets = reports.map(({ pairs }) => new Set(pairs.map(({ name }) => name)));
  const [first] = sets;
  const isSame = sets.every((set) => set.size === first?.size && [...set].every((name) => first.has(name)));
  if (!isSame) {
    const shared = [...(first ?? [])].filter((name) => sets.every((set) => set.has(name))).length;
    warnings.push(
      `The reports score different pairs: ${sets.map(({ size }) => size).join(', ')} pairs, ${shared} of them by the same name in all.`,
    );
  }
  return warnings;
}
