// What a metric of one pair is to whoever reports it.
import type { Mask, RgbImage } from '../image/rgb-image.ts';
import type { Protocol } from '../protocols/protocol.ts';

/** A pair and, where protocol or metric asks for one, a mask as large as the images. */
export interface ImagePair {
  readonly real: RgbImage;
  readonly generated: RgbImage;
  readonly mask?: Mask | undefined;
}

/** A number for one pair of images under a protocol. */
export interface PairMetric {
  readonly name: PairMetricName;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower';
  /** 'none', 'dB', 'grey levels (0 to 255)'. */
  readonly unit: string;
  /** Smallest and largest value, both reached or approached. JSON has no infinities: a report writes `null` for one. */
  readonly range: readonly [number, number];
  /** One sentence for reports and `--explain`. */
  readonly description: string;
  /** The mask is needed whatever the protocol says. */
  readonly needsMask: boolean;
  /** @throws ImageInputError  if sizes differ, the images are below the window, or a mask is missing or empty. */
  compute(pair: ImagePair, protocol: Protocol): number;
}

export type PairMetricName = 'ssim' | 'ms-ssim' | 'psnr' | 'l1' | 'ssim-inside' | 'l1-inside';
