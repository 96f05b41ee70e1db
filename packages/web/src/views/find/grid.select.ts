// Which cells of a grid of thousands are on the screen.

export interface GridLayout {
  readonly columns: number;
  /** Width of a cell: the columns share the width evenly. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly rowCount: number;
  /** Of everything, for the scroll bar. */
  readonly height: number;
}

/** `captionHeight` is what a cell has below its picture; `aspect` is the picture's width over its height. */
export function gridLayout(
  count: number,
  width: number,
  minimumCellWidth: number,
  aspect: number,
  captionHeight: number,
): GridLayout {
  const columns = Math.max(1, Math.floor(width / minimumCellWidth));
  const cellWidth = Math.floor(width / columns);
  const cellHeight = Math.round(cellWidth / aspect) + captionHeight;
  const rowCount = Math.ceil(count / columns);
  return { columns, cellWidth, cellHeight, rowCount, height: rowCount * cellHeight };
}

/** The rows of cells on the screen and `spare` more on both sides: [first, end). */
export function visibleRows(
  { rowCount, cellHeight }: GridLayout,
  scrollTop: number,
  viewHeight: number,
  spare: number,
): [first: number, end: number] {
  const first = Math.floor(scrollTop / cellHeight) - spare;
  const end = Math.ceil((scrollTop + viewHeight) / cellHeight) + spare;
  return [Math.min(Math.max(0, first), rowCount), Math.max(0, Math.min(rowCount, end))];
}

/** Where to scroll so that a cell is on the screen; `scrollTop` itself when it is. */
export function scrollTopFor(
  index: number,
  { columns, cellHeight }: GridLayout,
  scrollTop: number,
  viewHeight: number,
): number {
  const top = Math.floor(index / columns) * cellHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + cellHeight - viewHeight);
}

/** Within this time a screen is more than anyone can look at. A page down is less than one. */
const travelMs = 150;

/** How far one has scrolled just now. */
export class Travel {
  #steps: { readonly pixels: number; readonly at: number }[] = [];

  /** @returns  pixels within the last {@link travelMs} milliseconds, this step included. */
  moved(by: number, at: number): number {
    this.#steps = [...this.#steps.filter((step) => at - step.at < travelMs), { pixels: Math.abs(by), at }];
    return this.#steps.reduce((sum, { pixels }) => sum + pixels, 0);
  }
}
