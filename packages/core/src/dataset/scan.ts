// Everything that would stop a training hours later, found before it starts: one look at each pair and at each image header.
import { availableParallelism } from 'node:os';
import { jointNames, type Keypoints } from '../condition/keypoints.ts';
import type { NetworkConfig } from '../config/model-config.ts';
import { ProblemList } from './data-problems.ts';
import { ImageError, readImageHeader } from './decode-image.ts';
import type { Pair } from './example.ts';

type PathKey = 'source' | 'target' | 'sourceMask' | 'targetMask' | 'condition';

/**
 * Checks that pairs fit a network: every image and mask exists, is an image and has size x size pixels; the fields of the
 * configured condition are there and have the right length; key points lie in or near the image.
 *
 * Reads the headers of images only, each once and several at a time.
 *
 * @throws DataProblems  naming the lines of the manifest.
 * @throws the reason of `signal` when it is aborted.
 */
export async function scanPairs(
  pairs: readonly Pair[],
  network: Pick<NetworkConfig, 'image' | 'condition'>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { size } = network.image;
  const problems = new ProblemList();
  const images = new Map<string, { pair: Pair; key: PathKey }>();
  for (const pair of pairs) {
    checkCondition(pair, network, problems);
    for (const key of pathKeys(network)) {
      const path = pair[key];
      if (path !== undefined && !images.has(path)) images.set(path, { pair, key });
    }
  }
  const found = await headerFaults([...images.keys()], size, options.signal);
  for (const [path, { pair, key }] of images) {
    const fault = found.get(path);
    if (fault !== undefined) problems.add({ file: pair.manifest, line: pair.line, key, ...fault });
  }
  problems.throwIfAny();
}

function pathKeys({ condition }: Pick<NetworkConfig, 'condition'>): readonly PathKey[] {
  const always = ['source', 'target', 'sourceMask', 'targetMask'] as const;
  return condition.kind === 'image' ? [...always, 'condition'] : always;
}

interface Fault {
  readonly expected: string;
  readonly received: string;
  readonly advice?: string;
}

async function headerFaults(
  paths: readonly string[],
  size: number,
  signal: AbortSignal | undefined,
): Promise<Map<string, Fault>> {
  const faults = new Map<string, Fault>();
  let next = 0;
  const worker = async () => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      signal?.throwIfAborted();
      const fault = await headerFault(path, size);
      if (fault !== undefined) faults.set(path, fault);
    }
  };
  // Twice as many as there are cores: some wait for the disk while others parse.
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, worker));
  signal?.throwIfAborted();
  return faults;
}

async function headerFault(path: string, size: number): Promise<Fault | undefined> {
  try {
    const { width, height, encoding } = await readImageHeader(path);
    if (width !== size || height !== size) {
      return {
        expected: `${size} x ${size} pixels (image.size)`,
        received: `${width} x ${height} (${path})`,
        advice: 'Resize the images with their key points, or set image.size.',
      };
    }
    if (encoding === 'grey16') {
      const advice = "Pillow's convert('RGB') would clip it to 255, and so would we. Save it with 8 bits.";
      return { expected: 'an image of 8 bits', received: `grey of 16 bits (${path})`, advice };
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { expected: error.expected, received: `${error.received} (${path})` };
  }
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
