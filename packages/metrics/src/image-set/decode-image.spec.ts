import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { pngOf } from '../../testing/png-chunks.ts';
import { decodeImage, ImageReadError } from './decode-image.ts';

// Files and pixels of core's decoder: both packages must see the same images.
const fixtures = join(__dirname, '..', '..', '..', 'core', 'testing', 'decoded-by-pil');
const golden: { files: Record<string, { width: number; height: number; rgb: string }> } = JSON.parse(
  readFileSync(join(fixtures, 'pil.golden.json'), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'decode-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('decodeImage', () => {
  // Transparent pixels of a GIF are black to sharp, and the palette's colour to Pillow.
  it.each(Object.keys(golden.files).filter((name) => name !== 'transparent.gif'))(
    "gives the pixels of Pillow's convert('RGB'): %s",
    async (name) => {
      const { width, height, rgb } = golden.files[name] as { width: number; height: number; rgb: string };
      const image = await decodeImage(join(fixtures, name));
      expect(image).toEqual({ width, height, data: new Uint8Array(Buffer.from(rgb, 'base64')) });
    },
  );

  it.each(['rgb.png', '444.jpg', 'progressive.jpg', 'lossless.webp'])('refuses half of a file: %s', async (name) => {
    const bytes = readFileSync(join(fixtures, name));
    const file = join(folder, name);
    writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    await expect(decodeImage(file)).rejects.toThrow(ImageReadError);
  });

  it('refuses more than 100 megapixels by the header alone', async () => {
    const file = join(folder, 'large.png');
    writeFileSync(file, pngOf(20_000, 5_001, deflateSync(Buffer.alloc(9))));
    await expect(decodeImage(file)).rejects.toThrow(`${file}: cannot be decoded: 20000 x 5001 pixels are too many.`);
  });
});
