import type { Mask, RgbImage } from '../image/rgb-image.ts';
import { dataRangeOf, preparedPair } from '../protocols/prepared-pair.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';

/**
 * Peak signal-to-noise ratio of two 8-bit RGB images, 10 log10(peak^2 / mean squared error), in dB; Infinity when they are
 * equal. Higher is better.
 *
 * The error is taken over all pixels and channels at once, not averaged from channel to channel, after the protocol's mask,
 * padding and grey conversion; `downsample` is not used. The peak is white. Only where the protocol takes its range from
 * the real image ('real-range') it is that range, as in the program of DPIG, and values below 0 dB are possible. The
 * programs that take SSIM's range from the generated image compute PSNR, if at all, with white.
 *
 * @throws ImageInputError  if the images differ in size, if a protocol's mask is missing or empty, or if the real image gives
 *   the range and has one value only.
 */
export function psnr(
  real: RgbImage,
  generated: RgbImage,
  protocol: Protocol = ssimProtocols.tf,
  mask?: Mask | undefined,
): number {
  const pair = preparedPair('psnr', { real, generated, mask }, protocol);
  const { data: a, unit } = pair.real;
  const { data: b } = pair.generated;
  const peak = protocol.dataRange === 'generated-range' ? 255 * unit : dataRangeOf('psnr', pair, protocol);
  // Integers: exact up to 2^53, which 8-bit images of any size that fits in memory do not reach.
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const error = (a[i] as number) - (b[i] as number);
    squares += error * error;
  }
  return 10 * Math.log10((peak * peak * a.length) / squares);
}
