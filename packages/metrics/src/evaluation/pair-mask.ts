// The mask of a pair, for protocols that multiply one in and metrics that look inside one.
import { ImageInputError } from '../image/image-input-error.ts';
import type { Mask, RgbImage } from '../image/rgb-image.ts';
import type { PairMetricName } from '../pair-metrics/pair-metric.ts';
import { pairMetrics } from '../pair-metrics/pair-metrics.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { keypointMask } from '../silhouette/keypoint-mask.ts';
import type { PairFiles } from './pair-scorer.ts';

/** Whether pairs can be scored only with the key points of their real image. */
export function needsKeypoints(protocol: Protocol, metrics: readonly PairMetricName[]): boolean {
  return protocol.mask !== 'none' || metrics.some((name) => pairMetrics[name].needsMask);
}

/** @throws ImageInputError  if there are no key points to draw it from. */
export function maskOfPair(
  { keypoints }: PairFiles,
  { width, height }: RgbImage,
  protocol: Protocol,
  metrics: readonly PairMetricName[],
): Mask | undefined {
  if (!needsKeypoints(protocol, metrics)) return undefined;
  if (keypoints === undefined) {
    throw new ImageInputError(
      'maskOfPair',
      'key points',
      '18 joints of the real image',
      'none',
      'List the pairs with their keypoints (--pairs MANIFEST), or choose a protocol and metrics without a mask.',
    );
  }
  return keypointMask(protocol.mask === 'none' ? 'defgan' : protocol.mask, keypoints, { width, height });
}
