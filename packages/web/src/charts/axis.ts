// Round numbers for axes.

/** About `count` round values that enclose nothing beyond [min, max]: 1, 2 or 5 times a power of ten apart. */
export function ticks(min: number, max: number, count: number): number[] {
  if (!(max > min)) return [min];
  const rough = (max - min) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(min / step);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** As few digits as tell the ticks apart. */
export function tickText(value: number): string {
  return `${Number(value.toPrecision(4))}`.replace('-', '−');
}

/** Where a value stands on a length of pixels. */
export function scaled(value: number, [min, max]: readonly [number, number], from: number, to: number): number {
  return max > min ? from + ((value - min) / (max - min)) * (to - from) : (from + to) / 2;
}
