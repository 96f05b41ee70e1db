// Structural similarity in float64: the reference that faster implementations are held against.
//
// It works on the sum s = a + b and the difference d = a - b of the images instead of on a and b, because
//   2 mean(a) mean(b)       = (mean(s)^2 - mean(d)^2) / 2        mean(a)^2 + mean(b)^2 = (mean(s)^2 + mean(d)^2) / 2
//   2 cov(a, b)             = (var(s) - var(d)) / 2              var(a) + var(b)       = (var(s) + var(d)) / 2
// needs four filtered planes instead of five, and makes three properties hold to the last bit: equal images score exactly
// 1, swapping the images changes nothing (unless the protocol takes its range from one of them), no score leaves [-1, 1].
import { ImageInputError } from '../image/image-input-error.ts';
import { checkMask, type Mask, maskThreshold, type RgbImage } from '../image/rgb-image.ts';
import { dataRangeOf, downsampled, paddedMask, preparedPair } from '../protocols/prepared-pair.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';
import { notNegative, type WindowSums, windowSums } from './window-sums.ts';

/** One score for each window that lies within the image, mean of the channels, row by row. */
export interface SsimMap {
  readonly data: Float64Array;
  /** `image.width - window.size + 1`, of the image as the protocol pads and downsamples it. */
  readonly width: number;
  readonly height: number;
  /** Row i, column j of the map is the window centred at row i + offset, column j + offset of that image. */
  readonly offset: number;
}

/**
 * Mean structural similarity of two 8-bit RGB images, in [-1, 1]; exactly 1 when they are equal. Higher is better. Symmetric,
 * unless the protocol takes its range from one of the two.
 *
 * @param mask  what a protocol with a mask multiplies into both; others ignore it.
 * @throws ImageInputError  if the images differ in size or are smaller than the window, if a protocol's mask is missing or
 *   empty, or if the image that gives the range has one value only.
 * @see Wang et al. 2004, "Image quality assessment", doi:10.1109/TIP.2003.819861, equation 13. Equals scikit-image to 1e-12
 *   (ssim.golden.json) and every protocol's transcript to 1e-9 (protocols.golden.json).
 */
export function ssim(
  real: RgbImage,
  generated: RgbImage,
  protocol: Protocol = ssimProtocols.tf,
  mask?: Mask | undefined,
): number {
  return meanOfMap(ssimMap(real, generated, protocol, mask));
}

/**
 * Mean of the SSIM map over the windows whose centre pixel is in the mask. The windows themselves are whole: they see
 * pixels outside of the mask too. Pixels of the mask nearer to the border of the image than half a window have no score
 * and do not count. Under a protocol with a mask, the same mask is multiplied into the images first.
 *
 * @throws ImageInputError  as {@link ssim}; if the mask has another size, or no pixel that is the centre of a window; if the
 *   protocol downsamples images of this size.
 */
export function ssimInside(
  real: RgbImage,
  generated: RgbImage,
  mask: Mask,
  protocol: Protocol = ssimProtocols.tf,
): number {
  return meanOfMapInside(ssimMap(real, generated, protocol, mask), mask, protocol);
}

/**
 * SSIM of every window, before averaging.
 *
 * @throws ImageInputError  as {@link ssim}.
 */
export function ssimMap(
  real: RgbImage,
  generated: RgbImage,
  protocol: Protocol = ssimProtocols.tf,
  mask?: Mask | undefined,
): SsimMap {
  checkWindow(protocol);
  const pair = preparedPair('ssim', { real, generated, mask }, protocol);
  const dataRange = dataRangeOf('ssim', pair, protocol);
  const a = downsampled(pair.real, protocol);
  const b = downsampled(pair.generated, protocol);
  const { size } = protocol.window;
  if (a.width < size || a.height < size) {
    throw new ImageInputError(
      'ssim',
      'images',
      `at least ${size} x ${size} pixels, the window of protocol ${protocol.name}`,
      `${a.width} x ${a.height}`,
      'Choose a protocol with a smaller window.',
    );
  }
  const width = a.width - size + 1;
  const height = a.height - size + 1;
  // Sums of a smaller unit came with the downsampling; the range follows.
  const range = dataRange * (a.unit / pair.real.unit);
  const data = similarities(windowSums(a, b, protocol.window), a.channels, width * height, range, protocol);
  return { data, width, height, offset: (size - 1) / 2 };
}

/** @throws RangeError  for a window without a centre pixel: a mistake in the program, not in its input. */
export function checkWindow({ name, window: { size } }: Protocol): void {
  if (!Number.isInteger(size) || size < 1 || size % 2 === 0) {
    throw new RangeError(`ssim: protocol ${name}: the window is ${size} wide; windows have an odd size.`);
  }
}

export function meanOfMap({ data }: SsimMap): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** As {@link ssimInside}, when the map is at hand. The mask is as large as the images that were compared. */
export function meanOfMapInside(map: SsimMap, unpadded: Mask, protocol: Protocol): number {
  const { data, width, height, offset } = map;
  const mask = protocol.padding === 'none' ? unpadded : paddedMask(unpadded, protocol.padding);
  const image = { width: width + 2 * offset, height: height + 2 * offset, data: mask.data };
  if (protocol.downsample !== 'none' && mask.width > image.width) {
    throw new ImageInputError(
      'ssimInside',
      'mask',
      `images that protocol ${protocol.name} leaves as large as they are, below 384 pixels on the shorter side`,
      `${mask.width} x ${mask.height}, scored at ${image.width} x ${image.height}`,
      'Choose wang2004, which does not downsample.',
    );
  }
  checkMask('ssimInside', 'mask', mask, image, 'the images');
  let sum = 0;
  let count = 0;
  for (let i = 0; i < height; i++) {
    const maskRow = (i + offset) * mask.width + offset;
    for (let j = 0; j < width; j++) {
      if ((mask.data[maskRow + j] as number) <= maskThreshold) continue;
      sum += data[i * width + j] as number;
      count++;
    }
  }
  if (count === 0) {
    throw new ImageInputError(
      'ssimInside',
      'mask',
      `a pixel above ${maskThreshold} that is at least ${offset} pixels from the border`,
      'none',
      'Without a figure there is no score inside it: check the silhouettes, or leave the mask out.',
    );
  }
  return sum / count;
}

function similarities(
  sums: WindowSums,
  channels: number,
  positions: number,
  dataRange: number,
  protocol: Protocol,
): Float64Array {
  const { window, statistics } = protocol;
  const n = window.size * window.size;
  const scale = window.kind === 'uniform' ? 1 / n : 1;
  const covariance = statistics === 'sample' ? n / (n - 1) : 1;
  // Twice, as everything below is twice the quantity of equation 13.
  const c1 = 2 * (protocol.k1 * dataRange) ** 2;
  const c2 = 2 * (protocol.k2 * dataRange) ** 2;
  const { sum, difference, sumSquares, differenceSquares } = sums;
  const map = new Float64Array(positions);
  let i = 0;
  for (let position = 0; position < positions; position++) {
    let score = 0;
    for (let channel = 0; channel < channels; channel++, i++) {
      const meanS = (sum[i] as number) * scale;
      const meanD = (difference[i] as number) * scale;
      const meanS2 = meanS * meanS;
      const meanD2 = meanD * meanD;
      const varianceS = covariance * notNegative((sumSquares[i] as number) * scale - meanS2);
      const varianceD = covariance * notNegative((differenceSquares[i] as number) * scale - meanD2);
      score +=
        ((meanS2 - meanD2 + c1) * (varianceS - varianceD + c2)) /
        ((meanS2 + meanD2 + c1) * (varianceS + varianceD + c2));
    }
    map[position] = score / channels;
  }
  return map;
}
