// Results -> what the grid and the charts show. Arrays of numbers, no objects for each result: 20,000 are sorted and filtered
// between two key strokes.
import type { Order, Range } from '../../app/view-state.ts';
import type { Direction, ResultTable } from '../../run-source/view-data.ts';

/** One metric of every result. A value that is missing is NaN. */
export interface Column {
  readonly direction: Direction;
  readonly values: Float64Array;
}

/** What of a result table decides its order. */
export interface Rows {
  readonly ids: readonly string[];
  readonly metrics: Readonly<Record<string, Column>>;
  /** How far the target pose is from the source's, one a result. */
  readonly poseChange?: Float64Array;
}

export interface Selection {
  readonly metric: string;
  readonly order: Order;
  readonly ranges: Readonly<Record<string, Range>>;
  readonly text: string;
  /** Run A; needed for the order `regression`. */
  readonly against?: Rows | undefined;
}

/** The numbers of a table. */
export function rowsOf({ ids, metrics, poseChange }: Pick<ResultTable, 'ids' | 'metrics' | 'poseChange'>): Rows {
  return {
    ids,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, { direction, values }]) => [name, { direction, values: numbers(values) }]),
    ),
    ...(poseChange === undefined ? {} : { poseChange: numbers(poseChange) }),
  };
}

function numbers(values: readonly (number | null)[]): Float64Array {
  return Float64Array.from(values, (value) => value ?? Number.NaN);
}

/** How bad a value is: less is better, whatever the direction of the metric. */
export function badness(direction: Direction, value: number): number {
  if (direction === 'nearer-to-one') return Math.abs(value - 1);
  return direction === 'higher' ? -value : value;
}
/** Rows of the table that pass the filters, in order. What has no value comes last, ties stay in the order of the table. */
export function selectRows(rows: Rows, selection: Selection): Int32Array {
  const { order, text } = selection;
  const needle = text.toLowerCase();
  const filters = Object.entries(selection.ranges).flatMap(([name, range]) => {
    const values = columnNamed(rows, name, selection);
    return values === undefined ? [] : [{ values, min: range.min ?? -Infinity, max: range.max ?? Infinity }];
  });
  const kept: number[] = [];
  for (let row = 0; row < rows.ids.length; row++) {
    if (needle !== '' && !(rows.ids[row] as string).toLowerCase().includes(needle)) continue;
    if (filters.every(({ values, min, max }) => within(values[row] as number, min, max))) kept.push(row);
  }
  if (order === 'id') {
    const collator = new Intl.Collator('en', { numeric: true });
    return Int32Array.from(kept.sort((a, b) => collator.compare(rows.ids[a] as string, rows.ids[b] as string)));
  }
  const keys = sortKeys(rows, selection);
  if (keys === undefined) return Int32Array.from(kept);
  return Int32Array.from(kept).sort((a, b) => compareKeys(keys[a] as number, keys[b] as number) || a - b);
}

/** Names under which a filter may speak of something that is not a metric. */
export const poseChangeName = 'pose change';
export const gainName = 'gain';

function columnNamed(rows: Rows, name: string, { metric, against }: Selection): Float64Array | undefined {
  if (name === poseChangeName) return rows.poseChange;
  if (name === gainName) return against === undefined ? undefined : gains(rows, against, metric);
  return rows.metrics[name]?.values;
}

/** Smallest first. */
function sortKeys(rows: Rows, { metric, order, against }: Selection): Float64Array | undefined {
  if (order === 'pose') return negated(rows.poseChange);
  if (order === 'regression') return against === undefined ? undefined : gains(rows, against, metric);
  const column = rows.metrics[metric];
  if (column === undefined) return undefined;
  const sign = order === 'worst' ? -1 : 1;
  return column.values.map((value) => sign * badness(column.direction, value));
}

function negated(values: Float64Array | undefined): Float64Array | undefined {
  return values?.map((value) => -value);
}

function compareKeys(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

/**
 * For each result of run B how much better it is there than in run A, in the unit of the metric; NaN for results that one
 * of the runs does not have. Negative: lost.
 */
export function gains(b: Rows, a: Rows, metric: string): Float64Array {
  const column = b.metrics[metric];
  const before = valuesAgainst(b, a, metric);
  return before.map((value, row) =>
    column === undefined
      ? Number.NaN
      : badness(column.direction, value) - badness(column.direction, column.values[row] as number),
  );
}

/** The values of run A in the order of run B's results; NaN where run A has none. */
export function valuesAgainst(b: Rows, a: Rows, metric: string): Float64Array {
  const rowsOfA = new Map(a.ids.map((id, row) => [id, row]));
  const values = a.metrics[metric]?.values;
  return Float64Array.from(b.ids, (id) => values?.[rowsOfA.get(id) ?? -1] ?? Number.NaN);
}

export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** Results in bins of equal width; the last includes `max`. */
  readonly counts: readonly number[];
  /** Those among them that are selected. */
  readonly selected: readonly number[];
}

/** Undefined where no result has a value. One value alone fills the bin in the middle, where an axis of no width has it. */
export function histogram(values: ArrayLike<number>, bins: number, selected: ArrayLike<number>): Histogram | undefined {
  const [min, max] = extent(values);
  if (min > max) return undefined;
  const width = max - min;
  const binOf = (value: number) =>
    width === 0 ? Math.floor(bins / 2) : Math.min(bins - 1, Math.floor(((value - min) / width) * bins));
  const counts = new Array<number>(bins).fill(0);
  const selectedCounts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) count(counts, values[i] as number);
  for (let i = 0; i < selected.length; i++) count(selectedCounts, values[selected[i] as number] as number);
  return { min, max, counts, selected: selectedCounts };

  function count(into: number[], value: number) {
    if (!Number.isNaN(value)) into[binOf(value)] = (into[binOf(value)] as number) + 1;
  }
}

/** Smallest and largest value; [Infinity, -Infinity] without any. */
export function extent(values: ArrayLike<number>): [min: number, max: number] {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}

/**
 * Spearman's rank correlation, -1..1, over the results that have both values; undefined for fewer than three, or where one
 * of the two never changes.
 */
export function rankCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  const both: number[] = [];
  for (let i = 0; i < x.length; i++) if (!Number.isNaN(x[i]) && !Number.isNaN(y[i])) both.push(i);
  if (both.length < 3) return undefined;
  const [a, b] = [x, y].map((values) => ranks(both.map((i) => values[i] as number))) as [number[], number[]];
  // Ranks from 0, ties shared, always have this mean.
  const mean = (both.length - 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < both.length; i++) {
    const [da, db] = [(a[i] as number) - mean, (b[i] as number) - mean];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa === 0 || bb === 0 ? undefined : ab / Math.sqrt(aa * bb);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] as number] === values[order[start] as number]) end++;
    for (let i = start; i <= end; i++) result[order[i] as number] = (start + end) / 2;
    start = end + 1;
  }
  return result;
}

/** The share of results that are worse than this one, 0..1; undefined without a value. */
export function shareWorse({ direction, values }: Column, row: number): number | undefined {
  const own = badness(direction, values[row] ?? Number.NaN);
  if (Number.isNaN(own)) return undefined;
  let [worse, all] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    all++;
    if (badness(direction, value) > own) worse++;
  }
  return worse / all;
}
