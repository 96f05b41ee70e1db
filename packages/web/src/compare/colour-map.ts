// Colours of the maps: viridis, whose lightness rises evenly, so that it reads the same with any colour vision and in grey.
// Ten points of the table in matplotlib (S. van der Walt, N. Smith, E. Firing; CC0), straight lines between them.

export type Colour = readonly [red: number, green: number, blue: number];

const points: readonly Colour[] = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];

/** 256 colours, RGB interleaved, from dark (0) to bright (255). */
export const colourTable: Uint8ClampedArray = Uint8ClampedArray.from({ length: 3 * 256 }, (_, index) => {
  const at = (Math.floor(index / 3) / 255) * (points.length - 1);
  const from = Math.min(Math.floor(at), points.length - 2);
  const channel = index % 3;
  const [a, b] = [points[from]?.[channel] ?? 0, points[from + 1]?.[channel] ?? 0];
  return a + (b - a) * (at - from);
});

/** The colour of a value: 0 and below the darkest, 1 and above the brightest. */
export function colourOf(value: number): Colour {
  const index = 3 * Math.round(255 * Math.min(1, Math.max(0, value)));
  return [colourTable[index] ?? 0, colourTable[index + 1] ?? 0, colourTable[index + 2] ?? 0];
}

/** A picture of values where `dark` is the darkest colour and `bright` the brightest; RGBA, opaque; NaN is transparent. */
export function colourise(values: ArrayLike<number>, dark: number, bright: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const fraction = ((values[i] as number) - dark) / (bright - dark);
    if (Number.isNaN(fraction)) continue;
    const index = 3 * Math.round(255 * Math.min(1, Math.max(0, fraction)));
    for (let channel = 0; channel < 3; channel++) pixels[4 * i + channel] = colourTable[index + channel] as number;
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}
