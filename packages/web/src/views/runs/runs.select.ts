// Runs -> the table that compares them, the settings in which they differ, and the text that goes into a paper.
import type { Direction, ProtocolReference, ResultTable } from '../../run-source/view-data.ts';
import { badness } from '../find/find.select.ts';

/** One evaluation as it enters the table. */
export interface Compared {
  readonly title: string;
  readonly table: Pick<ResultTable, 'ids' | 'metrics'> & { readonly protocol?: ProtocolReference };
}

export interface MetricHead {
  readonly name: string;
  readonly direction: Direction;
  readonly unit: string;
}

export interface Cell {
  readonly mean: number;
  /** 95 % confidence interval of the mean. */
  readonly interval?: readonly [low: number, high: number];
  /** This mean minus the first row's; over the pairs that both have. Absent in the first row. */
  readonly delta?: Delta;
  /** No other row is better. Never true in a table of one row, nor among means over different pairs. */
  readonly isBest: boolean;
}

export interface Delta {
  readonly value: number;
  /** Half the 95 % confidence interval of the mean of the pairs' differences; absent below 30 pairs in common. */
  readonly margin?: number;
  /** Better or worse by more than the margin, or than nothing where there is none. */
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface ComparisonRow {
  readonly title: string;
  readonly pairs: number;
  readonly protocol: string;
  /** By the heads of the table; absent where the run has no such metric. */
  readonly cells: readonly (Cell | undefined)[];
}

export interface Comparison {
  readonly heads: readonly MetricHead[];
  readonly rows: readonly ComparisonRow[];
  /** The scores follow different protocols, so nothing is called best and nothing is subtracted. */
  readonly mixedProtocols?: readonly string[];
  /** Metrics whose means are over different pairs, so that none of them is called best; deltas are over the common ones. */
  readonly otherPairs: readonly string[];
}

/** Fewer pairs make no normal approximation. */
const pairsForInterval = 30;
/** 97.5 % quantile of the normal distribution. */
const quantile = 1.96;

/** A table of the runs in their order; the first is what the others are held against. */
export function comparison(compared: readonly Compared[]): Comparison {
  const mixed = mixedProtocols(compared.map(({ table }) => table.protocol));
  const heads = new Map<string, MetricHead>();
  for (const { table } of compared) {
    for (const [name, { direction, unit }] of Object.entries(table.metrics)) {
      if (!heads.has(name)) heads.set(name, { name, direction, unit });
    }
  }
  const list = [...heads.values()];
  const otherPairs = list.map(({ name }) => name).filter((name) => !haveSamePairs(compared, name));
  const best = list.map(({ name, direction }) => {
    const means = compared.flatMap(({ table }) => table.metrics[name]?.mean ?? []);
    if (otherPairs.includes(name)) return undefined;
    if (mixed !== undefined || means.length < 2) return undefined;
    return Math.min(...means.map((mean) => badness(direction, mean)));
  });
  const rows = compared.map(({ title, table }, index) => ({
    title,
    pairs: table.ids.length,
    protocol: protocolText(table.protocol),
    cells: list.map(({ name, direction }, column): Cell | undefined => {
      const metric = table.metrics[name];
      if (metric === undefined) return undefined;
      const first = compared[0]?.table;
      const hasDelta = index > 0 && mixed === undefined && first !== undefined;
      const delta = hasDelta ? deltaOf(name, direction, table, first) : undefined;
      return {
        mean: metric.mean,
        ...(metric.interval === undefined ? {} : { interval: metric.interval }),
        ...(delta === undefined ? {} : { delta }),
        isBest: best[column] !== undefined && badness(direction, metric.mean) === best[column],
      };
    }),
  }));
  return { heads: list, rows, otherPairs, ...(mixed === undefined ? {} : { mixedProtocols: mixed }) };
}

/** Whether the tables that have the metric have it of the same pairs: a mean over easier ones says nothing. */
function haveSamePairs(compared: readonly Compared[], metric: string): boolean {
  const idsOf = ({ ids, metrics }: Table) =>
    new Set(ids.filter((_, row) => typeof metrics[metric]?.values[row] === 'number'));
  const [first, ...others] = compared.filter(({ table }) => metric in table.metrics).map(({ table }) => idsOf(table));
  return others.every((ids) => ids.size === first?.size && [...ids].every((id) => first.has(id)));
}

/** What the protocols are, if they are not one; scores under them are not comparable. Undefined where they are. */
export function mixedProtocols(protocols: readonly (ProtocolReference | undefined)[]): string[] | undefined {
  const known = protocols.filter((protocol) => protocol !== undefined);
  const texts = new Map(known.map((protocol) => [protocol.hash ?? `name ${protocol.name}`, protocolText(protocol)]));
  return texts.size > 1 ? [...texts.values()] : undefined;
}

/** `tf (3f2a91c0)`: the first eight digits tell hashes apart. */
export function protocolText(protocol: ProtocolReference | undefined): string {
  if (protocol === undefined) return '';
  return protocol.hash === undefined ? protocol.name : `${protocol.name} (${protocol.hash.slice(0, 8)})`;
}

type Table = Compared['table'];

function deltaOf(name: string, direction: Direction, table: Table, first: Table): Delta | undefined {
  const [own, other] = [table.metrics[name], first.metrics[name]];
  if (own === undefined || other === undefined) return undefined;
  const rowsOfFirst = new Map(first.ids.map((id, row) => [id, row]));
  const differences: number[] = [];
  const losses: number[] = [];
  for (const [row, id] of table.ids.entries()) {
    const value = own.values[row];
    const before = other.values[rowsOfFirst.get(id) ?? -1];
    if (value === null || value === undefined || before === null || before === undefined) continue;
    differences.push(value - before);
    losses.push(badness(direction, value) - badness(direction, before));
  }
  if (differences.length === 0) return undefined;
  const value = meanOf(differences);
  const margin = marginOf(differences);
  // Of a ratio, nearer to one is better whichever side it came from, so the verdict looks at the losses.
  const loss = meanOf(losses);
  const lossMargin = marginOf(losses) ?? 0;
  const verdict = Math.abs(loss) <= lossMargin ? 'same' : loss < 0 ? 'better' : 'worse';
  return { value, ...(margin === undefined ? {} : { margin }), verdict };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function marginOf(values: readonly number[]): number | undefined {
  if (values.length < pairsForInterval) return undefined;
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return quantile * Math.sqrt(variance / values.length);
}

/** As many digits as the metric deserves: four below 10, two above. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value.toFixed(Math.abs(value) < 10 ? 4 : 2);
}

/** Of an interval or a margin two digits matter. */
export function marginText(value: number): string {
  if (!(value > 0)) return numberText(value);
  return value.toFixed(Math.max(0, 1 - Math.floor(Math.log10(value))));
}

export function signedText(value: number): string {
  const text = numberText(Math.abs(value));
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** A metric or a baseline as people read it: `inside ssim` for `insideSsim`. CSV keeps the names of the files. */
export function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** ↑, ↓ or → 1: what is better. */
export function directionMark(direction: Direction): string {
  return { higher: '↑', lower: '↓', 'nearer-to-one': '→1' }[direction];
}

export const tableFormats = ['markdown', 'latex', 'csv'] as const;
export type TableFormat = (typeof tableFormats)[number];

/**
 * The table as text to paste: means with their intervals, the best bold, and changes against the first row; CSV has the plain
 * numbers in full instead.
 */
export function tableText(table: Comparison, format: TableFormat): string {
  return { markdown, latex, csv }[format](table);
}

function markdown({ heads, rows, mixedProtocols, otherPairs }: Comparison): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  const text = [
    line(['run', 'pairs', ...heads.map(({ name, direction }) => `${words(name)} ${directionMark(direction)}`)]),
    line(['---', '---:', ...heads.map(() => '---:')]),
    ...rows.map(({ title, pairs, cells }) => line([title, `${pairs}`, ...cells.map(markdownCell)])),
  ];
  text.push('', ...protocolLines(rows));
  if (otherPairs.length > 0) text.push('', otherPairsText(otherPairs));
  if (mixedProtocols !== undefined) text.push('', `Not comparable: ${mixedProtocols.join(', ')}.`);
  return `${text.join('\n')}\n`;
}

function markdownCell(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  const text = withMargin(cell, '±');
  const best = cell.isBest ? `**${text}**` : text;
  return cell.delta === undefined ? best : `${best} (${deltaText(cell.delta, '±')})`;
}

function withMargin({ mean, interval }: Cell, sign: string): string {
  return interval === undefined
    ? numberText(mean)
    : `${numberText(mean)} ${sign} ${marginText((interval[1] - interval[0]) / 2)}`;
}

function deltaText({ value, margin }: Delta, sign: string): string {
  return margin === undefined ? signedText(value) : `${signedText(value)} ${sign} ${marginText(margin)}`;
}

/** Under what the numbers were made: one line where it is the same for all, else one a row. They go where the table goes. */
function protocolLines(rows: readonly ComparisonRow[]): string[] {
  const protocols = new Set(rows.map(({ protocol }) => protocol));
  if (protocols.size === 1)
    return [...protocols].flatMap((protocol) => (protocol === '' ? [] : `Protocol: ${protocol}.`));
  return rows.map(({ title, protocol }) => `Protocol of ${title}: ${protocol === '' ? 'not known' : protocol}.`);
}

/** Why nothing is called best there. */
export function otherPairsText(metrics: readonly string[]): string {
  return `Means over different pairs, so none is called best: ${metrics.map(words).join(', ')}.`;
}

function latex({ heads, rows, mixedProtocols, otherPairs }: Comparison): string {
  const marks = { higher: '$\\uparrow$', lower: '$\\downarrow$', 'nearer-to-one': '$\\rightarrow 1$' };
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  const text = [
    `\\begin{tabular}{lr${'r'.repeat(heads.length)}}`,
    '\\toprule',
    line(['run', 'pairs', ...heads.map(({ name, direction }) => `${latexText(words(name))} ${marks[direction]}`)]),
    '\\midrule',
    ...rows.map(({ title, pairs, cells }) => line([latexText(title), `${pairs}`, ...cells.map(latexCell)])),
    '\\bottomrule',
    // In the table, not in a comment: it has to be in the paper too.
    ...protocolLines(rows).map((text) =>
      line([`\\multicolumn{${2 + heads.length}}{l}{\\footnotesize ${latexText(text)}}`]),
    ),
    '\\end{tabular}',
  ];
  if (otherPairs.length > 0) text.unshift(`% ${latexText(otherPairsText(otherPairs))}`);
  if (mixedProtocols !== undefined) text.unshift(`% Not comparable: ${mixedProtocols.join(', ')}.`);
  return `${text.join('\n')}\n`;
}

function latexCell(cell: Cell | undefined): string {
  if (cell === undefined) return '--';
  const text = withMargin(cell, '\\pm').replaceAll('–', '\\text{--}');
  const mean = cell.isBest ? `\\mathbf{${text}}` : text;
  if (cell.delta === undefined) return `$${mean}$`;
  return `$${mean}\\;(${deltaText(cell.delta, '\\pm').replace('−', '-')})$`;
}

function latexText(text: string): string {
  const escapes: Record<string, string> = {
    '\\': '\\textbackslash{}',
    '~': '\\textasciitilde{}',
    '^': '\\textasciicircum{}',
  };
  return text.replace(/[\\~^]|[&%$#_{}]/g, (character) => escapes[character] ?? `\\${character}`);
}

function csv({ heads, rows }: Comparison): string {
  const field = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = [
    'run',
    'pairs',
    'protocol',
    ...heads.flatMap(({ name }) => [name, `${name} low`, `${name} high`, `${name} delta`, `${name} margin`]),
  ];
  const lines = rows.map(({ title, pairs, protocol, cells }) => [
    title,
    `${pairs}`,
    protocol,
    ...cells.flatMap((cell) =>
      [cell?.mean, cell?.interval?.[0], cell?.interval?.[1], cell?.delta?.value, cell?.delta?.margin].map(plain),
    ),
  ]);
  return `${[head, ...lines].map((cells) => cells.map(field).join(',')).join('\n')}\n`;
}

function plain(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : `${value}`;
}

export interface Setting {
  /** `training.learningRate`. */
  readonly key: string;
  /** As JSON, one a run; undefined where a run has no such setting. */
  readonly values: readonly (string | undefined)[];
  readonly differs: boolean;
}

/** Every setting of the runs by its dotted name, those that differ told apart. Lists are one value. */
export function settings(configs: readonly unknown[]): Setting[] {
  const flat = configs.map((config) => new Map(leaves(config, '')));
  const keys = [...new Set(flat.flatMap((entries) => [...entries.keys()]))].sort();
  return keys.map((key) => {
    const values = flat.map((entries) => entries.get(key));
    return { key, values, differs: new Set(values).size > 1 };
  });
}

function leaves(value: unknown, prefix: string): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[prefix, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, prefix === '' ? key : `${prefix}.${key}`));
}

/** The sample grid nearest to a step that is not after it; the first where there is none before. */
export function sampleAt(steps: readonly number[], step: number | undefined): number | undefined {
  if (step === undefined) return steps.at(-1);
  return steps.findLast((sample) => sample <= step) ?? steps[0];
}

/** Every step at which one of the runs has samples, ascending: what the one slider goes through. */
export function sampleSteps(runs: readonly (readonly number[])[]): number[] {
  return [...new Set(runs.flat())].sort((a, b) => a - b);
}

/** Losses that are drawn unless others are chosen: the objective's parts, not those of each level. */
export function usualLosses(names: readonly string[]): string[] {
  const short = names.filter((name) => /^(discriminator|generator\.\w+)$/.test(name));
  return short.length > 0 ? short : names.slice(0, 4);
}

/** Where a tile of a sample grid lies: `gap` pixels between square tiles and around them. */
export function tileOf(
  row: number,
  column: number,
  grid: { readonly width: number; readonly columns: number; readonly gap: number },
): { readonly x: number; readonly y: number; readonly side: number } {
  const side = (grid.width - grid.gap * (grid.columns + 1)) / grid.columns;
  return { x: grid.gap + column * (side + grid.gap), y: grid.gap + row * (side + grid.gap), side };
}
