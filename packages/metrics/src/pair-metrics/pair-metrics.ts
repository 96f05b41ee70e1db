// The metrics that compare two images, by the names that commands and reports use.
import { ImageInputError } from '../image/image-input-error.ts';
import type { Mask } from '../image/rgb-image.ts';
import { insideL1, l1 } from '../l1/l1.ts';
import { msSsim } from '../ms-ssim/ms-ssim.ts';
import { psnr } from '../psnr/psnr.ts';
import { ssim, ssimInside } from '../ssim/ssim.ts';
import type { ImagePair, PairMetric, PairMetricName } from './pair-metric.ts';

/** By name. Frozen. */
export const pairMetrics: Readonly<Record<PairMetricName, PairMetric>> = Object.freeze({
  ssim: metric({
    name: 'ssim',
    direction: 'higher',
    unit: 'none',
    range: [-1, 1],
    description: 'structural similarity, mean over windows and channels; 1 for equal images',
    needsMask: false,
    compute: ({ real, generated, mask }, protocol) => ssim(real, generated, protocol, mask),
  }),
  'ms-ssim': metric({
    name: 'ms-ssim',
    direction: 'higher',
    unit: 'none',
    range: [0, 1],
    description: 'multi-scale structural similarity over five scales; 1 for equal images',
    needsMask: false,
    compute: ({ real, generated, mask }, protocol) => msSsim(real, generated, protocol, mask),
  }),
  psnr: metric({
    name: 'psnr',
    direction: 'higher',
    unit: 'dB',
    range: [0, Number.POSITIVE_INFINITY],
    description: 'peak signal-to-noise ratio over all pixels and channels; infinite for equal images',
    needsMask: false,
    compute: ({ real, generated, mask }, protocol) => psnr(real, generated, protocol, mask),
  }),
  l1: metric({
    name: 'l1',
    direction: 'lower',
    unit: 'grey levels (0 to 255)',
    range: [0, 255],
    description: 'mean absolute difference over all pixels and channels; 0 for equal images',
    needsMask: false,
    compute: ({ real, generated, mask }, protocol) => l1(real, generated, protocol, mask),
  }),
  'ssim-inside': metric({
    name: 'ssim-inside',
    direction: 'higher',
    unit: 'none',
    range: [-1, 1],
    description: 'mean of the SSIM map over windows whose centre is in the mask; 1 for equal images',
    needsMask: true,
    compute: (pair, protocol) => ssimInside(pair.real, pair.generated, maskOf('ssim-inside', pair), protocol),
  }),
  'l1-inside': metric({
    name: 'l1-inside',
    direction: 'lower',
    unit: 'grey levels (0 to 255)',
    range: [0, 255],
    description: 'mean absolute difference over the pixels of the mask and all RGB channels, whatever the protocol',
    needsMask: true,
    compute: (pair) => insideL1(pair.real, pair.generated, maskOf('l1-inside', pair)),
  }),
});

export const pairMetricNames = Object.freeze(Object.keys(pairMetrics)) as readonly PairMetricName[];

function metric(definition: PairMetric): PairMetric {
  return Object.freeze({ ...definition, range: Object.freeze(definition.range) });
}

function maskOf(metricName: string, { mask }: ImagePair): Mask {
  if (mask !== undefined) return mask;
  throw new ImageInputError(
    metricName,
    'mask',
    'the pixels to score',
    'none',
    'Give figureMask(source, target) of silhouettes or keypointMask(...) of key points, or leave this metric out.',
  );
}
