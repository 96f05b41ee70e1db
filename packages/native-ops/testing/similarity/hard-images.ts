// Pairs of 8-bit images on which an SSIM goes wrong, if it does: flat fields, bright ones above all, edges and lines that
// fall differently into tiles, next to nothing on much. Test support.

import type { ByteImage } from '../../src/ops/fused/windowed-ssim/similarity-images.ts';
import { seededUniform } from '../seeded-random.ts';

export interface HardPair {
  readonly name: string;
  readonly a: ByteImage;
  readonly b: ByteImage;
}

type Paint = (x: number, y: number, channel: number) => number;

// Looked up once: in Jest every use of a global costs a microsecond.
const { floor } = Math;

const drawn = new Map<string, readonly HardPair[]>();

/** The same objects for the same size; nobody writes to them. */
export function hardPairs(width: number, height: number, channels: 1 | 3 = 3): readonly HardPair[] {
  const key = `${width} x ${height} x ${channels}`;
  const pairs = drawn.get(key) ?? drawPairs(width, height, channels);
  drawn.set(key, pairs);
  return pairs;
}

function drawPairs(width: number, height: number, channels: 1 | 3): readonly HardPair[] {
  const uniform = seededUniform(17);
  const noise = (low: number, high: number) => () => low + floor((high - low + 1) * uniform());
  const flat = (value: number) => () => value;
  const pair = (name: string, a: Paint, b: Paint): HardPair => ({ name, a: painted(a), b: painted(b) });
  const painted = (paint: Paint): ByteImage => {
    const data = new Uint8Array(width * height * channels);
    let at = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) data[at++] = paint(x, y, c);
    }
    return { data, width, height };
  };
  const checks =
    (size: number, low: number, high: number, shift = 0): Paint =>
    (x, y) =>
      (floor((x + shift) / size) + floor(y / size)) % 2 === 0 ? low : high;
  const lines =
    (period: number, offset: number, low: number, high: number, isVertical: boolean): Paint =>
    (x, y) =>
      (isVertical ? x : y) % period === offset ? high : low;
  const steps =
    (period: number, offset: number, low: number, high: number, isVertical: boolean): Paint =>
    (x, y) =>
      floor(((isVertical ? x : y) + offset) / period) % 2 === 0 ? low : high;
  const directions = [false, true];
  return [
    pair('noise', noise(0, 255), noise(0, 255)),
    pair(
      'almost equal noise',
      (x, y, c) => (x * 37 + y * 101 + c * 7) % 256,
      (x, y, c) => (x * 37 + y * 101 + c * 7) % 255,
    ),
    pair('flat, one level apart, bright', flat(254), flat(255)),
    pair('flat, far apart', flat(200), flat(90)),
    pair('black and white', flat(0), flat(255)),
    pair('one bit of noise on white', noise(254, 255), noise(254, 255)),
    pair('faint texture on light grey', noise(229, 231), noise(230, 232)),
    pair(
      'ramps',
      (x, y) => (x + y) % 256,
      (x, y) => (x + y + 1) % 256,
    ),
    pair(
      'sparse dots',
      () => (uniform() < 0.002 ? 255 : 0),
      () => (uniform() < 0.002 ? 255 : 1),
    ),
    pair('checks of 1', checks(1, 0, 255), checks(1, 1, 254)),
    pair('checks of 8, shifted', checks(8, 0, 255), checks(8, 0, 255, 1)),
    pair('checks of 32, inverted', checks(32, 0, 255), checks(32, 255, 0)),
    ...directions.flatMap((isVertical) =>
      [0, 6, 11].flatMap((offset) => [
        pair(`lines at ${offset}`, lines(16, offset, 0, 255, isVertical), lines(8, offset % 8, 3, 250, isVertical)),
        pair(`steps at ${offset}`, steps(24, offset, 0, 255, isVertical), steps(24, offset, 2, 251, isVertical)),
      ]),
    ),
  ];
}
