import { ImageInputError } from '../image/image-input-error.ts';
import { checkMask, checkSameSize, type Mask, maskThreshold, type RgbImage } from '../image/rgb-image.ts';
import { preparedPair } from '../protocols/prepared-pair.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';

const { abs } = Math;

/**
 * Mean absolute difference over all pixels and channels, 0..255 whatever the protocol's scale; 0 when the images are equal.
 * Lower is better. After the protocol's mask, padding and grey conversion; `downsample` is not used.
 *
 * @throws ImageInputError  if the images differ in size, or if a protocol's mask is missing or empty.
 */
export function l1(a: RgbImage, b: RgbImage, protocol: Protocol = ssimProtocols.tf, mask?: Mask | undefined): number {
  const { real, generated } = preparedPair('l1', { real: a, generated: b, mask }, protocol);
  let sum = 0;
  for (let i = 0; i < real.data.length; i++) {
    sum += abs((real.data[i] as number) - (generated.data[i] as number));
  }
  return sum / (real.data.length * real.unit);
}

/**
 * Mean absolute difference over the pixels of the mask and the three channels, 0..255. Every pixel of the mask counts,
 * those at the border of the image too.
 *
 * @throws ImageInputError  if the images or the mask differ in size, or the mask is empty.
 */
export function insideL1(a: RgbImage, b: RgbImage, mask: Mask): number {
  checkSameSize('insideL1', ['first image', 'second image'], a, b);
  checkMask('insideL1', 'mask', mask, a, 'the images');
  let sum = 0;
  let pixels = 0;
  for (let pixel = 0; pixel < mask.data.length; pixel++) {
    if ((mask.data[pixel] as number) <= maskThreshold) continue;
    pixels++;
    for (let i = 3 * pixel; i < 3 * pixel + 3; i++) sum += abs((a.data[i] as number) - (b.data[i] as number));
  }
  if (pixels === 0) {
    throw new ImageInputError(
      'insideL1',
      'mask',
      `a pixel above ${maskThreshold}`,
      'none',
      'Without a figure there is no score inside it: check the silhouettes, or leave the mask out.',
    );
  }
  return sum / (3 * pixels);
}
