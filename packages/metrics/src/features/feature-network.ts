// What features are taken with: a network, its weights and all that happens to an image before it gets there.
import type { RgbImage } from '../image/rgb-image.ts';

export interface FeatureNetwork {
  /** For reports, e.g. 'inception-2015-12-05'. Scores of different names must not be compared. */
  readonly name: string;
  /** Of the file of weights. */
  readonly weightsSha256: string;
  /** Whether scores may stand beside published ones; `reason` says why, or why not. */
  readonly comparability: { readonly comparable: boolean; readonly reason: string };
  /** Everything beside weights that features depend on: preprocessing, layer. Part of the key of cached features. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Features of one image. */
  readonly dimensions: number;
  /** Logits of one image, from which an Inception Score is computed; 0 if the network gives none. */
  readonly classes: number;
  /**
   * Features [N, dimensions] and logits [N, classes] of N images of any sizes, whose features do not depend on one another.
   * The images are not kept.
   */
  extract(images: readonly RgbImage[]): Promise<ImageFeatures>;
  /** Frees the weights. */
  dispose(): void;
}

export interface ImageFeatures {
  readonly features: Float32Array;
  /** Empty if the network has none. */
  readonly logits: Float32Array;
}
