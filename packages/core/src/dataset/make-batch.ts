// From pixels to the tensors of a step: conversion to float32, the changes of augmentation, condition maps.
import * as tf from '@ggb/native-ops/tf';
import { conditionChannels, drawCondition } from '../condition/condition.ts';
import { flipKeypoints } from '../condition/keypoints.ts';
import type { NetworkConfig } from '../config/model-config.ts';
import type { Batch } from './batch.ts';
import type { Example, RgbImage, VariationInput } from './example.ts';
import { minusOneToOneOfByte, writeMinusOneToOne } from './pixel-range.ts';

/** How one pair is changed; both of its images alike. */
export interface Augmentation {
  /** Mirror left-right, and right joints become left ones. */
  readonly flip: boolean;
  /** Angle in radians by which colours turn around the grey axis; 0 leaves them as they are. */
  readonly hueAngle: number;
}

const unchanged: Augmentation = { flip: false, hueAngle: 0 };

/**
 * The batch of some examples on the current backend, changed by `augmentations` (one for each example) if given.
 * The caller disposes the tensors.
 *
 * @throws RangeError  for an image of another size than the network's.
 * @throws ConditionError  for an example without the condition that the network needs.
 */
export function makeBatch(
  examples: readonly Example[],
  network: Pick<NetworkConfig, 'image' | 'condition'>,
  augmentations?: readonly Augmentation[],
): Batch {
  const { size } = network.image;
  const count = examples.length;
  const pixels = size * size;
  const channels = conditionChannels(network.condition);
  // New arrays each time: backends keep the array they are given, some until first use and some for good.
  const source = new Float32Array(count * pixels * 3);
  const target = new Float32Array(count * pixels * 3);
  const condition = new Float32Array(count * pixels * channels);
  for (const [i, example] of examples.entries()) {
    const augmentation = augmentations?.[i] ?? unchanged;
    const images = { start: i * pixels * 3, end: (i + 1) * pixels * 3 };
    writeImage(example, 'source', size, augmentation, source.subarray(images.start, images.end));
    writeImage(example, 'target', size, augmentation, target.subarray(images.start, images.end));
    const variation = augmentation.flip ? flipped(example.variation, size) : example.variation;
    drawCondition(
      network.condition,
      variation,
      size,
      condition.subarray(i * pixels * channels, (i + 1) * pixels * channels),
    );
  }
  return {
    source: tf.tensor4d(source, [count, size, size, 3]),
    target: tf.tensor4d(target, [count, size, size, 3]),
    condition: tf.tensor4d(condition, [count, size, size, channels]),
    ids: examples.map(({ id }) => id),
  };
}

function writeImage(
  example: Example,
  key: 'source' | 'target',
  size: number,
  augmentation: Augmentation,
  out: Float32Array,
): void {
  const image = example[key];
  if (image.width !== size || image.height !== size) {
    throw new RangeError(
      `pair ${example.id}: ${key}: expected ${size} x ${size} pixels, received ${image.width} x ${image.height}.`,
    );
  }
  if (augmentation.flip || augmentation.hueAngle !== 0) writeAugmented(image, augmentation, out);
  else writeMinusOneToOne(image.data, out);
}

/**
 * The image changed, in -1..1. The hue turns by a rotation around the axis r = g = b, clipped to the range; written as grey
 * plus differences of channels, so that grey stays grey in every bit.
 */
export function writeAugmented(
  { data, width, height }: RgbImage,
  { flip, hueAngle }: Augmentation,
  out: Float32Array,
): void {
  const along = (1 - Math.cos(hueAngle)) / 3;
  const across = Math.sin(hueAngle) / Math.sqrt(3);
  const [next, previous] = [along - across, along + across];
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += 3) {
      const to = (y * width + (flip ? width - 1 - x : x)) * 3;
      const red = minusOneToOneOfByte[data[from] as number] as number;
      const green = minusOneToOneOfByte[data[from + 1] as number] as number;
      const blue = minusOneToOneOfByte[data[from + 2] as number] as number;
      out[to] = clipped(red + next * (green - red) + previous * (blue - red));
      out[to + 1] = clipped(green + next * (blue - green) + previous * (red - green));
      out[to + 2] = clipped(blue + next * (red - blue) + previous * (green - blue));
    }
  }
}

const clipped = (value: number) => Math.min(1, Math.max(-1, value));

function flipped(variation: VariationInput, size: number): VariationInput {
  const { keypoints, sourceKeypoints } = variation;
  return {
    ...variation,
    ...(keypoints && { keypoints: flipKeypoints(keypoints, size) }),
    ...(sourceKeypoints && { sourceKeypoints: flipKeypoints(sourceKeypoints, size) }),
  };
}
