// Scores by columns, with what is known of each score.
import type { EvaluationRecord, Scores } from '@ggb/core/run-record';
import type { MetricColumn } from '@ggb/web/view-data';
import { type MetricKind, scoreKinds } from '../../report/score-kinds.ts';

/** Scores that no pair has are left out. */
export function scoreColumns(pairs: EvaluationRecord['pairs']): Record<string, MetricColumn> {
  const columns = Object.entries(scoreKinds).map(([name, kind]) => {
    const values = pairs.map((pair) => pair[name as keyof Scores] ?? null);
    return [name, metricColumn(kind, values)] as const;
  });
  return Object.fromEntries(columns.filter(([, column]) => column !== undefined)) as Record<string, MetricColumn>;
}

/** Below this the mean of skewed scores is not normal enough for the interval to be what it says. */
const pairsForInterval = 30;

/** `undefined` without any value. */
export function metricColumn(kind: MetricKind, values: readonly (number | null)[]): MetricColumn | undefined {
  let [count, sum] = [0, 0];
  for (const value of values) {
    if (value === null) continue;
    count += 1;
    sum += value;
  }
  if (count === 0) return undefined;
  const mean = sum / count;
  if (count < pairsForInterval) return { ...kind, mean, values };
  let squares = 0;
  for (const value of values) if (value !== null) squares += (value - mean) ** 2;
  // 1.96: the 97.5 % point of the normal distribution.
  const half = 1.96 * Math.sqrt(squares / (count - 1) / count);
  return { ...kind, mean, interval: [mean - half, mean + half], values };
}
