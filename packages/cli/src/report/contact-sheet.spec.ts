import type { RgbImage } from '@ggb/core';
import sharp from 'sharp';
import { contactSheet } from './contact-sheet.ts';

const colour = (red: number, green: number, blue: number): RgbImage => ({
  data: Uint8Array.from([red, green, blue]),
  width: 1,
  height: 1,
});

async function pixels(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return {
    info,
    at: (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)],
  };
}

describe('contactSheet', () => {
  it('puts rows below each other, cells beside each other, enlarged, with white gaps', async () => {
    const sheet = await pixels(
      await contactSheet(
        [
          [colour(255, 0, 0), colour(0, 255, 0)],
          [undefined, colour(0, 0, 255)],
        ],
        4,
      ),
    );
    expect(sheet.info).toMatchObject({ width: 14, height: 14, channels: 3 });
    expect(sheet.at(2, 2)).toEqual([255, 0, 0]);
    expect(sheet.at(5, 5)).toEqual([255, 0, 0]);
    expect(sheet.at(6, 2)).toEqual([255, 255, 255]);
    expect(sheet.at(8, 2)).toEqual([0, 255, 0]);
    expect(sheet.at(3, 9)).toEqual([255, 255, 255]);
    expect(sheet.at(11, 11)).toEqual([0, 0, 255]);
  });

  it('does not smooth when it enlarges', async () => {
    const two: RgbImage = { data: Uint8Array.from([0, 0, 0, 200, 200, 200]), width: 2, height: 1 };
    const sheet = await pixels(await contactSheet([[two]], 8));
    expect(sheet.at(5, 4)).toEqual([0, 0, 0]);
    expect(sheet.at(6, 4)).toEqual([200, 200, 200]);
  });
});
