// Pictures of the digits 0 to 9, drawn as the strokes of a seven-segment display with random place, size, slant, thickness,
// brightness and noise: a data set of any size without a download, the same for the same seed.
import { seededUniform } from '../seeded-random.ts';

export const digitSize = 16;

export interface Digits {
  /** [count, 16, 16, 1], values in [0, 1]. */
  readonly images: Float32Array;
  /** count digits; every digit occurs equally often. */
  readonly labels: Uint8Array;
  readonly count: number;
}

type Point = readonly [x: number, y: number];

// Corners of the display in a box of width 1 and height 2, and the strokes between them.
const corners = {
  topLeft: [0, 0],
  topRight: [1, 0],
  left: [0, 1],
  right: [1, 1],
  bottomLeft: [0, 2],
  bottomRight: [1, 2],
} as const;
const strokes: Record<string, readonly [Point, Point]> = {
  top: [corners.topLeft, corners.topRight],
  upperLeft: [corners.topLeft, corners.left],
  upperRight: [corners.topRight, corners.right],
  middle: [corners.left, corners.right],
  lowerLeft: [corners.left, corners.bottomLeft],
  lowerRight: [corners.right, corners.bottomRight],
  bottom: [corners.bottomLeft, corners.bottomRight],
};

const strokesOfDigit: readonly string[] = [
  'top upperLeft upperRight lowerLeft lowerRight bottom',
  'upperRight lowerRight',
  'top upperRight middle lowerLeft bottom',
  'top upperRight middle lowerRight bottom',
  'upperLeft upperRight middle lowerRight',
  'top upperLeft middle lowerRight bottom',
  'top upperLeft middle lowerLeft lowerRight bottom',
  'top upperRight lowerRight',
  'top upperLeft upperRight middle lowerLeft lowerRight bottom',
  'top upperLeft upperRight middle lowerRight bottom',
];

/** Draws `count` digits. */
export function drawDigits(count: number, seed: number): Digits {
  const uniform = seededUniform(seed);
  const between = (low: number, high: number) => low + (high - low) * uniform();
  const images = new Float32Array(count * digitSize * digitSize);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const digit = i % 10;
    labels[i] = digit;
    const height = between(4, 5.5); // of half the display
    const width = height * between(0.8, 1.2);
    const slant = between(-0.2, 0.2);
    const thickness = between(0.7, 1.3);
    const brightness = between(0.6, 1);
    const left = (digitSize - width) / 2 + between(-1.5, 1.5);
    const top = digitSize / 2 - height + between(-1, 1);
    const place = ([x, y]: Point): Point => [left + width * x + slant * height * (1 - y), top + height * y];
    const lines = (strokesOfDigit[digit] as string)
      .split(' ')
      .map((name) => (strokes[name] as [Point, Point]).map(place));
    for (let y = 0; y < digitSize; y++) {
      for (let x = 0; x < digitSize; x++) {
        const distance = Math.min(...lines.map(([from, to]) => distanceToLine([x, y], from as Point, to as Point)));
        const ink = brightness * Math.min(1, Math.max(0, thickness + 0.5 - distance));
        const noisy = ink + between(-0.15, 0.15);
        images[(i * digitSize + y) * digitSize + x] = Math.min(1, Math.max(0, noisy));
      }
    }
  }
  return { images, labels, count };
}

function distanceToLine([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
  const nearest = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - nearest * dx, y - y0 - nearest * dy);
}
