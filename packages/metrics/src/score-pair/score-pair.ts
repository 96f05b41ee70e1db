import type { Mask, RgbImage } from '../image/rgb-image.ts';
import { insideL1, l1 } from '../l1/l1.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';
import { sharpnessRatio } from '../sharpness/sharpness.ts';
import { meanOfMap, meanOfMapInside, ssimMap } from '../ssim/ssim.ts';

/** What an evaluation says of one output image. Higher is better for SSIM, lower for L1, nearer to 1 for sharpness. */
export interface PairScores {
  readonly ssim: number;
  /** Mean of the SSIM map inside the mask; absent without one. */
  readonly insideSsim?: number;
  /** Mean absolute difference inside the mask, 0..255; absent without one. */
  readonly insideL1?: number;
  /** Mean absolute difference over the frame, 0..255. */
  readonly l1: number;
  readonly sharpness: number;
}

export interface PairToScore {
  readonly output: RgbImage;
  readonly truth: RgbImage;
  /** Usually `figureMask(sourceSilhouette, targetSilhouette)`. */
  readonly inside?: Mask | undefined;
}

/**
 * Scores an output against the truth, with one pass of SSIM for the frame and the inside.
 *
 * @throws ImageInputError  if sizes differ, the images are below the window, or `inside` has no pixel to score.
 */
export function scorePair({ output, truth, inside }: PairToScore, protocol: Protocol = ssimProtocols.tf): PairScores {
  const map = ssimMap(truth, output, protocol);
  return {
    ssim: meanOfMap(map),
    ...(inside === undefined
      ? {}
      : { insideSsim: meanOfMapInside(map, inside, protocol), insideL1: insideL1(output, truth, inside) }),
    l1: l1(output, truth),
    sharpness: sharpnessRatio(output, truth),
  };
}
