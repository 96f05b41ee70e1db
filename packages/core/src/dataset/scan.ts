// Everything that would stop a training hours later, found before it starts: one look at each pair and at each image.
import { availableParallelism } from 'node:os';
import { jointNames, type Keypoints } from '../condition/keypoints.ts';
import type { NetworkConfig } from '../config/model-config.ts';
import { ProblemList } from './data-problems.ts';
import { decodePixels, ImageError, readImageHeader } from './decode-image.ts';
import type { Pair } from './example.ts';

type PathKey = 'source' | 'target' | 'sourceMask' | 'targetMask' | 'condition';

/** Up to this many bytes of pixels every image is decoded, which takes seconds; beyond, it would take minutes. */
const decodedAtMost = 2 * 2 ** 30;

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** After each image. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Bytes of pixels that are decoded at most; default 2 GiB. */
  readonly decodedAtMost?: number;
  /** For those who need no silhouettes, or name the pairs whose are empty themselves. Default: false. */
  readonly allowsEmptySilhouettes?: boolean;
}

export interface ScanReport {
  /** Different image files. */
  readonly images: number;
  /** Whether all were decoded. If not, files that are cut, or silhouettes without a figure, can still be among them. */
  readonly isDecoded: boolean;
}

/**
 * Checks that pairs fit a network: every image and mask exists, can be decoded to its end and has size x size pixels; no
 * silhouette is empty; the fields of the configured condition are there and have the right length; key points lie in or near
 * the image.
 *
 * Reads each image once and several at a time. Of a data set too large to be decoded in seconds, the headers alone are read;
 * what is then found only when an image is used is told with its line as well.
 *
 * @throws DataProblems  naming the lines of the manifest.
 * @throws the reason of `signal` when it is aborted.
 */
export async function scanPairs(
  pairs: readonly Pair[],
  network: Pick<NetworkConfig, 'image' | 'condition'>,
  options: ScanOptions = {},
): Promise<ScanReport> {
  const { size } = network.image;
  const { allowsEmptySilhouettes = false } = options;
  const problems = new ProblemList();
  const images = new Map<string, ScannedImage>();
  for (const pair of pairs) {
    checkCondition(pair, network, problems);
    for (const key of pathKeys(network)) {
      const path = pair[key];
      if (path === undefined) continue;
      const image = images.get(path) ?? { use: { pair, key } };
      if (isMask(key) && !allowsEmptySilhouettes) image.maskUse ??= { pair, key };
      images.set(path, image);
    }
  }
  const isDecoded = images.size * size * size * 3 <= (options.decodedAtMost ?? decodedAtMost);
  const found = await imageFaults(images, size, isDecoded, options);
  for (const [path, { use, maskUse }] of images) {
    const fault = found.get(path);
    if (fault === undefined) continue;
    const { pair, key } = fault === emptySilhouette && maskUse !== undefined ? maskUse : use;
    const { expected, received, advice } = fault;
    problems.add({
      file: pair.manifest,
      line: pair.line,
      key,
      expected,
      received: `${received} (${path})`,
      ...(advice === undefined ? {} : { advice }),
    });
  }
  problems.throwIfAny();
  return { images: images.size, isDecoded };
}

interface Use {
  readonly pair: Pair;
  readonly key: PathKey;
}

interface ScannedImage {
  /** The first line that names it. */
  readonly use: Use;
  /** The first that names it as a silhouette. */
  maskUse?: Use;
}

const isMask = (key: PathKey) => key === 'sourceMask' || key === 'targetMask';

function pathKeys({ condition }: Pick<NetworkConfig, 'condition'>): readonly PathKey[] {
  const always = ['source', 'target', 'sourceMask', 'targetMask'] as const;
  return condition.kind === 'image' ? [...always, 'condition'] : always;
}

interface Fault {
  readonly expected: string;
  readonly received: string;
  readonly advice?: string;
}

const emptySilhouette: Fault = {
  expected: 'a silhouette with a pixel above 127',
  received: 'an empty one',
  advice: 'Scores inside the figure need one; leave the mask out of the pair if there is none.',
};

async function imageFaults(
  images: ReadonlyMap<string, ScannedImage>,
  size: number,
  isDecoded: boolean,
  { signal, onProgress }: ScanOptions,
): Promise<Map<string, Fault>> {
  const faults = new Map<string, Fault>();
  const waiting = [...images];
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let image = waiting[next++]; image !== undefined; image = waiting[next++]) {
      signal?.throwIfAborted();
      const [path, { maskUse }] = image;
      const fault = await imageFault(path, size, { isDecoded, isMask: maskUse !== undefined });
      if (fault !== undefined) faults.set(path, fault);
      onProgress?.({ done: ++done, total: images.size });
    }
  };
  // Twice as many as there are cores: some wait for the disk while others decode.
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, worker));
  signal?.throwIfAborted();
  return faults;
}

async function imageFault(
  path: string,
  size: number,
  { isDecoded, isMask }: { readonly isDecoded: boolean; readonly isMask: boolean },
): Promise<Fault | undefined> {
  try {
    const header = await readImageHeader(path);
    const { width, height, encoding } = header;
    if (width !== size || height !== size) {
      return {
        expected: `${size} x ${size} pixels (image.size)`,
        received: `${width} x ${height}`,
        advice: 'Resize the images with their key points, or set image.size.',
      };
    }
    if (encoding === 'grey16') {
      const advice = "Pillow's convert('RGB') would clip it to 255, and so would we. Save it with 8 bits.";
      return { expected: 'an image of 8 bits', received: 'grey of 16 bits', advice };
    }
    if (!isDecoded) return undefined;
    const { data } = await decodePixels(path, header);
    return isMask && !hasFigure(data) ? emptySilhouette : undefined;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { expected: error.expected, received: error.received };
  }
}

/** By the first channel, as masks are read. */
function hasFigure(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) if ((rgb[i] as number) > 127) return true;
  return false;
}

function checkCondition(
  pair: Pair,
  { image, condition }: Pick<NetworkConfig, 'image' | 'condition'>,
  problems: ProblemList,
): void {
  const place = { file: pair.manifest, line: pair.line };
  const missing = (key: string) =>
    problems.add({
      ...place,
      key,
      expected: `it, because condition.kind is ${condition.kind}`,
      received: 'no such key',
    });
  switch (condition.kind) {
    case 'keypoints':
      for (const key of condition.sourceKeypoints
        ? (['keypoints', 'sourceKeypoints'] as const)
        : (['keypoints'] as const)) {
        const keypoints = pair[key];
        if (keypoints === undefined) missing(key);
        else
          checkKeypoints(keypoints, image.size, (fault) =>
            problems.add({ ...place, ...fault, key: `${key}${fault.key}` }),
          );
      }
      return;
    case 'label':
      if (pair.label === undefined) missing('label');
      else if (pair.label.length !== condition.length) {
        const expected = `${condition.length} numbers (condition.length)`;
        problems.add({ ...place, key: 'label', expected, received: `${pair.label.length}` });
      }
      return;
    case 'image':
      if (pair.condition === undefined) missing('condition');
      return;
    default:
      condition satisfies never;
  }
}

/** Joints may lie outside the image, but not by more than its side: those belong to an image of another size. */
function checkKeypoints(keypoints: Keypoints, size: number, add: (fault: Fault & { key: string }) => void): void {
  const far = keypoints.findIndex((joint) => joint?.some((coordinate) => coordinate < -size || coordinate > 2 * size));
  if (far !== -1) {
    const expected = `pixels of a ${size} x ${size} image, at most ${size} outside it`;
    add({ key: `[${far}] (${jointNames[far]})`, expected, received: JSON.stringify(keypoints[far]) });
    return;
  }
  const visible = keypoints.filter((joint) => joint !== null);
  // Two joints may well fall on one pixel; a whole body does not.
  if (visible.length > 2 && visible.every(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1)) {
    const advice = 'Multiply fractions of the image by its size.';
    add({ key: '', expected: 'pixels', received: `${visible.length} joints between 0 and 1`, advice });
  }
}
