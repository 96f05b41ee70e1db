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
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (/^GIF8[79]a/.test(text)) return 'gif';
  if (/^RIFF[^]{4}WEBP/.test(text)) return 'webp';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*') || text.startsWith('II+\0') || text.startsWith('MM\0+')) {
    return 'tiff';
  }
  const isOther =
    /^[^]{4}ftyp(avif|avis|hei[cfsx]|mif1|msf1|hevc)/.test(text) ||
    /^(BM[^]{4}\0\0\0\0|8BPS|\xff\x0a|\0\0\0\x0cJXL |\0\0\0\x0cjP {2}|DDS |v\/1\x01|qoif|P[1-6]\s|#\?RADIANCE)/.test(text);
  return isOther ? 'other' : undefined;
}
