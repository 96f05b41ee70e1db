// Image files for specs, drawn on the spot.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp from 'sharp';
import type { RgbImage } from '../src/image/rgb-image.ts';
import { figure } from './test-images.ts';

/** Writes pixels in the format that the name says. */
export async function writeImage(file: string, { data, width, height }: RgbImage): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(file);
}

/** A real image and a generated one that differs, for each name, in two folders. */
export async function writePairs(folder: string, names: readonly string[], size = 32): Promise<void> {
  for (const [i, name] of names.entries()) {
    await writeImage(`${folder}/real/${name}`, figure(size, size, 12 + (i % 5)));
    await writeImage(`${folder}/generated/${name}`, figure(size, size, 14 + (i % 7)));
  }
}
