// What is common to the ways of scoring 8-bit images: their arguments, their results, their errors.
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import type { CompleteSettings } from './similarity-settings.ts';

/** Interleaved rows from the top, without gaps: [height, width, 3], or [height, width] for grey. */
export interface ByteImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

export interface ImageSimilarity {
  /** Over all windows within the image, and the channels; in [-1, 1], 1 for equal images. */
  readonly mean: number;
  /** Of each channel. */
  readonly perChannel: Float64Array;
  /**
   * When asked for: [height - size + 1, width - size + 1], the mean of the channels at each window. float32, so a value may
   * be 6e-8 from what was added up.
   */
  readonly map?: Float32Array;
}

export interface SimilarityOptions {
  readonly map?: boolean;
}

/** @throws InvalidArgumentError  unless the images have the same size, at least the window's, and 1 or 3 channels. */
export function checkImages(op: string, a: ByteImage, b: ByteImage, { window: { size } }: CompleteSettings): 1 | 3 {
  const describe = ({ width, height, data }: ByteImage) => `${width} x ${height} with ${data.length} bytes`;
  const isSide = (side: number) => Number.isInteger(side) && side >= 1 && side < 2 ** 24;
  const channels = a.data.length / (a.width * a.height);
  if (!isSide(a.width) || !isSide(a.height) || (channels !== 1 && channels !== 3)) {
    throw new InvalidArgumentError(op, 'first image', 'width x height bytes, or three times as many', describe(a));
  }
  if (b.width !== a.width || b.height !== a.height || b.data.length !== a.data.length) {
    throw new InvalidArgumentError(op, 'second image', `like the first, ${describe(a)}`, describe(b));
  }
  if (a.width < size || a.height < size) {
    throw new InvalidArgumentError(op, 'images', `at least ${size} x ${size} pixels, the window`, describe(a));
  }
  return channels;
}
