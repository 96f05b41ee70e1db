// Where two images differ, pixel by pixel.
import { ImageInputError, type RgbImage } from '@ggb/metrics';

/** Mean of the absolute differences of the three channels of each pixel, 0..255, row by row. */
export function absoluteDifference(a: RgbImage, b: RgbImage): Float32Array {
  if (a.width !== b.width || a.height !== b.height) {
    const [expected, received] = [a, b].map(({ width, height }) => `${width} x ${height} pixels`) as [string, string];
    throw new ImageInputError(
      'difference',
      'second image',
      `${expected}, as the first`,
      received,
      'Compare images of one size.',
    );
  }
  const values = new Float32Array(a.width * a.height);
  for (let i = 0; i < values.length; i++) {
    let sum = 0;
    for (let at = 3 * i; at < 3 * i + 3; at++) sum += Math.abs((a.data[at] as number) - (b.data[at] as number));
    values[i] = sum / 3;
  }
  return values;
}
