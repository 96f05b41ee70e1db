// A pair of the manifest with its pixels, for probes and evaluation.
import type { NetworkConfig } from '../config/model-config.ts';
import { decodeImage, ImageError } from './decode-image.ts';
import type { Example, Pair, RgbImage, VariationInput } from './example.ts';

/**
 * Reads the images of a pair, masks included if it names any.
 *
 * @throws ImageError  for images that cannot be read or have another size than the network's.
 */
export async function loadPair(pair: Pair, network: Pick<NetworkConfig, 'image' | 'condition'>): Promise<Example> {
  const [example, sourceMask, targetMask] = await Promise.all([
    loadTrainingPair(pair, network, decodeImage),
    pair.sourceMask === undefined ? undefined : loadMask(pair.sourceMask, network.image.size),
    pair.targetMask === undefined ? undefined : loadMask(pair.targetMask, network.image.size),
  ]);
  return { ...example, ...(sourceMask && { sourceMask }), ...(targetMask && { targetMask }) };
}

/** The same without masks, through a decoder that may keep what it has read. */
export async function loadTrainingPair(
  pair: Pair,
  network: Pick<NetworkConfig, 'image' | 'condition'>,
  decode: (path: string) => Promise<RgbImage>,
): Promise<Example> {
  const needsImage = network.condition.kind === 'image' && pair.condition !== undefined;
  const [source, target, image] = await Promise.all([
    decode(pair.source),
    decode(pair.target),
    needsImage ? decode(pair.condition as string) : undefined,
  ]);
  expectSize(pair.source, source, network.image.size);
  expectSize(pair.target, target, network.image.size);
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
async function loadMask(path: string, size: number): Promise<Uint8Array> {
  const mask = await decodeImage(path);
  expectSize(path, mask, size);
  return Uint8Array.from({ length: size * size }, (_, i) => ((mask.data[i * 3] as number) > 127 ? 1 : 0));
}

function expectSize(path: string, { width, height }: RgbImage, size: number): void {
  if (width !== size || height !== size) {
    throw new ImageError(path, `${size} x ${size} pixels (image.size)`, `${width} x ${height}`);
  }
}
