// SSIM is a family: published scores differ by up to 0.17 on the same images because window, statistics and data range
// do. A protocol names one member of it and leaves nothing open.

/** Odd sizes only, so that a window has a centre pixel. */
export type SsimWindow =
  | { readonly kind: 'gaussian'; readonly size: number; readonly sigma: number }
  | { readonly kind: 'uniform'; readonly size: number };

/**
 * Every choice in an SSIM score of 8-bit RGB images. Common to all of them: the score is computed in each of the three
 * channels and averaged, windows that would leave the image are not scored ("valid"), C1 = (k1 * dataRange)^2,
 * C2 = (k2 * dataRange)^2.
 */
export interface SsimProtocol {
  readonly name: string;
  readonly window: SsimWindow;
  /** 'population' divides by the sum of weights, 'sample' multiplies variances by n / (n - 1), n = size * size. */
  readonly statistics: 'population' | 'sample';
  /** Largest minus smallest value a pixel can have. */
  readonly dataRange: number;
  readonly k1: number;
  readonly k2: number;
}

/** By name; a report of scores carries the name. */
export const ssimProtocols = Object.freeze({
  /**
   * What `tf.image.ssim(a, b, 255)` computes, and scikit-image with `gaussian_weights=True, sigma=1.5,
   * use_sample_covariance=False, data_range=255`; the constants are those of Wang et al. 2004.
   */
  tf: frozen({
    name: 'tf',
    window: { kind: 'gaussian', size: 11, sigma: 1.5 },
    statistics: 'population',
    dataRange: 255,
    k1: 0.01,
    k2: 0.03,
  }),
  /**
   * [reconstructed] The paper reports SSIM and does not say which. It compares itself with PG2, whose published evaluation
   * takes scikit-image's defaults on 8-bit RGB: these. Scores by it are comparable with PG2's; with the paper's, probably.
   */
  ggb: frozen({
    name: 'ggb',
    window: { kind: 'uniform', size: 7 },
    statistics: 'sample',
    dataRange: 255,
    k1: 0.01,
    k2: 0.03,
  }),
});

function frozen(protocol: SsimProtocol): SsimProtocol {
  Object.freeze(protocol.window);
  return Object.freeze(protocol);
}
