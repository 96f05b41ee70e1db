// Pixels as an address for `<img src>`, without a canvas: a BMP file needs no compression and no checksum.
import type { RgbImage } from '@ggb/metrics';

const headerBytes = 54;

/** @see Microsoft, "Bitmap storage": BITMAPFILEHEADER (14 bytes) and BITMAPINFOHEADER (40 bytes), 24 bits a pixel. */
export function bitmapUrl({ data, width, height }: RgbImage): string {
  // Rows are padded to four bytes.
  const row = Math.ceil((3 * width) / 4) * 4;
  const bytes = new Uint8Array(headerBytes + row * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, headerBytes, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  // Negative: the first row is the top one.
  view.setInt32(22, -height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      const to = headerBytes + y * row + 3 * x;
      // Blue, green, red.
      for (let c = 0; c < 3; c++) bytes[to + c] = data[from + 2 - c] as number;
    }
  }
  return `data:image/bmp;base64,${btoa(String.fromCharCode(...bytes))}`;
}
