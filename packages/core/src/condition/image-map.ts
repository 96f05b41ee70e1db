// An image as condition: its pixels, in the range of all images.
import type { RgbImage } from '../dataset/example.ts';
import { writeMinusOneToOne } from '../dataset/pixel-range.ts';
import { ConditionError } from './condition-error.ts';

/**
 * Writes the image into `out`, float32 [size, size, 3], values -1..1.
 *
 * @throws ConditionError  unless the image has that size.
 */
export function drawImage(image: RgbImage | undefined, size: number, out: Float32Array): void {
  if (image?.width !== size || image.height !== size) {
    throw new ConditionError(
      'image',
      `${size} x ${size} pixels`,
      image === undefined ? 'none' : `${image.width} x ${image.height}`,
    );
  }
  writeMinusOneToOne(image.data, out);
}
