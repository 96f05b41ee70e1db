// Means of an evaluation as a table for a terminal. Every line says which way is better and under which protocol.
import type { ComparableReport, EvaluationReport, MetricSummary } from '@ggb/metrics/node';
import { textTable } from './text-table.ts';

/** A line for each metric: mean, 95 % interval, number of pairs, better direction. */
export function evaluationTable(metrics: EvaluationReport['metrics'], protocol: EvaluationReport['protocol']): string {
  const rows = Object.entries(metrics).map(([name, summary]) => [
    name,
    numberText(summary.mean, summary),
    intervalText(summary),
    `${summary.n}`,
    `${summary.direction} is better${summary.unit === 'none' ? '' : `, ${summary.unit}`}${infiniteText(summary)}`,
  ]);
  const title = `protocol ${protocol.name} (${protocol.hash.slice(0, 8)})`;
  return textTable([[title, 'mean', '95 % interval', 'pairs', ''], ...rows], [0, 4]);
}

/** A line for each report, a column for each metric that any of them has, and the network, if any scored features. */
export function comparisonTable(
  reports: readonly {
    readonly name: string;
    readonly report: Pick<ComparableReport, 'protocol' | 'metrics' | 'network'>;
  }[],
): string {
  const hasNetwork = reports.some(({ report }) => report.network !== undefined);
  const metrics = [...new Set(reports.flatMap(({ report }) => Object.keys(report.metrics)))];
  const rows = reports.map(({ name, report }) => [
    name,
    `${report.protocol.name} (${report.protocol.hash.slice(0, 8)})`,
    ...metrics.map((metric) => numberText(report.metrics[metric]?.mean, report.metrics[metric])),
    `${Math.max(0, ...Object.values(report.metrics).map(({ n, infinite = 0 }) => n + infinite))}`,
    ...(hasNetwork ? [networkText(report.network)] : []),
  ]);
  const titles = ['report', 'protocol', ...metrics, 'pairs', ...(hasNetwork ? ['network of fid and is'] : [])];
  return textTable([titles, ...rows], hasNetwork ? [0, 1, titles.length - 1] : [0, 1]);
}

/** With the label that scores of features must not go without. */
function networkText(network: ComparableReport['network']): string {
  return network === undefined ? '-' : `${network.name} (${network.weightsSha256.slice(0, 8)}), ${network.label}`;
}

function infiniteText({ infinite }: MetricSummary): string {
  return infinite === undefined ? '' : `; ${infinite} pairs of equal images left out (infinite)`;
}

export function numberText(value: number | null | undefined, summary: MetricSummary | undefined): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '-';
  return value.toFixed(summary?.unit === 'none' ? 4 : 3);
}

function intervalText(summary: MetricSummary): string {
  const { interval } = summary;
  return interval === null ? '-' : `${numberText(interval[0], summary)} to ${numberText(interval[1], summary)}`;
}
