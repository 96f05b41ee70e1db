// One pair of the data set as the rest of core sees it: pixels at rest, before any tensor exists.
import type { Keypoints } from '../condition/keypoints.ts';

/** uint8 RGB, interleaved, row by row: `data.length === 3 * width * height`. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The condition of a pair; which fields must be there depends on the condition of the config. */
export interface VariationInput {
  /** Target pose, target pixels. */
  readonly keypoints?: Keypoints;
  /** Source pose, source pixels. */
  readonly sourceKeypoints?: Keypoints;
  readonly label?: readonly number[];
  readonly image?: RgbImage;
}

/** One line of a pair manifest, paths resolved. */
export interface Pair {
  /** Unique in the manifest: the `id` of the line, or its number. */
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly keypoints?: Keypoints;
  readonly sourceKeypoints?: Keypoints;
  readonly label?: readonly number[];
  /** Path of the condition image. */
  readonly condition?: string;
  /** Paths of silhouettes (grey, above 127: figure). Evaluation inside the figures needs both. */
  readonly sourceMask?: string;
  readonly targetMask?: string;
  readonly split?: string;
  readonly identity?: string;
  /** Where the line stands, for errors. */
  readonly manifest: string;
  readonly line: number;
}

/** A pair with its pixels. */
export interface Example {
  readonly id: string;
  readonly source: RgbImage;
  readonly target: RgbImage;
  readonly variation: VariationInput;
  /** Silhouettes, row by row: 1 where the figure is, else 0. */
  readonly sourceMask?: Uint8Array;
  readonly targetMask?: Uint8Array;
}
