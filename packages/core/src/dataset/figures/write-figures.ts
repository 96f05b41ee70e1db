// The `figures` data set on disk: pictures, silhouettes and a pair manifest.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Keypoints } from '../../condition/keypoints.ts';
import { writeAtomically } from '../../files/atomic-file.ts';
import { randomPurposes } from '../../random/seeded-random.ts';
import { figureIdentity } from './figure-identity.ts';
import { figurePose } from './figure-pose.ts';
import { FigureRandom } from './figure-random.ts';
import { pngFile } from './png.ts';
import { type PlacedPose, type PoseChange, poseChange } from './pose-change.ts';
import { layOutFigure, renderLaidOut } from './render-figure.ts';

/** A setting of `writeFigures` that makes no data set. */
export class FiguresSettingError extends Error {
  readonly setting: string;
  readonly expected: string;
  readonly received: unknown;

  constructor(setting: string, expected: string, received: unknown) {
    super(`figures: ${setting} must be ${expected}, but is ${JSON.stringify(received) ?? String(received)}.`);
    this.name = 'FiguresSettingError';
    this.setting = setting;
    this.expected = expected;
    this.received = received;
  }
}

/** The folder for the figures already holds something. */
export class FolderNotEmptyError extends Error {
  readonly folder: string;
  readonly entries: number;

  constructor(folder: string, entries: readonly string[]) {
    const shown = entries.slice(0, 3).join(', ');
    super(
      `figures: ${folder} is not empty: it holds ${shown}${entries.length > 3 ? ` and ${entries.length - 3} more` : ''}.\n` +
        '  Nothing was written. Name a new or an empty folder, or remove this one first.',
    );
    this.name = 'FolderNotEmptyError';
    this.folder = folder;
    this.entries = entries.length;
  }
}

export interface WriteFiguresOptions {
  /** Folder to fill; made if it does not exist. */
  readonly out: string;
  /** Side of the pictures, 64 to 256. */
  readonly size: number;
  readonly identities: number;
  /** Poses of each identity; every identity has its own. */
  readonly poses: number;
  readonly seed: number;
  /** Share of the identities that are kept for testing, 0 to below 1; default 0.1, rounded, at least one if above 0. */
  readonly testFraction?: number;
  /** At most this many ordered pairs of each identity; default 30. */
  readonly pairsPerIdentity?: number;
  /** Stops before the next picture; what is written so far has no manifest. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface FiguresSummary {
  readonly manifest: string;
  readonly images: number;
  readonly pairs: { readonly train: number; readonly test: number };
  readonly identities: { readonly train: number; readonly test: number };
  /** Means over all pairs. */
  readonly poseChange: PoseChange;
}

export type FigureSplit = 'train' | 'test';

function requireInteger(setting: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new FiguresSettingError(setting, `an integer from ${low} to ${high}`, value);
  }
}

/** Which identities are kept for testing: a function of the seed and the two numbers. */
export function figureSplits(seed: number, identities: number, testFraction: number): FigureSplit[] {
  const wanted = Math.round(identities * testFraction);
  const tests = testFraction === 0 ? 0 : Math.min(identities - 1, Math.max(1, wanted));
  const order = new FigureRandom(seed, randomPurposes.figureSplit).shuffled(
    Array.from({ length: identities }, (_, i) => i),
  );
  const chosen = new Set(order.slice(0, tests));
  return Array.from({ length: identities }, (_, i) => (chosen.has(i) ? 'test' : 'train'));
}

/** Ordered pairs of distinct poses: all of them in order, or a sample of `most` that leaves no pose out for long. */
export function figurePairs(seed: number, identity: number, poses: number, most: number): [number, number][] {
  const all: [number, number][] = [];
  for (let source = 0; source < poses; source++) {
    for (let target = 0; target < poses; target++) if (source !== target) all.push([source, target]);
  }
  if (all.length <= most) return all;
  const chosen = new FigureRandom(seed, randomPurposes.figurePairs, identity).shuffled(all).slice(0, most);
  return chosen.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

const picturesInFlight = 4;

/**
 * Draws people in poses into `out`:
 *
 * - `images/ID_POSE.png` (RGB) and `masks/ID_POSE.png` (grey, 255 on the figure, 0 elsewhere);
 * - `pose-changes.json`: how large the change of each pair is (see {@link PoseChange});
 * - `pairs.jsonl`, last and at once: a folder with a manifest is complete.
 *
 * A function of size, identities, poses, seed, testFraction and pairsPerIdentity. Identity i and its poses are the
 * same whatever the numbers of identities and poses.
 *
 * @throws FiguresSettingError  before anything is written.
 * @throws FolderNotEmptyError  before anything is written.
 * @throws the reason of `signal` once it is aborted.
 */
export async function writeFigures(options: WriteFiguresOptions): Promise<FiguresSummary> {
  const { out, size, identities, poses, seed, testFraction = 0.1, pairsPerIdentity = 30, signal, onProgress } = options;
  requireInteger('size', size, 64, 256);
  requireInteger('identities', identities, 1, 1_000_000);
  requireInteger('poses', poses, 2, 1_000);
  requireInteger('seed', seed, 0, 2 ** 32 - 1);
  requireInteger('pairsPerIdentity', pairsPerIdentity, 1, 1_000_000);
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new FiguresSettingError('testFraction', 'a number from 0 to below 1', testFraction);
  }
  await mkdir(out, { recursive: true });
  const present = await readdir(out);
  if (present.length > 0) throw new FolderNotEmptyError(out, present.sort());
  signal?.throwIfAborted();
  await mkdir(join(out, 'images'));
  await mkdir(join(out, 'masks'));

  const identityName = (identity: number) =>
    `i${String(identity).padStart(Math.max(4, String(identities - 1).length), '0')}`;
  const poseName = (pose: number) => `p${String(pose).padStart(Math.max(2, String(poses - 1).length), '0')}`;
  const fileName = (identity: number, pose: number) => `${identityName(identity)}_${poseName(pose)}.png`;

  interface Placed extends PlacedPose {
    readonly keypoints: Keypoints;
  }
  const placed: Placed[] = new Array(identities * poses);
  const total = identities * poses;
  let next = 0;
  let done = 0;
  let failed = false;
  const draw = async (): Promise<void> => {
    while (next < total && !failed) {
      signal?.throwIfAborted();
      const index = next++;
      const identity = Math.floor(index / poses);
      const pose = figurePose(seed, identity, index % poses);
      const figure = layOutFigure(figureIdentity(seed, identity), pose, size);
      const { image, mask } = await renderLaidOut(figure, size);
      const file = fileName(identity, index % poses);
      await Promise.all([
        pngFile(image.data, size, 3).then((bytes) => writeFile(join(out, 'images', file), bytes)),
        pngFile(mask, size, 1).then((bytes) => writeFile(join(out, 'masks', file), bytes)),
      ]);
      placed[index] = { pose, joints: figure.joints, keypoints: figure.keypoints };
      done += 1;
      onProgress?.({ done, total });
    }
  };
  const lanes = Array.from({ length: picturesInFlight }, async () => {
    try {
      await draw();
    } catch (error) {
      // The other lanes finish the picture they are at; nothing runs on after this function has thrown.
      failed = true;
      throw error;
    }
  });
  const rejected = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected');
  if (rejected) throw rejected.reason;

  const splits = figureSplits(seed, identities, testFraction);
  const pairs = { train: 0, test: 0 };
  const changes: Record<string, PoseChange> = {};
  const sums = { displacement: 0, turn: 0, change: 0 };
  const lines: string[] = [];
  for (let identity = 0; identity < identities; identity++) {
    const split = splits[identity] as FigureSplit;
    for (const [source, target] of figurePairs(seed, identity, poses, pairsPerIdentity)) {
      const from = placed[identity * poses + source] as Placed;
      const to = placed[identity * poses + target] as Placed;
      const id = `${identityName(identity)}_${poseName(source)}_${poseName(target)}`;
      lines.push(
        JSON.stringify({
          id,
          source: `images/${fileName(identity, source)}`,
          target: `images/${fileName(identity, target)}`,
          keypoints: to.keypoints,
          sourceKeypoints: from.keypoints,
          sourceMask: `masks/${fileName(identity, source)}`,
          targetMask: `masks/${fileName(identity, target)}`,
          split,
          identity: identityName(identity),
        }),
      );
      pairs[split] += 1;
      const change = poseChange(from, to);
      changes[id] = change;
      sums.displacement += change.displacement;
      sums.turn += change.turn;
      sums.change += change.change;
    }
  }
  signal?.throwIfAborted();
  await writeFile(
    join(out, 'pose-changes.json'),
    `${JSON.stringify({
      displacement: 'mean distance of the 18 joints between source and target, in figure heights',
      turn: 'turn of the body between the views, degrees',
      change: 'displacement + turn / 180',
      pairs: changes,
    })}\n`,
  );
  const manifest = join(out, 'pairs.jsonl');
  await writeAtomically(manifest, async (file) => void (await file.writeFile(`${lines.join('\n')}\n`)));
  const tests = splits.filter((split) => split === 'test').length;
  return {
    manifest,
    images: total,
    pairs,
    identities: { train: identities - tests, test: tests },
    poseChange: {
      displacement: sums.displacement / lines.length,
      turn: sums.turn / lines.length,
      change: sums.change / lines.length,
    },
  };
}
