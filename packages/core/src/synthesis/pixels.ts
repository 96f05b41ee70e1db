// Images as they cross the border of a Synthesizer: bytes a canvas and sharp both understand.
import type { RgbImage } from '../dataset/example.ts';
import { SynthesisInputError } from './errors.ts';

/**
 * An image that goes in: RGB or RGBA bytes, interleaved, row by row; which of both follows from the length. An ImageData is one, and so is
 * what sharp's `raw()` gives together with its `info`. Alpha is dropped, not blended: what a transparent pixel hides counts.
 */
export interface InputImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/**
 * An image that comes out: RGBA, opaque. `new ImageData(data, width, height)` puts it on a canvas,
 * `sharp(data, { raw: { width, height, channels } })` into a file.
 */
export interface SynthesizedImage {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: 4;
  /** What the heads of the guided levels drew, coarse to fine, each as large as the maps of its level; if asked for. */
  readonly levels?: ReadonlyMap<number, SynthesizedImage>;
}

/**
 * The image as RGB.
 *
 * @throws SynthesisInputError  unless it has `size` x `size` pixels of 3 or 4 bytes.
 */
export function rgbOf(image: InputImage | undefined, size: number, argument: string): RgbImage {
  if (image === undefined || image === null) {
    throw new SynthesisInputError(argument, `an image of ${size} x ${size} pixels`, 'none');
  }
  const { data, width, height } = image;
  if (width !== size || height !== size) {
    throw new SynthesisInputError(argument, `${size} x ${size} pixels`, `${width} x ${height}`);
  }
  if (!(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) {
    throw new SynthesisInputError(`${argument}.data`, 'a Uint8Array or Uint8ClampedArray', typeof data);
  }
  const pixels = size * size;
  if (data.length === 3 * pixels) {
    return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height };
  }
  if (data.length !== 4 * pixels) {
    throw new SynthesisInputError(
      `${argument}.data`,
      `${3 * pixels} bytes (RGB) or ${4 * pixels} (RGBA) for ${size} x ${size} pixels`,
      `${data.length}`,
    );
  }
  const rgb = new Uint8Array(3 * pixels);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from] as number;
    rgb[to + 1] = data[from + 1] as number;
    rgb[to + 2] = data[from + 2] as number;
  }
  return { data: rgb, width, height };
}

/** Image `index` of a batch of RGB bytes, as opaque RGBA. */
export function imageOfBatch(rgb: Uint8Array, index: number, size: number): SynthesizedImage {
  const pixels = size * size;
  const data = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let from = 3 * pixels * index, to = 0; to < data.length; from += 3, to += 4) {
    data[to] = rgb[from] as number;
    data[to + 1] = rgb[from + 1] as number;
    data[to + 2] = rgb[from + 2] as number;
  }
  return { data, width: size, height: size, channels: 4 };
}
