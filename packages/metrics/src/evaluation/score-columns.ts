// The scores of all pairs, eight bytes each, and what is said of them together.

import type { PairMetricName } from '../pair-metrics/pair-metric.ts';
import { pairMetrics } from '../pair-metrics/pair-metrics.ts';
import { bootstrapIntervals } from './bootstrap-interval.ts';

export interface MetricSummary {
  /** Over the pairs with a finite value; null without any. */
  readonly mean: number | null;
  /** Pairs with a finite value. */
  readonly n: number;
  /** See `intervalMethod`. */
  readonly interval: readonly [number, number] | null;
  readonly direction: 'higher' | 'lower';
  readonly unit: string;
  /** Pairs left out of the mean because their value is infinite, as the PSNR of equal images is. */
  readonly infinite?: number;
  /** Over the splits of an Inception Score. */
  readonly standardDeviation?: number;
}

export class ScoreColumns {
  private readonly columns: ReadonlyMap<PairMetricName, Float64Array>;
  private readonly scored: Uint8Array;

  constructor(
    readonly length: number,
    readonly metrics: readonly PairMetricName[],
  ) {
    this.columns = new Map(metrics.map((name) => [name, new Float64Array(length)]));
    this.scored = new Uint8Array(length);
  }

  set(index: number, values: Readonly<Partial<Record<PairMetricName, number>>>): void {
    for (const [name, column] of this.columns) column[index] = values[name] ?? Number.NaN;
    this.scored[index] = 1;
  }

  isScored(index: number): boolean {
    return this.scored[index] === 1;
  }

  get scoredCount(): number {
    let count = 0;
    for (const flag of this.scored) count += flag;
    return count;
  }

  value(name: PairMetricName, index: number): number {
    return this.columns.get(name)?.[index] ?? Number.NaN;
  }

  /** The values of the scored pairs, in order of pairs. Not to be written to: the column itself, where all are scored. */
  scoredValues(name: PairMetricName): Float64Array {
    const column = this.columns.get(name) ?? new Float64Array();
    const count = this.scoredCount;
    if (count === column.length) return column;
    const values = new Float64Array(count);
    let at = 0;
    for (let i = 0; i < column.length; i++) if (this.scored[i] === 1) values[at++] = column[i] as number;
    return values;
  }

  /** Sums run in order of pairs, so the same pairs give the same bits however they were scored. */
  summaries(): Readonly<Record<string, MetricSummary>> {
    const scored = this.metrics.map((name) => this.scoredValues(name));
    // Together where nothing is infinite: resampling pairs once for all metrics is most of the work.
    const finite = scored.map(finiteValues);
    const whole = finite.filter((values, i) => values.length === scored[i]?.length);
    const together = bootstrapIntervals(whole);
    return Object.fromEntries(
      this.metrics.map((name, i) => {
        const values = finite[i] as Float64Array;
        const infinite = (scored[i]?.length ?? 0) - values.length;
        const interval = infinite === 0 ? together[whole.indexOf(values)] : bootstrapIntervals([values])[0];
        const { direction, unit } = pairMetrics[name];
        const summary: MetricSummary = {
          mean: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
          n: values.length,
          interval: values.length === 0 ? null : (interval ?? null),
          direction,
          unit,
          ...(infinite === 0 ? {} : { infinite }),
        };
        return [name, summary];
      }),
    );
  }
}

/** The array itself where all are. `filter` would make an object of every number on its way. */
function finiteValues(values: Float64Array): Float64Array {
  let count = 0;
  for (const value of values) if (Number.isFinite(value)) count++;
  if (count === values.length) return values;
  const finite = new Float64Array(count);
  let at = 0;
  for (const value of values) if (Number.isFinite(value)) finite[at++] = value;
  return finite;
}
