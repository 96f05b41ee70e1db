// Image files as pixels by sharp, equal to Pillow's `Image.open(file).convert('RGB')`: no EXIF orientation, no ICC
// profile, alpha dropped, 16-bit grey clipped at 255, CMYK by Pillow's integers. `@ggb/core` decodes for training by the
// same rules and knows pairs and manifests; neither package may import the other, so both are held against the same
// fixtures (core/testing/decoded-by-pil).
import type { RgbImage } from '../image/rgb-image.ts';
import type { ImageFormat } from './image-format.ts';

/** More would take over 300 MB decoded, and is a mistake or an attack. */
export const largestImagePixels = 100_000_000;

/** A file that the decoder refuses. */
export class ImageReadError extends Error {
  override readonly name = 'ImageReadError';

  constructor(
    readonly file: string,
    /** The decoder's first line. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: cannot be decoded: ${reason}.`, options);
  }
}

export interface ImageMetadata {
  readonly width: number;
  readonly height: number;
  /** Undefined for what sharp reads and this package does not. */
  readonly format: ImageFormat | undefined;
  readonly pages: number;
  readonly is16Bit: boolean;
  readonly isCmyk: boolean;
  readonly isGrey16: boolean;
}

/** @throws ImageReadError */
export async function readMetadata(path: string | Uint8Array): Promise<ImageMetadata> {
  const { default: sharp } = await import('sharp');
  const found = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch((cause: Error) => refuse(path, cause));
  const { width, height, format, space, depth, channels, pages = 1 } = found;
  const isCommon = depth === 'uchar' && (space === 'srgb' || space === 'b-w' || space === 'cmyk');
  const is16Bit = depth === 'ushort';
  const isKnown = (isCommon || is16Bit) && (knownFormats as readonly string[]).includes(format);
  return {
    width,
    height,
    format: isKnown ? (format as ImageFormat) : undefined,
    pages,
    is16Bit,
    isCmyk: space === 'cmyk',
    isGrey16: is16Bit && space === 'grey16' && channels === 1,
  };
}

const knownFormats = ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const satisfies readonly ImageFormat[];

/**
 * The pixels of a file, or of its bytes. Runs off the main thread.
 *
 * @throws ImageReadError  for what is missing, cut short, broken, too large or of no format that is read.
 */
export async function decodeImage(path: string | Uint8Array): Promise<RgbImage> {
  const { default: sharp } = await import('sharp');
  const { width, height, format, isCmyk, isGrey16 } = await readMetadata(path);
  if (format === undefined) throw new ImageReadError(nameOf(path), 'the format is not read');
  if (width * height > largestImagePixels)
    throw new ImageReadError(nameOf(path), `${width} x ${height} pixels are too many`);
  // libjpeg warns about oddities that do no harm to pixels, so only truncation is an error, as in Pillow.
  const image = sharp(path, { ignoreIcc: true, failOn: 'truncated', limitInputPixels: largestImagePixels });
  if (isCmyk) image.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
  else if (isGrey16) image.toColourspace('grey16').raw({ depth: 'ushort' });
  else image.removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true }).catch((cause: Error) => refuse(path, cause));
  const size = { width: info.width, height: info.height };
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (isCmyk) return { data: rgbOfCmyk(pixels), ...size };
  if (isGrey16) return { data: rgbOfGrey16(pixels), ...size };
  return { data: pixels, ...size };
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
  const rgb = new Uint8Array((bytes.length / 2) * 3);
  const grey = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < bytes.length / 2; i++) rgb.fill(Math.min(grey.getUint16(2 * i, true), 255), 3 * i, 3 * i + 3);
  return rgb;
}

const nameOf = (input: string | Uint8Array) => (typeof input === 'string' ? input : '(bytes)');

function refuse(path: string | Uint8Array, cause: Error): never {
  const reason = (cause.message.split('\n', 1)[0] ?? '').replace(/\.$/, '');
  throw new ImageReadError(nameOf(path), reason, { cause });
}
