// Manifests that results name, read once for all runs that share one.
import { resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { type Pair, manifestFileName, readPairManifest } from '@ggb/core/files';
import { poseDistance } from '@ggb/core/keypoints';
import { manifestHash } from '../../data/manifest-hash.ts';
import { Fresh, fileMark } from './file-mark.ts';

export interface ReadManifest {
  readonly file: string;
  readonly mark: string;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
  readonly byId: ReadonlyMap<string, Pair>;
}

export class ManifestLibrary {
  private readonly read = new Map<string, Fresh<ReadManifest>>();

  /**
   * @param path  a manifest, or a folder with one in it.
   * @throws DataProblems  for one that cannot be read.
   */
  async manifest(path: string): Promise<ReadManifest> {
    const file = await manifestFile(path);
    const fresh = this.read.get(file) ?? new Fresh<ReadManifest>();
    this.read.set(file, fresh);
    const mark = await fileMark(file);
    return fresh.value(mark, async () => {
      const pairs = await readPairManifest(file);
      const sha256 = await manifestHash({ manifest: file });
      return { file, mark, sha256, byId: new Map(pairs.map((pair) => [pair.id, pair])) };
    });
  }
}

async function manifestFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? resolve(path, manifestFileName) : resolve(path);
}

/** In figure heights; `null` where a pose is not known or shows no joint. */
export function poseChangeOf({ keypoints, sourceKeypoints }: Pick<Pair, 'keypoints' | 'sourceKeypoints'>): number | null {
  if (keypoints === undefined || sourceKeypoints === undefined) return null;
  const distance = poseDistance(sourceKeypoints, keypoints);
  return Number.isFinite(distance) ? distance : null;
}
