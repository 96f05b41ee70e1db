// Pairs to look at: source, target, target with the landmarks of its manifest line as discs. Never committed (licence).
//
//   node bench/lpc-sprites/run.mjs contact-sheet [--data .ggb/lpc-sprites] [--split test] [--pairs 24] [--out FILE.png]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RgbImage } from '@ggb/metrics';
import sharp, { type OverlayOptions } from 'sharp';
import { dataFolder, readImage, studyPairs } from './data-set.ts';
import type { Keypoints } from './landmarks.ts';
import { cellSide } from './poses.ts';
import { StudyError } from './study-error.ts';

const zoom = 3;
const pairsAcross = 4;
const tile = zoom * cellSide;

/** By COCO-18 slot, as landmarks.ts fills them. */
const colours: Readonly<Record<number, string>> = {
  0: '#ff00ff',
  1: '#00c000',
  4: '#ff0000',
  7: '#0000ff',
  8: '#ffff00',
  10: '#ff8000',
  13: '#00ffff',
  14: '#800000',
  15: '#000080',
};

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      split: { type: 'string', default: 'test' },
      pairs: { type: 'string', default: '24' },
      out: { type: 'string' },
    },
  });
  const folder = dataFolder(values.data);
  const { split } = values;
  if (split !== 'train' && split !== 'test')
    throw new StudyError(`--split: expected train or test, received '${split}'.`);
  const pairs = studyPairs(folder, split).slice(0, Number(values.pairs));
  const tiles: OverlayOptions[] = [];
  for (const [i, pair] of pairs.entries()) {
    const left = (i % pairsAcross) * 3 * tile;
    const top = Math.floor(i / pairsAcross) * tile;
    const [source, target] = [await readImage(folder, pair.source), await readImage(folder, pair.target)];
    const pictures = [await enlarged(source), await enlarged(target), await withDiscs(target, pair.keypoints)];
    pictures.forEach((input, column) => {
      tiles.push({ input, left: left + column * tile, top });
    });
  }
  const out = values.out ?? join(folder, `contact-sheet-${split}.png`);
  const size = { width: pairsAcross * 3 * tile, height: Math.ceil(pairs.length / pairsAcross) * tile };
  await sharp({ create: { ...size, channels: 3, background: '#ffffff' } })
    .composite(tiles)
    .png()
    .toFile(out);
  console.log(out);
}

function enlarged({ data, width, height }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(tile, tile, { kernel: 'nearest' })
    .png()
    .toBuffer();
}

async function withDiscs(image: RgbImage, keypoints: Keypoints): Promise<Buffer> {
  const discs = keypoints.map((point, slot) => {
    if (point === null) return '';
    // A key point counts from the centre of the first pixel, SVG from its corner.
    const [x, y] = point.map((value) => (value + 0.5) * zoom);
    return `<circle cx="${x}" cy="${y}" r="${2 * zoom}" fill="${colours[slot] ?? '#000'}" stroke="#fff"/>`;
  });
  const overlay = Buffer.from(`<svg width="${tile}" height="${tile}">${discs.join('')}</svg>`);
  return sharp(await enlarged(image))
    .composite([{ input: overlay }])
    .png()
    .toBuffer();
}
