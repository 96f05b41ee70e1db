// Which formats are read, by which names they go, and how their files begin.

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff';

/** By extension in lower case. */
export const formatOfExtension: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.jpe': 'jpeg',
  '.jfif': 'jpeg',
  '.png': 'png',
  '.webp': 'webp',
  '.gif': 'gif',
  '.tif': 'tiff',
  '.tiff': 'tiff',
};

/** Images all the same: leaving them out in silence would be scoring another set than the user means. */
const exoticExtensions = new Set(
  '.apng .avif .bmp .dds .dib .exr .hdr .heic .heif .ico .j2k .jp2 .jxl .jxr .pbm .pfm .pgm .pnm .ppm .psd .qoi .ras .sgi .svg .tga .xbm .xcf'.split(
    ' ',
  ),
);

export const readableFormats = 'JPEG, PNG, WebP, GIF, TIFF';

/** Extension in lower case, with its dot; empty without one. */
export function extensionOf(name: string): string {
  return /[^/](\.[^./]*)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

export function isImageName(name: string): boolean {
  const extension = extensionOf(name);
  return extension in formatOfExtension || exoticExtensions.has(extension);
}

export function withoutExtension(name: string): string {
  return isImageName(name) ? name.slice(0, -extensionOf(name).length) : name;
}

/** What the first bytes say; 16 are enough. 'other' is an image of a format that is not read. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | 'other' | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.length)).toString('latin1');
  const begins = (...signatures: string[]) => signatures.some((signature) => text.startsWith(signature));
  if (begins('\xff\xd8\xff')) return 'jpeg';
  if (begins('\x89PNG\r\n\x1a\n')) return 'png';
  if (begins('GIF87a', 'GIF89a')) return 'gif';
  if (begins('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (begins('II*\0', 'MM\0*', 'II+\0', 'MM\0+')) return 'tiff';
  const isMedia = text.slice(4, 8) === 'ftyp' && mediaBrands.has(text.slice(8, 12));
  const isBitmap = begins('BM') && text.slice(6, 10) === '\0\0\0\0';
  const isNetpbm = /^P[1-7]\s/.test(text);
  return isMedia || isBitmap || isNetpbm || begins(...otherSignatures) ? 'other' : undefined;
}

/** AVIF and HEIF. */
const mediaBrands = new Set(['avif', 'avis', 'heic', 'heix', 'heis', 'heif', 'hevc', 'mif1', 'msf1']);

/** Photoshop, JPEG XL (bare, boxed), JPEG 2000, DirectDraw, OpenEXR, QOI, Radiance. */
const otherSignatures = [
  '8BPS',
  '\xff\x0a',
  '\0\0\0\x0cJXL ',
  '\0\0\0\x0cjP  ',
  'DDS ',
  'v/1\x01',
  'qoif',
  '#?RADIANCE',
];
