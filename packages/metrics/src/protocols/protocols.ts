// The protocols of the person-image field, read in the code that computed the published scores. Changing any field changes
// the hash: add a protocol rather than correct one that reports name.
import type { Protocol } from './protocol.ts';

const wang2004Constants = { k1: 0.01, k2: 0.03 } as const;

const pairedByName = 'by file name, the generated image against its target; the mean over pairs';

const pg2: Protocol = frozen({
  name: 'pg2',
  source:
    'Ma et al. 2017 (PG2), charliememory/Pose-Guided-Person-Image-Generation: score.py; scikit-image defaults on 8-bit RGB',
  padding: 'none',
  mask: 'none',
  channels: 'rgb-mean',
  downsample: 'none',
  window: { kind: 'uniform', size: 7 },
  statistics: 'sample',
  dataRange: 255,
  scale: 255,
  border: 'valid',
  ...wang2004Constants,
  pairing:
    'the original pairs two unsorted directory listings by position; here by file name, generated against target',
});

const tf: Protocol = frozen({
  ...pg2,
  name: 'tf',
  source:
    'TensorFlow, tf.image.ssim(a, b, max_val=255); Wang et al. 2004, doi:10.1109/TIP.2003.819861, in each RGB channel',
  window: { kind: 'gaussian', size: 11, sigma: 1.5 },
  statistics: 'population',
  pairing: pairedByName,
});

const wang2004: Protocol = frozen({
  ...tf,
  name: 'wang2004',
  source: 'Wang et al. 2004, doi:10.1109/TIP.2003.819861: ssim_index.m on 8-bit grey images',
  channels: 'grey-rounded',
});

const defgan: Protocol = frozen({
  ...tf,
  name: 'defgan',
  source:
    'Siarohin et al. 2018 (Deformable GANs), AliaksandrSiarohin/pose-gan: test.py; tengteng95/Pose-Transfer: tool/getMetrics_market.py',
  dataRange: 'generated-range',
  pairing: pairedByName,
});

/** Every protocol by its name. */
export const protocols = Object.freeze({
  /** SSIM as its authors first published it: grey, Gaussian 11 x 11. */
  wang2004,
  /** The authors' later program, which first shrinks images of more than 383 pixels to about 256. */
  'wang-auto': frozen({
    ...wang2004,
    name: 'wang-auto',
    source: 'Wang, ssim.m (the later program, with automatic downsampling) on 8-bit grey images',
    downsample: 'mean-pool-256',
  }),
  /** What `tf.image.ssim(a, b, 255)` computes, and scikit-image with the flags that match Wang et al. 2004. */
  tf,
  /** PG2's own program: scikit-image with nothing but `multichannel=True`. */
  pg2,
  /** PG2's masked score, the whole frame counted. */
  'pg2-mask': frozen({
    ...pg2,
    name: 'pg2-mask',
    source:
      'Ma et al. 2017 (PG2), charliememory/Pose-Guided-Person-Image-Generation: score_mask.py, datasets/convert_market.py',
    mask: 'pg2',
    pairing: `${pg2.pairing}; mask from the key points of the target (the original folder "mask" holds the source's)`,
  }),
  /** Disentangled person images: grey, range of the target. */
  dpig: frozen({
    ...pg2,
    name: 'dpig',
    source: 'Ma et al. 2018 (DPIG), charliememory/Disentangled-Person-Image-Generation: score.py',
    channels: 'grey-float',
    dataRange: 'real-range',
    scale: 1,
  }),
  /** Deformable GANs, and PATN on Market-1501. */
  defgan,
  /** The masked score of Deformable GANs and PATN on Market-1501, the whole frame counted. */
  'defgan-mask': frozen({
    ...defgan,
    name: 'defgan-mask',
    source:
      'Siarohin et al. 2018 (Deformable GANs), AliaksandrSiarohin/pose-gan: test.py, pose_utils.py (produce_ma_mask)',
    mask: 'defgan',
    pairing: `${pairedByName}; mask from the key points of the target`,
  }),
  /** PATN, ADGAN and others on DeepFashion: 176 columns between two white bands that every method gets right. */
  'patn-fashion': frozen({
    ...defgan,
    name: 'patn-fashion',
    source: 'Zhu et al. 2019 (PATN), tengteng95/Pose-Transfer: tool/getMetrics_fashion.py; menyifang/ADGAN',
    padding: { left: 40, right: 40, value: 255 },
    pairing: `${pairedByName}; images are 176 x 256 before padding, PATN's list of 8,570 pairs`,
  }),
  /** Global-Flow-Local-Attention and CFLD, the column "SSIM". */
  gfla: frozen({
    ...pg2,
    name: 'gfla',
    source:
      'Ren et al. 2020 (GFLA), RenYurui/Global-Flow-Local-Attention: script/metrics.py; YanzuoLu/CFLD: models/metrics.py',
    window: { kind: 'uniform', size: 51 },
    dataRange: 1,
    scale: 1,
    pairing: 'both folders sorted by name, paired by position; here by file name, generated against target',
  }),
  /** The same program's column "SSIM_256". */
  'gfla-256': frozen({
    ...defgan,
    name: 'gfla-256',
    source: 'Ren et al. 2020 (GFLA), RenYurui/Global-Flow-Local-Attention: script/metrics.py (ssim_256)',
    pairing: 'both folders sorted by name, paired by position; here by file name, generated against target',
  }),
  /** PIDM's version of that column, with a narrower window. */
  'pidm-256': frozen({
    ...defgan,
    name: 'pidm-256',
    source: 'Bhunia et al. 2023 (PIDM), ankanbhunia/PIDM: utils/metrics.py (ssim_256)',
    window: { kind: 'gaussian', size: 9, sigma: 1.2 },
    pairing: 'both folders sorted by name, paired by position; here by file name, generated against target',
  }),
  /**
   * [reconstructed] The paper reports SSIM and does not say which. It compares itself with PG2, whose published evaluation
   * takes scikit-image's defaults on 8-bit RGB: these. Scores by it are comparable with PG2's; with the paper's, probably.
   */
  ggb: frozen({
    ...pg2,
    name: 'ggb',
    source:
      'Park et al. 2019 (GGB), arXiv:1907.01187, section 3 [reconstructed: the paper follows PG2 and names no settings]',
    pairing: '12,800 pairs drawn from the test set, full 256 x 256 frames; by file name, generated against target',
  }),
} satisfies Record<string, Protocol>);

export type ProtocolName = keyof typeof protocols;

/** In the order of {@link protocols}: the general ones first, then by paper. */
export const protocolNames = Object.freeze(Object.keys(protocols)) as readonly ProtocolName[];

/** The two that have been here from the start. */
export const ssimProtocols = Object.freeze({ tf, ggb: protocols.ggb });

function frozen(protocol: Protocol): Protocol {
  Object.freeze(protocol.window);
  Object.freeze(protocol.padding);
  return Object.freeze(protocol);
}
