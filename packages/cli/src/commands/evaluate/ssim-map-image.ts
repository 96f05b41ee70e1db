// Where in the image an SSIM score comes from, as a grey picture.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Protocol, ssimMap } from '@ggb/metrics';
import { decodeImage, maskOfPair, type PairFiles } from '@ggb/metrics/node';
import sharp from 'sharp';

/**
 * One pixel a window, so smaller than the image by the window less one: white is 1 (equal), black 0 and below. Of protocols
 * that shrink images, the map of the shrunken ones.
 */
export async function writeSsimMap(file: string, pair: PairFiles, protocol: Protocol): Promise<void> {
  const [real, generated] = await Promise.all([decodeImage(pair.real), decodeImage(pair.generated)]);
  const mask = maskOfPair(pair, real, protocol, ['ssim']);
  const { data, width, height } = ssimMap(real, generated, protocol, mask);
  const grey = Uint8Array.from(data, (score) => Math.round(255 * Math.min(1, Math.max(0, score))));
  await mkdir(dirname(file), { recursive: true });
  await sharp(grey, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file);
}

/**
 * Where the map of each pair lies in the folder of maps: `a/b.png` of `a/b.png`, `a/b.jpg.png` of `a/b.jpg`. Two pairs never
 * share one, on file systems that do not tell capitals apart neither: a name that is taken gets a number. The same pairs
 * in the same order get the same names, so that a resumed run goes on with them.
 */
export function ssimMapNames(pairs: { readonly length: number; name(index: number): string }): string[] {
  const taken = new Set<string>();
  return Array.from({ length: pairs.length }, (_, index) => {
    // Of images from elsewhere the way to them, without the root of a disk.
    const parts = pairs.name(index).split(/[/\\]+/);
    const within = parts.filter((part) => part !== '' && part !== '.' && part !== '..' && !/^[A-Za-z]:$/.test(part));
    const wanted = within.join('/');
    const name = wanted.toLowerCase().endsWith('.png') ? wanted : `${wanted}.png`;
    let free = name;
    for (let number = 2; taken.has(free.toLowerCase()); number++) {
      free = `${name.slice(0, -4)}~${number}${name.slice(-4)}`;
    }
    taken.add(free.toLowerCase());
    return free;
  });
}
