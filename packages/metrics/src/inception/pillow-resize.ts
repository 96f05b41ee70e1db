// Pillow's bilinear resizing of 8-bit images, which smooths when it makes them smaller; equal in every byte. torchvision's
// transforms of its pretrained networks resize with it. Arithmetic as in Pillow's Resample.c: coefficients as integers of 22 bits,
// rows first, both passes rounded to 8 bits.
import type { RgbImage } from '../image/rgb-image.ts';

const fractionBits = 22;

/** Neither keeps nor changes the image; returns it as it is if the size is the same. */
export function pillowResizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  const wide = image.width === width ? image : resizedRows(image, width);
  return wide.height === height ? wide : resizedColumns(wide, height);
}

interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

/** Which inputs make output i, and how much of each: a triangle as wide as a pixel of the coarser of the two grids. */
function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((tap + first - centre + 0.5) * (1 / support))),
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    return { first, weights: Int32Array.from(shares, (share) => (share / total) * 2 ** fractionBits + 0.5) };
  });
}

function resizedRows({ data, width, height }: RgbImage, newWidth: number): RgbImage {
  const taps = tapsOf(width, newWidth);
  const result = new Uint8Array(3 * newWidth * height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (const { first, weights } of taps) {
      const start = 3 * (y * width + first);
      for (let c = 0; c < 3; c++) result[to++] = weighted(data, start + c, 3, weights);
    }
  }
  return { data: result, width: newWidth, height };
}

function resizedColumns({ data, width, height }: RgbImage, newHeight: number): RgbImage {
  const result = new Uint8Array(3 * width * newHeight);
  let to = 0;
  for (const { first, weights } of tapsOf(height, newHeight)) {
    const start = 3 * first * width;
    for (let i = 0; i < 3 * width; i++) result[to++] = weighted(data, start + i, 3 * width, weights);
  }
  return { data: result, width, height: newHeight };
}

function weighted(data: RgbImage['data'], start: number, stride: number, weights: Int32Array): number {
  let sum = 1 << (fractionBits - 1);
  for (let tap = 0, at = start; tap < weights.length; tap++, at += stride) {
    sum += (data[at] as number) * (weights[tap] as number);
  }
  return Math.min(sum >> fractionBits, 255);
}
