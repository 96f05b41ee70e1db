import { checkSameSize, type RgbImage } from '../image/rgb-image.ts';

/**
 * How sharp an output is beside the truth: root mean square of its differences of horizontal neighbours, divided by the
 * truth's. 1: as sharp; below: blurred; above: noisy or over-sharp. Says nothing of likeness, so it is read beside SSIM,
 * which blur can raise. Infinity when the truth is flat along x and the output is not, 1 when both are.
 *
 * @throws ImageInputError  if the images differ in size.
 */
export function sharpnessRatio(output: RgbImage, truth: RgbImage): number {
  checkSameSize('sharpnessRatio', ['output', 'truth'], output, truth);
  const ours = horizontalEnergy(output);
  const theirs = horizontalEnergy(truth);
  return ours === theirs ? 1 : Math.sqrt(ours / theirs);
}

/** Sum over rows and channels of (I[x + 1] - I[x])^2: an exact integer below 2^53 for any image that fits in memory. */
function horizontalEnergy({ data, width, height }: RgbImage): number {
  let energy = 0;
  for (let y = 0; y < height; y++) {
    const end = 3 * width * (y + 1);
    for (let i = 3 * width * y + 3; i < end; i++) {
      const step = (data[i] as number) - (data[i - 3] as number);
      energy += step * step;
    }
  }
  return energy;
}
