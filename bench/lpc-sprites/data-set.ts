// What compose wrote, read back for scores and pictures.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Mask, RgbImage } from '@ggb/metrics';
import sharp from 'sharp';
import type { Keypoints } from './landmarks.ts';
import { StudyError } from './study-error.ts';

export interface StudyPair {
  readonly id: string;
  readonly split: 'train' | 'test';
  readonly identity: string;
  readonly source: string;
  readonly target: string;
  readonly sourceMask: string;
  readonly targetMask: string;
  readonly keypoints: Keypoints;
  readonly sourceKeypoints: Keypoints;
  readonly sourcePose: string;
  readonly targetPose: string;
}

/** Pairs of one split with their pose names. */
export function studyPairs(folder: string, split: StudyPair['split']): StudyPair[] {
  const manifest = lines<StudyPair>(join(folder, 'pairs.jsonl'));
  const poses = lines<StudyPair>(join(folder, 'poses.jsonl'));
  return manifest.map((pair, i) => ({ ...pair, ...(poses[i] as StudyPair) })).filter((pair) => pair.split === split);
}

export function trainingCharacters(folder: string): string[] {
  return [...new Set(studyPairs(folder, 'train').map(({ identity }) => identity))].sort();
}

export function dataFolder(data: string | undefined): string {
  const folder = resolve(data ?? join('.ggb', 'lpc-sprites'));
  if (existsSync(join(folder, 'poses.jsonl'))) return folder;
  throw new StudyError(
    `${folder} holds no poses.jsonl. Write the data set first: node bench/lpc-sprites/run.mjs compose --sprites FOLDER`,
  );
}

export async function readImage(folder: string, path: string): Promise<RgbImage> {
  const { data, info } = await sharp(join(folder, path))
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

export async function readMask(folder: string, path: string): Promise<Mask> {
  const { data, info } = await sharp(join(folder, path)).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

function lines<T>(path: string): T[] {
  const text = readFileSync(path, 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as T);
}
