// What the examples need, made on the fly: a small model with random weights, a picture, two poses.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { randomCheckpoint, testImage, testPose, tinyNetwork } from '../../packages/core/testing/random-checkpoint.ts';

export interface RandomModel {
  readonly folder: string;
  readonly checkpoint: string;
  readonly image: string;
  readonly poses: string;
  /** The same as in the files. */
  readonly picture: ReturnType<typeof testImage>;
  readonly keypoints: readonly ReturnType<typeof testPose>[];
  /** As arguments of an example. */
  readonly options: readonly string[];
}

export async function makeRandomModel(): Promise<RandomModel> {
  const folder = mkdtempSync(join(tmpdir(), 'examples-spec-'));
  const network = tinyNetwork();
  const { size } = network.image;
  const picture = testImage(size);
  const keypoints = [
    testPose(size),
    testPose(size).map((joint) => joint && ([size - 1 - joint[0], joint[1]] as [number, number])),
  ];
  const [checkpoint, image, poses] = ['model.safetensors', 'figure.png', 'poses.json'].map((name) =>
    join(folder, name),
  );
  const paths = { checkpoint, image, poses } as Record<'checkpoint' | 'image' | 'poses', string>;
  writeFileSync(paths.checkpoint, randomCheckpoint(network));
  writeFileSync(paths.poses, JSON.stringify(keypoints.map((joints, i) => ({ name: `pose ${i}`, keypoints: joints }))));
  await sharp(picture.data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toFile(paths.image);
  const options = Object.entries(paths).flatMap(([name, path]) => [`--${name}`, path]);
  return { folder, ...paths, picture, keypoints, options };
}
