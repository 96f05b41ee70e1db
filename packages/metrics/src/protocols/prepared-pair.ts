// What a protocol does to the pixels before a metric sees them. Everything stays an integer: grey as ten-thousandths, means
// as sums. SSIM does not change when values and range are multiplied by one number, so division can wait for the end, and
// sums over windows stay exact.
import { ImageInputError } from '../image/image-input-error.ts';
import { checkMask, checkSameSize, type Mask, maskThreshold, type RgbImage } from '../image/rgb-image.ts';
import type { ImagePair } from '../pair-metrics/pair-metric.ts';
import type { Padding, Protocol } from './protocol.ts';

/** Row by row, channels interleaved. The value on the scale 0..255 is `data[i] / unit`. */
export interface Planes {
  readonly data: Uint8Array | Uint8ClampedArray | Float64Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly unit: number;
}

export interface PreparedPair {
  readonly real: Planes;
  readonly generated: Planes;
}

/**
 * Mask, padding and channels as the protocol has them. Without any of them the planes are the images' own bytes.
 * `downsample` is SSIM's alone and comes later ({@link downsampled}).
 *
 * @throws ImageInputError  if the images or the mask differ in size, or a mask that the protocol needs is missing or empty.
 */
export function preparedPair(operation: string, pair: ImagePair, protocol: Protocol): PreparedPair {
  checkSameSize(operation, ['first image', 'second image'], pair.real, pair.generated);
  const mask = protocol.mask === 'none' ? undefined : requiredMask(operation, pair, protocol);
  const prepared = (image: RgbImage): Planes => {
    const masked = mask === undefined ? image : maskedImage(image, mask);
    const padded = protocol.padding === 'none' ? masked : paddedImage(masked, protocol.padding);
    return planesOf(padded, protocol.channels);
  };
  return { real: prepared(pair.real), generated: prepared(pair.generated) };
}

/**
 * L of the constants C1 and C2, in the planes' units.
 *
 * @throws ImageInputError  if the protocol takes it from an image that has one value only: SSIM would divide 0 by 0.
 */
export function dataRangeOf(operation: string, { real, generated }: PreparedPair, protocol: Protocol): number {
  const { dataRange, scale } = protocol;
  if (typeof dataRange === 'number') return dataRange * (255 / scale) * real.unit;
  const [planes, name] = dataRange === 'real-range' ? [real, 'real'] : [generated, 'generated'];
  const { smallest, largest } = extremes(planes);
  if (largest > smallest) return largest - smallest;
  throw new ImageInputError(
    operation,
    `${name} image`,
    `more than one value, because protocol ${protocol.name} takes the data range from it`,
    `${smallest / planes.unit} everywhere`,
    'The original program gives NaN here. Leave the pair out, or choose a protocol with a fixed range (tf, ggb).',
  );
}

/** The planes that SSIM's windows move over. */
export function downsampled(planes: Planes, protocol: Protocol): Planes {
  const factor = protocol.downsample === 'none' ? 1 : autoFactor(planes.width, planes.height);
  return factor === 1 ? planes : pooled(planes, factor);
}

/** `max(1, round(min(M, N) / 256))` of ssim.m. Matlab and JavaScript round halves of positive numbers up. */
export function autoFactor(width: number, height: number): number {
  return Math.max(1, Math.round(Math.min(width, height) / 256));
}

/**
 * Sums over factor x factor values around every factor-th place; values beyond the border are mirrored. What Matlab's
 * `imfilter(x, ones(f), 'symmetric')` and then `x(1:f:end, 1:f:end)` compute, times f^2: the unit grows by as much. For
 * f = 2 also TensorFlow's average pooling with its symmetric padding of odd sides.
 */
export function pooled({ data, width, height, channels, unit }: Planes, factor: number): Planes {
  const outWidth = Math.ceil(width / factor);
  const outHeight = Math.ceil(height / factor);
  // Matlab's centre of a filter with f values is number floor((f + 1) / 2).
  const before = Math.floor((factor - 1) / 2);
  const columns = new Float64Array(channels * outWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let k = 0; k < factor; k++) {
        const column = mirrored(x * factor + k - before, width);
        for (let c = 0; c < channels; c++) {
          columns[channels * (y * outWidth + x) + c] =
            (columns[channels * (y * outWidth + x) + c] as number) +
            (data[channels * (y * width + column) + c] as number);
        }
      }
    }
  }
  const rowLength = channels * outWidth;
  const sums = new Float64Array(rowLength * outHeight);
  for (let y = 0; y < outHeight; y++) {
    for (let k = 0; k < factor; k++) {
      const row = mirrored(y * factor + k - before, height) * rowLength;
      for (let i = 0; i < rowLength; i++) {
        sums[y * rowLength + i] = (sums[y * rowLength + i] as number) + (columns[row + i] as number);
      }
    }
  }
  return { data: sums, width: outWidth, height: outHeight, channels, unit: unit * factor * factor };
}

/** A mask of the images as large as the padded ones; what was added is outside of it. */
export function paddedMask(mask: Mask, padding: Padding): Mask {
  const width = padding.left + mask.width + padding.right;
  const data = new Uint8Array(width * mask.height);
  for (let y = 0; y < mask.height; y++) {
    data.set(mask.data.subarray(y * mask.width, (y + 1) * mask.width), y * width + padding.left);
  }
  return { data, width, height: mask.height };
}

function requiredMask(operation: string, { real, mask }: ImagePair, protocol: Protocol): Mask {
  if (mask === undefined) {
    throw new ImageInputError(
      operation,
      'mask',
      `one, because protocol ${protocol.name} multiplies it into both images`,
      'none',
      `Draw it from the key points of the target: keypointMask('${protocol.mask}', keypoints, image).`,
    );
  }
  checkMask(operation, 'mask', mask, real, 'the images');
  if (mask.data.some((value) => value > maskThreshold)) return mask;
  throw new ImageInputError(
    operation,
    'mask',
    `a pixel above ${maskThreshold}`,
    'none',
    'Two black frames say nothing of the images: leave the pair out, or score it by a protocol without mask.',
  );
}

function maskedImage({ data, width, height }: RgbImage, mask: Mask): RgbImage {
  const masked = new Uint8Array(data.length);
  for (let pixel = 0; pixel < mask.data.length; pixel++) {
    if ((mask.data[pixel] as number) <= maskThreshold) continue;
    for (let i = 3 * pixel; i < 3 * pixel + 3; i++) masked[i] = data[i] as number;
  }
  return { data: masked, width, height };
}

function paddedImage({ data, width, height }: RgbImage, { left, right, value }: Padding): RgbImage {
  const paddedWidth = left + width + right;
  const padded = new Uint8Array(3 * paddedWidth * height).fill(value);
  for (let y = 0; y < height; y++) {
    padded.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * (y * paddedWidth + left));
  }
  return { data: padded, width: paddedWidth, height };
}

function planesOf({ data, width, height }: RgbImage, channels: Protocol['channels']): Planes {
  if (channels === 'rgb-mean') return { data, width, height, channels: 3, unit: 1 };
  const isRounded = channels === 'grey-rounded';
  const { floor } = Math;
  const grey = isRounded ? new Uint8Array(width * height) : new Float64Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const [r, g, b] = [data[3 * pixel] as number, data[3 * pixel + 1] as number, data[3 * pixel + 2] as number];
    // Matlab: the first row of the inverse of its NTSC matrix. scikit-image: 0.2125, 0.7154, 0.0721 in ten-thousandths.
    grey[pixel] = isRounded
      ? floor(0.298936021293775 * r + 0.587043074451121 * g + 0.114020904255103 * b + 0.5)
      : 2125 * r + 7154 * g + 721 * b;
  }
  return { data: grey, width, height, channels: 1, unit: isRounded ? 1 : 10000 };
}

function extremes({ data }: Planes): { smallest: number; largest: number } {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return { smallest, largest };
}

/** -1, -2 are 0, 1; length, length + 1 are length - 1, length - 2. */
function mirrored(index: number, length: number): number {
  let place = index;
  while (place < 0 || place >= length) place = place < 0 ? -1 - place : 2 * length - 1 - place;
  return place;
}
