// A line chart as SVG text, for pages that must work from a file without any script.
import { escapeHtml } from './escape-html.ts';

export interface Series {
  readonly name: string;
  /** In increasing x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
}

const size = { width: 460, height: 250 };
const plot = { left: 52, right: 12, top: 30, bottom: 58 };

/** Colours come from the page, as --series-1 .. --series-6, so that the chart is right on light and on dark. */
export const seriesColours = 6;

/** Points that are no finite number are left out; both axes start at 0, as steps and losses do. */
export function lineChart({ title, xLabel, series }: Chart): string {
  const finite = series.map(({ name, points }) => ({
    name,
    points: points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
  }));
  const all = finite.flatMap(({ points }) => points);
  const xs = ticks(0, Math.max(...all.map(([x]) => x), 1));
  const ys = ticks(0, Math.max(...all.map(([, y]) => y), Number.MIN_VALUE));
  const lastX = xs.at(-1) ?? 1;
  const lastY = ys.at(-1) ?? 1;
  const toX = (x: number) => plot.left + (x / lastX) * (size.width - plot.left - plot.right);
  const toY = (y: number) => size.height - plot.bottom - (y / lastY) * (size.height - plot.top - plot.bottom);
  const colour = (index: number) => `var(--series-${(index % seriesColours) + 1})`;

  const grid = ys.map((y) => {
    const at = toY(y).toFixed(1);
    return `<line class="grid" x1="${plot.left}" x2="${size.width - plot.right}" y1="${at}" y2="${at}"/><text x="${plot.left - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${tickText(y)}</text>`;
  });
  const bottom = size.height - plot.bottom;
  const axis = xs.map(
    (x) => `<text x="${toX(x).toFixed(1)}" y="${bottom + 15}" text-anchor="middle">${tickText(x)}</text>`,
  );
  const lines = finite.map(({ name, points }, index) => {
    const path = points.map(([x, y]) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour(index)}" stroke-width="1.6" stroke-linejoin="round"><title>${escapeHtml(name)}</title></polyline>`;
  });
  let legendX = plot.left;
  const legend = finite.map(({ name, points }, index) => {
    const last = points.at(-1)?.[1];
    const text = last === undefined ? name : `${name} ${last.toPrecision(2)}`;
    const x = legendX;
    // About the width of a character at this font size; only the gap between entries depends on it.
    legendX += 22 + text.length * 6;
    return `<rect x="${x}" y="${size.height - 15}" width="10" height="3" fill="${colour(index)}"/><text x="${x + 14}" y="${size.height - 10}">${escapeHtml(text)}</text>`;
  });
  return [
    `<svg viewBox="0 0 ${Math.max(size.width, legendX)} ${size.height}" role="img" aria-label="${escapeHtml(title)}" xmlns="http://www.w3.org/2000/svg">`,
    `<text class="chart-title" x="${plot.left}" y="16">${escapeHtml(title)}</text>`,
    ...grid,
    ...axis,
    `<text x="${(plot.left + size.width - plot.right) / 2}" y="${bottom + 31}" text-anchor="middle">${escapeHtml(xLabel)}</text>`,
    ...lines,
    ...legend,
    '</svg>',
  ].join('\n');
}

/** About five round numbers that enclose `from` and `to`. */
export function ticks(from: number, to: number): number[] {
  if (!Number.isFinite(from) || !Number.isFinite(to) || to <= from) return [0, 1];
  const rough = (to - from) / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10);
  const first = Math.floor(from / step);
  const last = Math.ceil(to / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function tickText(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
