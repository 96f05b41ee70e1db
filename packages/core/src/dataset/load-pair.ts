// A pair of the manifest with its pixels, for probes and evaluation.
import type { NetworkConfig } from '../config/model-config.ts';
import { decodeImage, ImageError } from './decode-image.ts';
import type { Example, Pair, RgbImage, VariationInput } from './example.ts';

type PathKey = 'source' | 'target' | 'condition' | 'sourceMask' | 'targetMask';
type Decode = (path: string) => Promise<RgbImage>;

/**
 * Reads the images of a pair, masks included if it names any.
 *
 * @throws ImageError  whose `file` is manifest, line and key, for an image that cannot be read or has another size than the
 *     network's.
 */
export async function loadPair(pair: Pair, network: Pick<NetworkConfig, 'image' | 'condition'>): Promise<Example> {
  const [example, sourceMask, targetMask] = await Promise.all([
    loadTrainingPair(pair, network, decodeImage),
    pair.sourceMask === undefined ? undefined : loadMask(pair, 'sourceMask', network.image.size),
    pair.targetMask === undefined ? undefined : loadMask(pair, 'targetMask', network.image.size),
  ]);
  return { ...example, ...(sourceMask && { sourceMask }), ...(targetMask && { targetMask }) };
}

/** The same without masks, through a decoder that may keep what it has read. */
export async function loadTrainingPair(
  pair: Pair,
  network: Pick<NetworkConfig, 'image' | 'condition'>,
  decode: Decode,
): Promise<Example> {
  const needsImage = network.condition.kind === 'image' && pair.condition !== undefined;
  const reads = [
    read(pair, 'source', network.image.size, decode),
    read(pair, 'target', network.image.size, decode),
    ...(needsImage ? [read(pair, 'condition', network.image.size, decode)] : []),
  ] as const;
  // All are waited for, so that of two faults it is always the same that is told.
  await Promise.allSettled(reads);
  const [source, target, image] = await Promise.all(reads);
  const { keypoints, sourceKeypoints, label } = pair;
  const variation: VariationInput = {
    ...(keypoints && { keypoints }),
    ...(sourceKeypoints && { sourceKeypoints }),
    ...(label && { label }),
    ...(image && { image }),
  };
  return { id: pair.id, source, target, variation };
}

/** 1 where the first channel is above 127. */
async function loadMask(pair: Pair, key: 'sourceMask' | 'targetMask', size: number): Promise<Uint8Array> {
  const mask = await read(pair, key, size, decodeImage);
  return Uint8Array.from({ length: size * size }, (_, i) => ((mask.data[i * 3] as number) > 127 ? 1 : 0));
}

/** What went wrong with an image is told with its place in the manifest: a person knows lines, not pixels. */
async function read(pair: Pair, key: PathKey, size: number, decode: Decode): Promise<RgbImage> {
  const path = pair[key] as string;
  try {
    const image = await decode(path);
    const { width, height } = image;
    if (width !== size || height !== size) {
      throw new ImageError(path, `${size} x ${size} pixels (image.size)`, `${width} x ${height}`);
    }
    return image;
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    const { expected, received } = cause;
    throw new ImageError(`${pair.manifest}:${pair.line}:${key}`, expected, `${received} (${path})`, { cause });
  }
}
