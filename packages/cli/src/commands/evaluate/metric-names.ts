// Names that the command line knows before anything is loaded: `ggb --help` shall not wait for metrics and networks.
import type { InceptionName } from '@ggb/metrics/features';

export const defaultMetrics = 'ssim,psnr,l1';

/** Of two sets, not of pairs. */
export const featureMetricNames = ['fid', 'is'] as const;
export type FeatureMetricName = (typeof featureMetricNames)[number];

export const networkNames = [
  'inception-2015-12-05',
  'inception-pytorch-fid',
  'inception-v3-torchvision',
] as const satisfies readonly InceptionName[];

/** The metrics, if all of them are of sets. Names that are unknown are somebody else's to refuse. */
export function setMetricsAlone(metrics = defaultMetrics): readonly string[] | undefined {
  const names = metrics.split(',').map((name) => name.trim());
  return names.every((name) => (featureMetricNames as readonly string[]).includes(name)) ? names : undefined;
}
