// Cases of structural similarity. Shapes cross the tile (4 or 8), the block (16 rows), the vector (16 floats) and leave rests.
import type { OpCase, RefusalCase } from '../../../../testing/op-conformance.ts';
import type * as tf from '../../../tfjs/registered-core.ts';
import { completeSettings, type SimilaritySettings, type SimilarityWindow } from './similarity-settings.ts';
import { windowedSsimReference } from './windowed-ssim.reference.ts';
import { ssimLoss, windowedSsim } from './windowed-ssim.ts';

const tf11: SimilarityWindow = { kind: 'gaussian', size: 11, sigma: 1.5 };
const gaussian9: SimilarityWindow = { kind: 'gaussian', size: 9, sigma: 1.2 };
const uniform7: SimilarityWindow = { kind: 'uniform', size: 7 };

function caseOf(shape: readonly number[], settings: SimilaritySettings, values: 'unit' | 'normal' = 'unit'): OpCase {
  const { kind, size } = settings.window ?? tf11;
  return {
    name: `${kind} ${size}, ${settings.statistics ?? 'population'}, of [${shape}], ${values}`,
    inputs: [
      { shape, values },
      { shape, values },
    ],
    run: (a, b) => windowedSsim(a as tf.Tensor4D, b as tf.Tensor4D, settings),
    reference: (a, b) =>
      windowedSsimReference(a as tf.Tensor4D, b as tf.Tensor4D, completeSettings('reference', settings, 1)),
    kernels: ['WindowedSsim'],
    tolerance: {
      absolute: 2e-6,
      relative: 0,
      why: 'the reference sums float32 without a pivot: some 30 roundings of moments up to 4 against variances near 0.3',
    },
  };
}

export const windowedSsimCases: readonly OpCase[] = [
  ...[
    [2, 11, 11, 3],
    [1, 27, 28, 3],
    [3, 43, 29, 1],
    [1, 12, 50, 4],
    [2, 40, 17, 2],
    [1, 13, 11, 1],
    [0, 20, 20, 3],
  ].map((shape) => caseOf(shape, { dataRange: 2 })),
  caseOf([2, 30, 41, 3], { window: gaussian9 }, 'normal'),
  caseOf([2, 21, 23, 3], { window: uniform7, statistics: 'sample', dataRange: 2 }),
  caseOf([1, 9, 9, 5], { window: { kind: 'gaussian', size: 3, sigma: 0.8 } }),
  caseOf([1, 4, 5, 2], { window: { kind: 'uniform', size: 1 } }),
  ...[tf11, gaussian9, uniform7].map(
    (window): OpCase => ({
      ...caseOf([2, window.size + 3, window.size + 9, 1], { window, dataRange: 2 }),
      name: `${window.kind} ${window.size}, differentiable`,
      gradient: { tolerance: 5e-3 },
    }),
  ),
];

const images = [{ shape: [1, 12, 12, 3] }, { shape: [1, 12, 12, 3] }];
const run =
  (settings: SimilaritySettings): RefusalCase['run'] =>
  (a, b) =>
    windowedSsim(a as tf.Tensor4D, b as tf.Tensor4D, settings);

export const windowedSsimRefusals: readonly RefusalCase[] = [
  {
    name: 'images smaller than the window',
    inputs: [{ shape: [1, 10, 12, 3] }, { shape: [1, 10, 12, 3] }],
    run: run({}),
    message: /windowedSsim: a must be images of at least 11 x 11 pixels/,
  },
  {
    name: 'images of different shapes',
    inputs: [{ shape: [1, 12, 12, 3] }, { shape: [1, 12, 12, 1] }],
    run: (a, b) => ssimLoss(a as tf.Tensor4D, b as tf.Tensor4D),
    message: /ssimLoss: b must be float32 of shape \[1,12,12,3\]/,
  },
  {
    name: 'integers',
    inputs: [
      { shape: [1, 12, 12, 3], dtype: 'int32' },
      { shape: [1, 12, 12, 3], dtype: 'int32' },
    ],
    run: run({}),
    message: /a must be float32 \[N, H, W, C\], received int32/,
  },
  {
    name: 'a window without a centre',
    inputs: images,
    run: run({ window: { kind: 'uniform', size: 8 } }),
    message: /window.size must be an odd whole number from 1 to 4095, received 8/,
  },
  {
    name: 'a data range of 0',
    inputs: images,
    run: run({ dataRange: 0 }),
    message: /dataRange must be above 0 and below a million, received 0/,
  },
];
