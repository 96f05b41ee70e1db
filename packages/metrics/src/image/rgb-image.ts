// What every metric takes: pixels at rest. Structural types, so that whoever decodes images need not know this package.
import { ImageInputError } from './image-input-error.ts';

/** uint8 RGB, interleaved, row by row: `data.length === 3 * width * height`. */
export interface RgbImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** uint8, one value a pixel, row by row; a pixel belongs to the mask when its value is above {@link maskThreshold}. */
export interface Mask {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Grey silhouettes hold 0 and 255; the middle, so that resized or compressed ones are cut where the eye would cut. */
export const maskThreshold = 127;

/** @throws ImageInputError  if the two differ in size, or if the pixels of one are not 3 * width * height. */
export function checkSameSize(operation: string, names: readonly [string, string], a: RgbImage, b: RgbImage): void {
  checkLength(operation, names[0], a, 3);
  checkLength(operation, names[1], b, 3);
  checkSides(operation, names[1], b, a, names[0]);
}

/** @throws ImageInputError  if the mask is not as large as the image. */
export function checkMask(operation: string, name: string, mask: Mask, like: RgbImage | Mask, likeName: string): void {
  checkLength(operation, name, mask, 1);
  checkSides(operation, name, mask, like, likeName);
}

function checkLength(operation: string, argument: string, image: Mask, channels: number): void {
  const { data, width, height } = image;
  if (Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0) {
    if (data.length === channels * width * height) return;
  }
  throw new ImageInputError(
    operation,
    argument,
    `${channels} * width * height bytes`,
    `${data.length} bytes for ${width} x ${height}`,
    channels === 3 ? 'Decode to interleaved 8-bit RGB, without alpha.' : 'Decode to one 8-bit channel.',
  );
}

function checkSides(operation: string, argument: string, image: Mask, like: Mask, likeName: string): void {
  if (image.width === like.width && image.height === like.height) return;
  throw new ImageInputError(
    operation,
    argument,
    `${like.width} x ${like.height} pixels, as ${likeName}`,
    `${image.width} x ${image.height}`,
    'Metrics never resize: bring both to one size first, and say how in the report.',
  );
}
