// A data set small enough to train on in a spec: two-coloured blocks in places that the key points tell.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Joint, jointCount, type Keypoints } from '@ggb/core';
import { type NewPair, writePairManifest } from '@ggb/core/node';
import sharp from 'sharp';

export const tinySize = 32;

/** Settings of a model that trains a step in milliseconds. */
export const tinySettings = [
  'preset=quick',
  `image.size=${tinySize}`,
  'model.generator.baseChannels=4',
  'model.discriminator.baseChannels=4',
  'model.discriminator.layers=3',
  'model.guidingBlock.encoderChannels=[4, 4]',
  'model.guidingBlock.criticChannels=[4, 4]',
  'training.batchSize=2',
  'training.logEvery=1',
];

const places = [4, 12, 20];

/** Three identities in three places, the third identity for the test; a pair for each move. Writes pairs.jsonl. */
export async function writeTinyPairs(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const pairs: NewPair[] = [];
  for (const [identity, colour] of [
    [200, 40, 40],
    [40, 160, 60],
    [50, 60, 200],
  ].entries()) {
    for (const [pose, x] of places.entries()) {
      await writeBlock(join(folder, `${identity}-${pose}.png`), x, colour, [232, 232, 230]);
      await writeBlock(join(folder, `${identity}-${pose}-mask.png`), x, [255, 255, 255], [0, 0, 0]);
      const next = (pose + 1) % places.length;
      pairs.push({
        id: `person-${identity}-pose-${pose}`,
        source: join(folder, `${identity}-${pose}.png`),
        target: join(folder, `${identity}-${next}.png`),
        sourceMask: join(folder, `${identity}-${pose}-mask.png`),
        targetMask: join(folder, `${identity}-${next}-mask.png`),
        keypoints: keypointsAt(places[next] as number),
        sourceKeypoints: keypointsAt(x),
        split: identity === 2 ? 'test' : 'train',
        identity: `${identity}`,
      });
    }
  }
  await writePairManifest(join(folder, 'pairs.jsonl'), pairs);
}

/** Joints down the middle of the block, one of them hidden. */
export function keypointsAt(x: number): Keypoints {
  return Array.from({ length: jointCount }, (_, joint): Joint => (joint === 3 ? null : [x + 4, 6 + joint]));
}

async function writeBlock(file: string, left: number, figure: readonly number[], ground: readonly number[]) {
  const data = new Uint8Array(3 * tinySize * tinySize);
  for (let y = 0; y < tinySize; y++) {
    for (let x = 0; x < tinySize; x++) {
      const isFigure = x >= left && x < left + 8 && y >= 4 && y < 28;
      data.set(isFigure ? figure : ground, 3 * (y * tinySize + x));
    }
  }
  await sharp(data, { raw: { width: tinySize, height: tinySize, channels: 3 } })
    .png()
    .toFile(file);
}
