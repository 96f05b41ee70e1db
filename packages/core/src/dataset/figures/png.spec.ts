import sharp from 'sharp';
import { FigureRandom } from './figure-random.ts';
import { pngFile } from './png.ts';

describe('pngFile', () => {
  it.each([
    [1, 'b-w'],
    [3, 'srgb'],
  ] as const)('is read back by another decoder pixel by pixel, with %d channels', async (channels, space) => {
    const random = new FigureRandom(1, 3);
    const pixels = Uint8Array.from({ length: 5 * 5 * channels }, () => random.integer(256));
    const file = await pngFile(pixels, 5, channels);
    const metadata = await sharp(file).metadata();
    expect(metadata).toMatchObject({ format: 'png', width: 5, height: 5, channels, space, depth: 'uchar' });
    expect([...(await sharp(file).toColourspace(space).raw().toBuffer())]).toEqual([...pixels]);
  });
});
