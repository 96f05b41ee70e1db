// SSIM of a pair in the page, by the protocol of the report: the map that shows where the score was lost.
import { keypointMask, type Protocol, protocols, type RgbImage, ssimMap } from '@ggb/metrics';
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

/**
 * @param keypoints  of the truth; needed by protocols with a mask.
 * @throws ImageInputError  if the images differ in size or are smaller than the window, or a protocol's mask is missing.
 */
export function pageSsim(truth: RgbImage, output: RgbImage, protocol: Protocol, keypoints?: ViewKeypoints): PageSsim {
  const { width, height } = truth;
  const { mask: kind, padding } = protocol;
  const mask = kind === 'none' || keypoints === undefined ? undefined : keypointMask(kind, keypoints, truth);
  const map = ssimMap(truth, output, protocol, mask);
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
  return { score: map.data.reduce((sum, value) => sum + value, 0) / map.data.length, values, width, height };
}
