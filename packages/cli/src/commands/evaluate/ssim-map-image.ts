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
