// Structural similarity of 8-bit images by the addon, without tensors: pixels are read where they lie.
import { loadAddon, type NativeAddon } from '../../../backend/addon.ts';
import { settingsFromEnvironment } from '../../../backend/settings.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { type ByteImage, checkImages, type ImageSimilarity, type SimilarityOptions } from './similarity-images.ts';
import { type CompleteSettings, completeSettings, type SimilaritySettings } from './similarity-settings.ts';

let addon: NativeAddon | undefined;
let instructionSet = '';

/**
 * Structural similarity of two 8-bit images, in the calling thread. The data range is 255 unless given.
 *
 * Within 1e-6 of float64 on any image; with uniform windows exact up to the last division, and the same bits on every
 * instruction set.
 *
 * @throws InvalidArgumentError  unless the images have the same size, at least the window's, and 1 or 3 channels.
 * @throws BackendUnavailableError  if the addon cannot be loaded.
 */
export function scoreImages(
  a: ByteImage,
  b: ByteImage,
  settings: SimilaritySettings = {},
  { map = false }: SimilarityOptions = {},
): ImageSimilarity {
  const complete = completeSettings('scoreImages', settings, 255);
  const channels = checkImages('scoreImages', a, b, complete);
  const { size } = complete.window;
  const means = new Float64Array(1);
  const perChannel = new Float64Array(channels);
  const values = map ? new Float32Array((a.height - size + 1) * (a.width - size + 1)) : null;
  run(bytesOf(a.data), bytesOf(b.data), [1, a.height, a.width, channels], complete, means, perChannel, values, 1);
  return { mean: means[0] as number, perChannel, ...(values && { map: values }) };
}

/** Pairs of images of one size, one image behind the other: [count, height, width, channels]. */
export interface ImageBatch {
  readonly real: Uint8Array;
  readonly generated: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** Default 3. */
  readonly channels?: 1 | 3;
}

/**
 * The means of {@link scoreImages} for many pairs at once, [count]; the same bits for any number of threads.
 *
 * @throws InvalidArgumentError  unless the arrays are as long as the sizes say, and the images at least the window's size.
 */
export function scoreImageBatch(batch: ImageBatch, settings: SimilaritySettings = {}, threads = 1): Float64Array {
  const op = 'scoreImageBatch';
  const complete = completeSettings(op, settings, 255);
  const { real, generated, count, height, width, channels = 3 } = batch;
  const length = count * height * width * channels;
  if (![count, height, width].every(Number.isInteger) || real.length !== length || generated.length !== length) {
    const received = `${real.length} and ${generated.length} bytes`;
    throw new InvalidArgumentError(op, 'images', `${count} x ${height} x ${width} x ${channels} bytes each`, received);
  }
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 1024)) {
    throw new InvalidArgumentError(op, 'threads', 'a whole number from 1 to 1024', threads);
  }
  const means = new Float64Array(count);
  if (count === 0) return means;
  const first = (data: Uint8Array) => ({ data: data.subarray(0, height * width * channels), width, height });
  checkImages(op, first(real), first(generated), complete);
  run(real, generated, [count, height, width, channels], complete, means, null, null, threads);
  return means;
}

function run(
  a: Uint8Array,
  b: Uint8Array,
  sizes: readonly [number, number, number, number],
  { window, statistics, dataRange, k1, k2 }: CompleteSettings,
  means: Float64Array,
  perChannel: Float64Array | null,
  map: Float32Array | null,
  threads: number,
): void {
  if (addon === undefined) {
    const settings = settingsFromEnvironment();
    addon = loadAddon(settings.addonPath);
    instructionSet = settings.instructionSet;
  }
  const isGaussian = window.kind === 'gaussian';
  const numbers = [isGaussian ? 1 : 0, window.size, isGaussian ? window.sigma : 0, statistics === 'sample' ? 1 : 0];
  const constants = Float64Array.of(...numbers, k1, k2, dataRange);
  const outcome = addon.scoreImages(a, b, sizes, constants, means, perChannel, map, threads, instructionSet);
  // Everything it could refuse was checked.
  if (outcome !== 0) throw new RangeError(`scoreImages: the addon refused with outcome ${outcome}`);
}

function bytesOf(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
