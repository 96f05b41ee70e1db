// A picture of a result as bytes for a browser, in the pixels that training and metrics see.
import type { FileHandle } from 'node:fs/promises';
import { decodeImage, largestImagePixels, type RgbImage } from '@ggb/core/files';
import type { Metadata } from 'sharp';
import type { AllowedFolders } from './allowed-folders.ts';
import { type ImageType, imageTypeOf } from './image-type.ts';
import { ViewError } from './view-error.ts';

export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: Exclude<ImageType, 'image/tiff'>;
}

/** Where a picture comes from. */
export type PictureOrigin =
  | { readonly kind: 'file'; readonly path: string }
  /** Made when it is asked for; `name` tells it from others. */
  | { readonly kind: 'drawn'; readonly name: string; readonly draw: () => Promise<RgbImage> };

/** Files above this are no results. */
const largestFileBytes = 256 * 2 ** 20;

/**
 * The file as it is, if a browser shows the pixels that `decodeImage` reads; else those pixels as a PNG.
 *
 * @throws ViewError  403 and 404 as `AllowedFolders.open`, 415 for what is no picture.
 */
export async function pictureOf(origin: PictureOrigin, folders: AllowedFolders): Promise<Picture> {
  if (origin.kind === 'drawn') return pngOf(await origin.draw());
  const { path } = origin;
  const bytes = await readWhole(await folders.open(path), path);
  const type = imageTypeOf(bytes);
  if (type === undefined) throw notShown(path);
  if (type !== 'image/tiff' && isShownAsDecoded(bytes, await headerOf(bytes, path))) return { bytes, type };
  return pngOf(await decodeImage(bytes).catch((cause: Error) => failed(path, cause)));
}

/**
 * The pixels that `decodeImage` reads. By the native decoders where they are: of a small file in a twentieth of the time.
 *
 * @throws ViewError  as {@link pictureOf}.
 */
export async function pixelsOf(origin: PictureOrigin, folders: AllowedFolders): Promise<RgbImage> {
  if (origin.kind === 'drawn') return origin.draw();
  const { path } = origin;
  const decode = await nativeDecoder();
  const file = await folders.open(path);
  // By its descriptor: what was checked is what is read, whatever stands at its path by now.
  const decoded = await decode?.(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (decoded !== undefined) {
    await file.close();
    return decoded;
  }
  // Other formats, and what to say of broken files, are sharp's.
  const bytes = await readWhole(file, path);
  if (imageTypeOf(bytes) === undefined) throw notShown(path);
  return decodeImage(bytes).catch((cause: Error) => failed(path, cause));
}

let foundDecoder: Promise<((path: string) => Promise<RgbImage>) | undefined> | undefined;

function nativeDecoder() {
  foundDecoder ??= (async () => {
    if (process.platform !== 'linux') return undefined;
    const { decodeFile, imagesBackend } = await import('@ggb/native-ops/images');
    return imagesBackend().available ? decodeFile : undefined;
  })();
  return foundDecoder;
}

/** Tells a picture and its content from others, for what is made of it. @throws ViewError  as `AllowedFolders.open`. */
export async function nameOfOrigin(origin: PictureOrigin, folders: AllowedFolders): Promise<string> {
  return origin.kind === 'drawn' ? `drawn ${origin.name}` : `file ${await folders.markOf(origin.path)}`;
}

/**
 * The picture at most `side` pixels wide and high. One that is small already stays as it is: it is enlarged by the page,
 * pixel by pixel.
 */
export async function thumbnailOf({ bytes, type }: Picture, side: number): Promise<Picture> {
  const sharp = await loadSharp();
  const image = sharp(bytes, { ignoreIcc: true, limitInputPixels: largestImagePixels });
  const { width, height } = await image.metadata();
  if (width <= side && height <= side) return { bytes, type };
  const resized = await image.resize(side, side, { fit: 'inside' }).webp({ quality: 82 }).toBuffer();
  return { bytes: new Uint8Array(resized), type: 'image/webp' };
}

export async function pngOf({ data, width, height }: RgbImage): Promise<Picture> {
  const sharp = await loadSharp();
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
  return { bytes: new Uint8Array(png), type: 'image/png' };
}

/** Loading it takes longer than the rest of the server's start; the scores are shown meanwhile. */
export async function loadSharp(): Promise<typeof import('sharp').default> {
  return (await import('sharp')).default;
}

/** Browsers turn by EXIF, convert by ICC profiles and CMYK their own way, blend alpha; training does none of that. */
function isShownAsDecoded(bytes: Uint8Array, { orientation, icc, space, depth, hasAlpha }: Metadata): boolean {
  // A PNG may name a gamma of its own, ahead of its pixels; sharp does not tell.
  if (Buffer.from(bytes.buffer, 0, Math.min(bytes.length, 1024)).includes('gAMA')) return false;
  return (
    (orientation ?? 1) === 1 &&
    icc === undefined &&
    !hasAlpha &&
    depth === 'uchar' &&
    (space === 'srgb' || space === 'b-w')
  );
}

async function headerOf(bytes: Uint8Array, path: string): Promise<Metadata> {
  const sharp = await loadSharp();
  return sharp(bytes, { limitInputPixels: largestImagePixels })
    .metadata()
    .catch((cause: Error) => failed(path, cause));
}

async function readWhole(file: FileHandle, path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await file.stat();
    if (size > largestFileBytes) throw new ViewError(413, `${path}: larger than ${largestFileBytes / 2 ** 20} MiB.`);
    return new Uint8Array(await file.readFile());
  } finally {
    await file.close();
  }
}

function notShown(path: string): ViewError {
  return new ViewError(415, `${path}: not a picture that is shown (PNG, JPEG, WebP, GIF, TIFF).`);
}

function failed(path: string, cause: Error): never {
  throw new ViewError(415, `${path}: cannot be decoded (${cause.message.split('\n', 1)[0]}).`, { cause });
}
