// Multi-scale SSIM in float64. The definition is TensorFlow's, which is Wang et al. 2003 made to work on every image: the
// product is taken in each channel, and means below zero count as zero instead of making the power complex.
import { ImageInputError } from '../image/image-input-error.ts';
import type { Mask, RgbImage } from '../image/rgb-image.ts';
import { dataRangeOf, type Planes, pooled, preparedPair } from '../protocols/prepared-pair.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';
import { checkWindow } from '../ssim/ssim.ts';
import { notNegative, windowSums } from '../ssim/window-sums.ts';

/** Exponents from the finest scale to the coarsest, as measured by Wang et al. 2003; they sum up to 1. */
export const msSsimWeights: readonly number[] = Object.freeze([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]);

/**
 * Multi-scale structural similarity of two 8-bit RGB images, in [0, 1]; 1 when they are equal. Higher is better.
 *
 * Five scales, each half as large as the one before (means of 2 x 2, odd sides mirrored); window, statistics, constants,
 * range, channels, mask and padding are the protocol's, its `downsample` is not used. With the protocol `tf` it is
 * `tf.image.ssim_multiscale(a, b, 255)`.
 *
 * @throws ImageInputError  as `ssim`; if a side is below 16 * (window size - 1) + 1 pixels: 161 for windows of 11.
 * @see Wang, Simoncelli, Bovik 2003, "Multi-scale structural similarity for image quality assessment", equation 7,
 *   doi:10.1109/ACSSC.2003.1292216.
 */
export function msSsim(
  real: RgbImage,
  generated: RgbImage,
  protocol: Protocol = ssimProtocols.tf,
  mask?: Mask | undefined,
): number {
  checkWindow(protocol);
  const pair = preparedPair('msSsim', { real, generated, mask }, protocol);
  checkSides(pair.real, protocol);
  let dataRange = dataRangeOf('msSsim', pair, protocol);
  let [a, b] = [pair.real, pair.generated];
  const products = new Array<number>(a.channels).fill(1);
  msSsimWeights.forEach((weight, scale) => {
    const isCoarsest = scale === msSsimWeights.length - 1;
    const { contrast, similarity } = channelMeans(a, b, dataRange, protocol);
    // The luminance term enters at the coarsest scale alone.
    const factors = isCoarsest ? similarity : contrast;
    factors.forEach((factor, channel) => {
      products[channel] = (products[channel] as number) * Math.max(0, factor) ** weight;
    });
    if (isCoarsest) return;
    const unit = a.unit;
    [a, b] = [pooled(a, 2), pooled(b, 2)];
    dataRange *= a.unit / unit;
  });
  return products.reduce((sum, product) => sum + product, 0) / products.length;
}

/** Means over the windows, by channel: of contrast and structure, and of these times luminance. */
function channelMeans(
  a: Planes,
  b: Planes,
  dataRange: number,
  protocol: Protocol,
): { contrast: number[]; similarity: number[] } {
  const { window, statistics } = protocol;
  const { channels } = a;
  const positions = (a.width - window.size + 1) * (a.height - window.size + 1);
  const n = window.size * window.size;
  const scale = window.kind === 'uniform' ? 1 / n : 1;
  const covariance = statistics === 'sample' ? n / (n - 1) : 1;
  // Twice, as in ssim.ts: sums and differences of the images instead of the images.
  const c1 = 2 * (protocol.k1 * dataRange) ** 2;
  const c2 = 2 * (protocol.k2 * dataRange) ** 2;
  const { sum, difference, sumSquares, differenceSquares } = windowSums(a, b, window);
  const contrast = new Array<number>(channels).fill(0);
  const similarity = new Array<number>(channels).fill(0);
  for (let i = 0; i < channels * positions; i++) {
    const meanS2 = ((sum[i] as number) * scale) ** 2;
    const meanD2 = ((difference[i] as number) * scale) ** 2;
    const varianceS = covariance * notNegative((sumSquares[i] as number) * scale - meanS2);
    const varianceD = covariance * notNegative((differenceSquares[i] as number) * scale - meanD2);
    const cs = (varianceS - varianceD + c2) / (varianceS + varianceD + c2);
    const channel = i % channels;
    contrast[channel] = (contrast[channel] as number) + cs;
    similarity[channel] = (similarity[channel] as number) + cs * ((meanS2 - meanD2 + c1) / (meanS2 + meanD2 + c1));
  }
  return {
    contrast: contrast.map((value) => value / positions),
    similarity: similarity.map((value) => value / positions),
  };
}

function checkSides({ width, height }: Planes, { name, window: { size } }: Protocol): void {
  const smallest = 2 ** (msSsimWeights.length - 1) * (size - 1) + 1;
  if (Math.min(width, height) >= smallest) return;
  throw new ImageInputError(
    'msSsim',
    'images',
    `at least ${smallest} x ${smallest} pixels, so that the window of protocol ${name} fits into the coarsest of five scales`,
    `${width} x ${height}`,
    'Score smaller images by SSIM.',
  );
}
