// SSIM is a family: published scores of one method on the same images differ by up to 0.17 because window, statistics,
// data range and frame do. A protocol names one member of it and leaves nothing open.

/** Odd sizes only, so that a window has a centre pixel. */
export type SsimWindow =
  | { readonly kind: 'gaussian'; readonly size: number; readonly sigma: number }
  | { readonly kind: 'uniform'; readonly size: number };

/** Columns of one grey level that are added on both sides. */
export interface Padding {
  readonly left: number;
  readonly right: number;
  /** 0..255, in all channels. */
  readonly value: number;
}

/**
 * Every choice between two decoded 8-bit RGB images and a score, in the order in which the choices take effect. A frozen
 * plain object that survives JSON; `protocolHash` names its contents.
 */
export interface Protocol {
  readonly name: string;
  /** Where the choices were read: paper, repository and file. */
  readonly source: string;
  /**
   * A mask that is multiplied into both images before they are scored; the black rest of the frame counts as well.
   * 'pg2' and 'defgan' are the two ways of this field to draw it from key points (`keypointMask`).
   */
  readonly mask: 'none' | 'pg2' | 'defgan';
  readonly padding: 'none' | Padding;
  /**
   * 'rgb-mean': a score in each channel, then their mean. 'grey-rounded': Matlab's `rgb2gray`, rounded to 8 bits.
   * 'grey-float': scikit-image's `rgb2gray` (0.2125, 0.7154, 0.0721), not rounded.
   */
  readonly channels: 'rgb-mean' | 'grey-rounded' | 'grey-float';
  /**
   * 'mean-pool-256': both images are averaged over f x f pixels, f = round(shorter side / 256), and every f-th is kept, as
   * `ssim.m` does. Of SSIM alone; other metrics see all pixels.
   */
  readonly downsample: 'none' | 'mean-pool-256';
  readonly window: SsimWindow;
  /** 'population' divides by the sum of weights, 'sample' multiplies variances by n / (n - 1), n = size * size. */
  readonly statistics: 'population' | 'sample';
  /**
   * L in C1 = (k1 * L)^2 and C2 = (k2 * L)^2, on the protocol's scale. 'real-range', 'generated-range': largest minus
   * smallest value of that image of the pair, all channels together, after mask, padding and grey conversion.
   */
  readonly dataRange: number | 'real-range' | 'generated-range';
  /** Pixel values run from 0 to this: 255 as decoded, 1 after division by 255. */
  readonly scale: 255 | 1;
  /** Windows that would leave the image are not scored. */
  readonly border: 'valid';
  readonly k1: number;
  readonly k2: number;
  /** Which images make a pair, as the source has it; advice for people, computed by nobody. */
  readonly pairing: string;
}

/** The name before protocols had more than SSIM in them. */
export type SsimProtocol = Protocol;
