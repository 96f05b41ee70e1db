// SSIM of a pair in the page, by the protocol of the report: the map that shows where the score was lost.
import { keypointMask, type Protocol, protocols, type RgbImage, type SsimMap, ssimMap } from '@ggb/metrics';
import { SimilarityModule } from '@ggb/native-ops/wasm';
import type { ViewKeypoints } from '../run-source/view-data.ts';

export interface PageSsim {
  /** Mean of the map: the number of the report. */
  readonly score: number;
  /** As large as the images, row by row; NaN at the border, where no window fits. */
  readonly values: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** Undefined for a protocol that this page does not know; scores without a name were computed by `tf`. */
export function pageProtocol(name = 'tf'): Protocol | undefined {
  return (protocols as Readonly<Record<string, Protocol>>)[name];
}

let kernel: SimilarityModule | undefined;

/**
 * Compiles the WebAssembly kernel, which takes a few milliseconds and makes maps of large images tens of times faster. Until then,
 * and where there is no WebAssembly SIMD, the float64 reference computes them: the same numbers to 1e-6.
 *
 * @returns whether the kernel is there.
 */
export async function loadSsimKernel(): Promise<boolean> {
  kernel ??= await SimilarityModule.load().catch(() => undefined);
  return kernel !== undefined;
}

/**
 * @param keypoints  of the truth; needed by protocols with a mask.
 * @throws ImageInputError  if the images differ in size or are smaller than the window, or a protocol's mask is missing.
 */
export function pageSsim(truth: RgbImage, output: RgbImage, protocol: Protocol, keypoints?: ViewKeypoints): PageSsim {
  const { width, height } = truth;
  const { mask: kind, padding } = protocol;
  const mask = kind === 'none' || keypoints === undefined ? undefined : keypointMask(kind, keypoints, truth);
  const map = kernelMap(truth, output, protocol) ?? ssimMap(truth, output, protocol, mask);
  const left = padding === 'none' ? 0 : padding.left;
  const paddedWidth = padding === 'none' ? width : padding.left + width + padding.right;
  // A protocol that downsamples has one value for several pixels.
  const factor = Math.max(1, Math.round(paddedWidth / (map.width + 2 * map.offset)));
  const values = new Float64Array(width * height).fill(Number.NaN);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) - map.offset;
    if (row < 0 || row >= map.height) continue;
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x + left) / factor) - map.offset;
      if (column >= 0 && column < map.width) values[y * width + x] = map.data[row * map.width + column] as number;
    }
  }
  const score = 'mean' in map ? map.mean : map.data.reduce((sum, value) => sum + value, 0) / map.data.length;
  return { score, values, width, height };
}

/** What the kernel covers: whole frames in colour, under a range that does not hang on the images. */
function kernelMap(truth: RgbImage, output: RgbImage, protocol: Protocol) {
  const { window, statistics, dataRange, scale, k1, k2, channels, mask, padding, downsample } = protocol;
  const isCovered = channels === 'rgb-mean' && mask === 'none' && padding === 'none' && downsample === 'none';
  if (kernel === undefined || !isCovered || typeof dataRange !== 'number') return undefined;
  const { size } = window;
  const [width, height] = [truth.width - size + 1, truth.height - size + 1];
  // The reference says what is wrong with such images.
  if (output.width !== truth.width || output.height !== truth.height || width < 1 || height < 1) return undefined;
  const settings = { window, statistics, dataRange: (dataRange * 255) / scale, k1, k2 };
  const { mean, map } = kernel.score(truth, output, settings, { map: true });
  const result: Omit<SsimMap, 'data'> = { width, height, offset: (size - 1) / 2 };
  return { ...result, data: map as Float32Array, mean };
}
