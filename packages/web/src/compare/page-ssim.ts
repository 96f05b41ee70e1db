// SSIM of a pair in the page, by the protocol of the report: the map that shows where the score was lost.
import { type RgbImage, type SsimProtocol, ssimMap, ssimProtocols } from '@ggb/metrics';

export interface PageSsim {
  /** Mean of the map: the number of the report. */
  readonly score: number;
  /** As large as the images, row by row; NaN at the border, where no window fits. */
  readonly values: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** Undefined for a protocol that this page does not know; scores without a name were computed by `tf`. */
export function pageProtocol(name: string | undefined): SsimProtocol | undefined {
  return (ssimProtocols as Readonly<Record<string, SsimProtocol>>)[name ?? 'tf'];
}

/** @throws ImageInputError  if the images differ in size or are smaller than the window. */
export function pageSsim(output: RgbImage, truth: RgbImage, protocol: SsimProtocol): PageSsim {
  const map = ssimMap(output, truth, protocol);
  const { width, height } = output;
  const values = new Float64Array(width * height).fill(Number.NaN);
  let sum = 0;
  for (let row = 0; row < map.height; row++) {
    const line = map.data.subarray(row * map.width, (row + 1) * map.width);
    values.set(line, (row + map.offset) * width + map.offset);
    for (const value of line) sum += value;
  }
  return { score: sum / map.data.length, values, width, height };
}
