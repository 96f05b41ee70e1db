// Manifests that results name: where they are, and of their pairs those that are shown.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { manifestFileName, type Pair, readPairManifest } from '@ggb/core/files';
import { poseDistance } from '@ggb/core/keypoints';
import { manifestHash } from '../../data/manifest-hash.ts';

export interface ReadManifest {
  /** SHA-256 of its bytes. */
  readonly sha256: string;
  readonly byId: ReadonlyMap<string, Pair>;
}

/** @throws DataProblems  for a manifest that cannot be read. */
export async function readManifest(file: string, ids: ReadonlySet<string>): Promise<ReadManifest> {
  const pairs = await readPairManifest(file, { ids });
  const sha256 = await manifestHash({ manifest: file });
  return { sha256, byId: new Map(pairs.map((pair) => [pair.id, pair])) };
}

/** The file itself, of a manifest or of a folder with one in it. */
export async function manifestFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? resolve(path, manifestFileName) : resolve(path);
}

/** In figure heights; `null` where a pose is not known or shows no joint. */
export function poseChangeOf({
  keypoints,
  sourceKeypoints,
}: Pick<Pair, 'keypoints' | 'sourceKeypoints'>): number | null {
  if (keypoints === undefined || sourceKeypoints === undefined) return null;
  const distance = poseDistance(sourceKeypoints, keypoints);
  return Number.isFinite(distance) ? distance : null;
}
