// Where the figures are: most of a frame is background, and a score over all of it says mainly how flat that came out.
import { checkMask, type Mask, maskThreshold } from '../image/rgb-image.ts';

/**
 * The pixels that scores "inside the figures" look at: silhouette of the source or of the target, grown by one pixel in
 * all eight directions, so that outlines and what is left behind by a moved limb count. Values 0 and 255.
 *
 * @throws ImageInputError  if the silhouettes differ in size.
 */
export function figureMask(source: Mask, target: Mask): Mask {
  checkMask('figureMask', 'source silhouette', source, source, 'itself');
  checkMask('figureMask', 'target silhouette', target, source, 'the source silhouette');
  const { width, height } = source;
  const union = new Uint8Array(width * height);
  for (let i = 0; i < union.length; i++) {
    const isFigure = (source.data[i] as number) > maskThreshold || (target.data[i] as number) > maskThreshold;
    union[i] = isFigure ? 255 : 0;
  }
  return { data: dilate(union, width, height), width, height };
}

/** Maximum over the 3x3 neighbourhood, what is beyond the border left out. */
function dilate(values: Uint8Array, width: number, height: number): Uint8Array {
  const result = new Uint8Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let largest = 0;
      for (let dy = y > 0 ? -1 : 0; dy <= (y < height - 1 ? 1 : 0); dy++) {
        for (let dx = x > 0 ? -1 : 0; dx <= (x < width - 1 ? 1 : 0); dx++) {
          largest = Math.max(largest, values[(y + dy) * width + x + dx] as number);
        }
      }
      result[y * width + x] = largest;
    }
  }
  return result;
}
