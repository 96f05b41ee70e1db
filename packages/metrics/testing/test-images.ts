// The images of testing/golden/ssim.py, drawn again: integer arithmetic alone, so both languages draw the same bytes.
import type { Mask, RgbImage } from '../src/image/rgb-image.ts';

// Jest looks globals up slowly, and there are millions of pixels.
const { floor, imul, max, min } = Math;

type Draw = (width: number, height: number) => RgbImage;

const ramp: Draw = drawn((x, y, c) => (3 * x + 5 * y + 40 * c) % 256);
const mirroredRamp: Draw = (width, height) =>
  drawn((x, y, c) => (3 * (width - 1 - x) + 5 * y + 40 * c) % 256)(width, height);
const slope: Draw = (width, height) => drawn((x) => floor((255 * x) / (width - 1)))(width, height);
const mirroredSlope: Draw = (width, height) =>
  drawn((x) => floor((255 * (width - 1 - x)) / (width - 1)))(width, height);
const checkerboard: Draw = drawn((x, y, c) => ((floor(x / 8) + floor(y / 8)) % 2 === 1 ? 230 - 20 * c : 25 + 10 * c));
const bright: Draw = drawn(() => 255);
const nearlyBright: Draw = drawn((x, y, c) => ((7 * x + 3 * y + c) % 11 === 0 ? 254 : 255));

/** Names as in the golden file. */
export const testImages: Readonly<Record<string, Draw>> = {
  ramp,
  mirrored_ramp: mirroredRamp,
  slope,
  mirrored_slope: mirroredSlope,
  checkerboard,
  noise: (width, height) => noise(width, height),
  bright,
  nearly_bright: nearlyBright,
  figure_left: (width, height) => figure(width, height, floor(width / 2) - 4),
  figure_right: (width, height) => figure(width, height, floor(width / 2) + 3),
};

export function noise(width: number, height: number, seed = 1): RgbImage {
  let state = seed;
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) {
    state = (imul(1664525, state) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { data, width, height };
}

/** An ellipse with stripes before a light background. */
export function figure(width: number, height: number, cx: number): RgbImage {
  return drawn((x, y, c) => {
    if (!isInDisc(x, y, height, cx)) return 230;
    return floor((x + y) / 3) % 2 === 1 ? 200 - 60 * c : 40 + 50 * c;
  })(width, height);
}

/** The silhouette of {@link figure}. */
export function disc(width: number, height: number, cx: number): Mask {
  return maskWhere(width, height, (x, y) => isInDisc(x, y, height, cx));
}

export function constant(width: number, height: number, value: number): RgbImage {
  return drawn(() => value)(width, height);
}

export function maskWhere(width: number, height: number, isInside: (x: number, y: number) => boolean): Mask {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (isInside(i % width, floor(i / width)) ? 255 : 0));
  return { data, width, height };
}

/** As `checksum` in ssim.py. */
export function checksum({ data }: RgbImage): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) * ((i % 251) + 1);
  return sum;
}

function isInDisc(x: number, y: number, height: number, cx: number): boolean {
  return (2 * (x - cx)) ** 2 + (y - floor(height / 2)) ** 2 <= floor(height / 3) ** 2;
}

function drawn(value: (x: number, y: number, channel: number) => number): Draw {
  return (width, height) => {
    const data = new Uint8Array(3 * width * height);
    for (let i = 0; i < data.length; i++) {
      const pixel = floor(i / 3);
      data[i] = value(pixel % width, floor(pixel / width), i % 3);
    }
    return { data, width, height };
  };
}

/** What a bad generator might make of a photograph: two pixels to the right, blurred, noisy. As `degraded` in protocols.py. */
export function degraded({ data, width, height }: RgbImage): RgbImage {
  const clamp = (index: number, length: number) => min(length - 1, max(0, index));
  const result = new Uint8Array(data.length);
  let state = 7;
  for (let i = 0; i < data.length; i++) {
    const x = floor(i / 3) % width;
    const y = floor(i / (3 * width));
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const pixel = clamp(y + dy, height) * width + clamp(x - 2 + dx, width);
        sum += data[3 * pixel + (i % 3)] as number;
      }
    }
    state = (imul(1664525, state) + 1013904223) >>> 0;
    result[i] = clamp(floor(sum / 9) + (state >>> 27) - 16, 256);
  }
  return { data: result, width, height };
}
