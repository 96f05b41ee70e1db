// One result -> the panes that show it.
import type { CompareMode } from '../../app/view-state.ts';
import type { ImageName, ResultTable, SourceSummary } from '../../run-source/view-data.ts';

/** A picture of the result, or one of its maps; `before`: the output of run A. */
export type PaneName = ImageName | 'before' | 'difference' | 'ssim';

export interface PaneList {
  readonly kind: 'apart' | 'slider' | 'flicker' | 'onion';
  readonly names: readonly PaneName[];
}

/** Names of the pictures that the result in this row has; the condition also where key points can be drawn. */
export function imageNames(table: Pick<ResultTable, 'images'>, row: number): ImageName[] {
  return table.images.filter(({ missing }) => !missing.includes(row)).map(({ name }) => name);
}

/**
 * Why pictures that anyone would look for are not there; `undefined` where all are.
 *
 * @param kind  of the source: two folders have no sources.
 */
export function missingText(
  { images, notes }: Pick<ResultTable, 'images' | 'notes'>,
  row: number,
  kind: SourceSummary['kind'],
): string | undefined {
  const there = imageNames({ images }, row);
  const expected = kind === 'run' ? (['source', 'output', 'truth'] as const) : (['output', 'truth'] as const);
  const missing = expected.filter((name) => !there.includes(name));
  if (missing.length === 0) return undefined;
  const columns = images.map(({ name }) => name);
  // Others have it: then it is this pair, and no note tells of it.
  const ofPair = missing.filter((name) => columns.includes(name));
  const reasons = [
    ...(ofPair.length < missing.length ? notes : []),
    ...(ofPair.length === 0 ? [] : [`Other results have ${ofPair.join(' and ')}, this one does not.`]),
  ];
  return `Not shown: ${missing.join(', ')}. ${reasons.join(' ')}`.trim();
}

/** What the mode shows. */
export function paneList(
  mode: CompareMode,
  available: readonly PaneName[],
  [first, second]: readonly [PaneName, PaneName],
  maps: boolean,
): PaneList {
  const present = (names: readonly PaneName[]) => names.filter((name) => available.includes(name));
  const two = present([first, second]);
  switch (mode) {
    case 'row':
      return {
        kind: 'apart',
        names: [...present(['source', 'condition', 'before', 'output', 'truth']), ...(maps ? (['ssim'] as const) : [])],
      };
    case 'side':
      return { kind: 'apart', names: two };
    case 'slider':
    case 'flicker':
    case 'onion':
      return { kind: mode, names: two };
    case 'difference':
      return { kind: 'apart', names: [...two, ...(maps ? (['difference'] as const) : [])] };
    case 'ssim':
      return { kind: 'apart', names: [...two, ...(maps ? (['ssim'] as const) : [])] };
    case 'levels':
      return { kind: 'apart', names: [...present(levelsOf(available)), ...present(['output', 'truth'])] };
    default:
      return mode satisfies never;
  }
}

/** The heads of the guided levels, the coarsest first: the image itself is the level after the last. */
export function levelsOf(available: readonly PaneName[]): PaneName[] {
  const level = (name: PaneName) => Number(/^level(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  return available.filter((name) => !Number.isNaN(level(name))).sort((a, b) => level(a) - level(b));
}

const titles: Readonly<Record<string, string>> = {
  before: 'output of A',
  difference: 'absolute difference',
  ssim: 'SSIM map',
};

export function paneTitle(name: PaneName): string {
  return titles[name] ?? name.replace(/^level(\d+)$/, 'level $1');
}

/** The result `by` places further in the order, not beyond its ends; the first where the current one is not in it. */
export function neighbour(order: ArrayLike<number>, row: number | undefined, by: number): number | undefined {
  if (order.length === 0) return undefined;
  const place = row === undefined ? -1 : Array.prototype.indexOf.call(order, row);
  if (place === -1) return order[0];
  return order[Math.min(order.length - 1, Math.max(0, place + by))];
}

/**
 * In how many columns the panes show their images largest. One row unless more rows gain a sixth: reading along a row
 * is what comparing is. Output and truth stay side by side, or one above the other: across a corner nobody compares.
 */
export function paneColumns(
  names: readonly PaneName[],
  stage: { readonly width: number; readonly height: number },
  aspect: number,
  captionHeight: number,
): number {
  const count = names.length;
  const sizeWith = (columns: number) => {
    const rows = Math.ceil(count / columns);
    return Math.min(stage.width / columns, (stage.height / rows - captionHeight) * aspect);
  };
  const empty = (columns: number) => Math.ceil(count / columns) * columns - count;
  const [output, truth] = [names.indexOf('output'), names.indexOf('truth')];
  const isDiagonal = (columns: number) =>
    output !== -1 &&
    truth !== -1 &&
    Math.floor(output / columns) !== Math.floor(truth / columns) &&
    output % columns !== truth % columns;
  let best = Math.max(1, count);
  for (let columns = count - 1; columns >= 1; columns--) {
    if (isDiagonal(columns)) continue;
    const [size, least] = [sizeWith(columns), sizeWith(best) * (best === count ? 7 / 6 : 1)];
    // Of equally large ones that which leaves fewer places empty.
    if (size > least || (size === least && empty(columns) < empty(best))) best = columns;
  }
  return best;
}
