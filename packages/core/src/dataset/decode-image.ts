// Image files as pixels, equal to what Pillow's `Image.open(file).convert('RGB')` gives, so that training here and
// evaluation in Python see the same numbers. Held against Pillow by testing/decoded-by-pil.
//
// - EXIF orientation is not obeyed and ICC profiles are ignored, as convert('RGB') does.
// - Alpha is dropped, not blended. Palettes are looked up; grey becomes three equal channels; of animations the first frame.
// - 16-bit RGB and 16-bit grey with alpha keep their high bytes. 16-bit grey alone is clipped to 255, as odd as that is
//   (`scanPairs` refuses it). CMYK is converted by Pillow's formula.
//
// PNG, JPEG, WebP and TIFF are equal in every byte (JPEG: both sides decode by libjpeg-turbo's accurate integer DCT; another
// build of Pillow may differ). One difference is left: transparent pixels of a GIF are black here, and the palette's
// colour in Pillow.
import { stat } from 'node:fs/promises';
import type { RgbImage } from './example.ts';

/** More would take over 300 MB decoded, and is a mistake or an attack. */
export const largestImagePixels = 100_000_000;

const readableFormats = ['png', 'jpeg', 'webp', 'gif', 'tiff'];

/** An image that cannot be read. `file` is its path, '(bytes)', or for one of a pair `manifest:line:key`. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly file: string,
    readonly expected: string,
    readonly received: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: expected ${expected}, received ${received}.`, options);
  }
}

/** sharp, which reads image files, is an optional peer dependency and is not installed. */
export class SharpMissingError extends Error {
  override readonly name = 'SharpMissingError';

  constructor(cause: unknown) {
    super(
      'Reading image files needs the package sharp, which cannot be loaded. Install it: npm install sharp@0.35\n' +
        `  (${(cause as Error).message.split('\n', 1)[0]})`,
      { cause },
    );
  }
}

export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** What needs a conversion of its own. */
  readonly encoding: 'common' | 'cmyk' | 'grey16';
}

/**
 * Size and encoding of an image file, read from its first bytes. Runs off the main thread.
 *
 * @throws ImageError  for what is missing, no image of a known format (PNG, JPEG, WebP, GIF, TIFF), or too large.
 * @throws SharpMissingError
 */
export async function readImageHeader(input: string | Uint8Array): Promise<ImageHeader> {
  const sharp = await loadSharp();
  const { width, height, format, space, depth, channels } = await sharp(input, { limitInputPixels: false })
    .metadata()
    .catch((cause) => failure(input, cause));
  if (!readableFormats.includes(format)) throw new ImageError(nameOf(input), expectedImage, `the format ${format}`);
  if (width * height > largestImagePixels) {
    throw new ImageError(
      nameOf(input),
      `at most ${largestImagePixels / 1e6} megapixels`,
      `${width} x ${height} pixels`,
    );
  }
  const is16Bit = depth === 'ushort' && (space === 'rgb16' || space === 'grey16');
  const is8Bit = depth === 'uchar' && (space === 'srgb' || space === 'b-w' || space === 'cmyk');
  if (!is16Bit && !is8Bit) {
    throw new ImageError(nameOf(input), 'RGB or grey of 8 or 16 bits, or CMYK of 8', `${space} of depth ${depth}`);
  }
  const encoding = space === 'cmyk' ? 'cmyk' : space === 'grey16' && channels === 1 ? 'grey16' : 'common';
  return { width, height, encoding };
}

/**
 * The pixels of an image file or of its bytes. Runs off the main thread.
 *
 * @throws ImageError  as {@link readImageHeader}, and for truncated files.
 * @throws SharpMissingError
 */
export async function decodeImage(input: string | Uint8Array): Promise<RgbImage> {
  return decodePixels(input, await readImageHeader(input));
}

/** The same where the header has been read already. */
export async function decodePixels(input: string | Uint8Array, { encoding }: ImageHeader): Promise<RgbImage> {
  const sharp = await loadSharp();
  // libjpeg warns about oddities that do no harm to pixels, so only truncation is an error, as in Pillow.
  const image = sharp(input, { ignoreIcc: true, failOn: 'truncated', limitInputPixels: largestImagePixels });
  if (encoding === 'cmyk') image.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
  else if (encoding === 'grey16') image.toColourspace('grey16').raw({ depth: 'ushort' });
  else image.removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true }).catch((cause) => failure(input, cause));
  const { width, height } = info;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (encoding === 'cmyk') return { data: rgbOfCmyk(pixels), width, height };
  if (encoding === 'grey16') return { data: rgbOfGrey16(pixels), width, height };
  return { data: pixels, width, height };
}

/** Pillow's integers: 255 - k, less the ink's share of it, divided by 255 with rounding. */
function rgbOfCmyk(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const light = 255 - (cmyk[from + 3] as number);
    for (let c = 0; c < 3; c++) {
      const product = (cmyk[from + c] as number) * light + 128;
      rgb[to++] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
  return rgb;
}

function rgbOfGrey16(bytes: Uint8Array): Uint8Array {
  // Node's buffers may begin at an odd address, which a Uint16Array must not.
  const grey = new Uint16Array(bytes.slice().buffer);
  const rgb = new Uint8Array(grey.length * 3);
  for (const [i, value] of grey.entries()) rgb.fill(Math.min(value, 255), i * 3, i * 3 + 3);
  return rgb;
}

const expectedImage = `an image (${readableFormats.join(', ')})`;

const nameOf = (input: string | Uint8Array) => (typeof input === 'string' ? input : '(bytes)');

async function failure(input: string | Uint8Array, cause: Error): Promise<never> {
  const found =
    typeof input === 'string' ? await stat(input).catch((error: NodeJS.ErrnoException) => error) : undefined;
  if (found instanceof Error) {
    const received = found.code === 'ENOENT' ? 'nothing there' : `a file that cannot be opened (${found.code})`;
    throw new ImageError(nameOf(input), expectedImage, received, { cause });
  }
  if (found?.isDirectory()) throw new ImageError(nameOf(input), expectedImage, 'a folder', { cause });
  const reason = cause.message.split('\n', 1)[0];
  throw new ImageError(nameOf(input), expectedImage, `a file that cannot be decoded (${reason})`, { cause });
}

let loadedSharp: typeof import('sharp').default | undefined;

async function loadSharp(): Promise<typeof import('sharp').default> {
  // Asking the module loader for every image would take longer than some images.
  if (loadedSharp !== undefined) return loadedSharp;
  try {
    loadedSharp = (await import('sharp')).default;
    return loadedSharp;
  } catch (cause) {
    throw new SharpMissingError(cause);
  }
}
