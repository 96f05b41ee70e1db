// One result -> the panes that show it.
import type { CompareMode } from '../../app/view-state.ts';
import type { ImageName, ResultTable } from '../../run-source/view-data.ts';

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

/** The heads of the guided levels, the coarsest first: levels count from the finest. */
export function levelsOf(available: readonly PaneName[]): PaneName[] {
  const level = (name: PaneName) => Number(/^level(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  return available.filter((name) => !Number.isNaN(level(name))).sort((a, b) => level(b) - level(a));
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
 * In how many columns `count` panes show their images largest. One row unless more rows gain a sixth: reading along a row
 * is what comparing is.
 */
export function paneColumns(
  count: number,
  stage: { readonly width: number; readonly height: number },
  aspect: number,
  captionHeight: number,
): number {
  const sizeWith = (columns: number) => {
    const rows = Math.ceil(count / columns);
    return Math.min(stage.width / columns, (stage.height / rows - captionHeight) * aspect);
  };
  const empty = (columns: number) => Math.ceil(count / columns) * columns - count;
  let best = Math.max(1, count);
  for (let columns = count - 1; columns >= 1; columns--) {
    const [size, least] = [sizeWith(columns), sizeWith(best) * (best === count ? 7 / 6 : 1)];
    // Of equally large ones that which leaves fewer places empty.
    if (size > least || (size === least && empty(columns) < empty(best))) best = columns;
  }
  return best;
}
