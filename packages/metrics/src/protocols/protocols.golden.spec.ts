// Every metric under every protocol against independent programs: transcripts with NumPy, SciPy and scikit-image
// (testing/golden/protocols.py), piq (with_piq.py), and values that other projects publish. What is measured here is what
// docs/precision.md says.
import { checkPrecisionPage, MeasuredErrors } from '../../../../tools/testing/precision-page.ts';
import { describeWhen } from '../../../../tools/testing/skipping.ts';
import {
  type GoldenCase,
  goldenImage,
  goldenPair,
  goldenTolerances,
  joints,
  type MultiscaleCase,
  pairFor,
  photographsGolden,
  piqGolden,
  protocolsGolden,
  sha256,
} from '../../testing/golden.ts';
import type { ImagePair, PairMetricName } from '../pair-metrics/pair-metric.ts';
import { pairMetrics } from '../pair-metrics/pair-metrics.ts';
import { keypointMask } from '../silhouette/keypoint-mask.ts';
import { meanOfMap, ssim, ssimMap } from '../ssim/ssim.ts';
import { protocolNamed } from './protocol-named.ts';
import { protocolNames, protocols } from './protocols.ts';

const transcript = { reference: 'transcript in NumPy, SciPy, scikit-image', versions: protocolsGolden.versions };

describe('against the transcripts', () => {
  const errors = new MeasuredErrors();

  it('the transcripts know every protocol', () => {
    const transcribed = protocolsGolden.cases.flatMap(({ scores }) => scores.map(({ protocol }) => protocol));
    expect([...new Set(transcribed)].sort()).toEqual([...protocolNames].sort());
  });

  describe.each(protocolsGolden.cases)('$images', (golden) => {
    expectGoldenScores(golden, () => goldenPair(golden), errors);
  });

  describe.each(protocolsGolden.multiscale)('$images', (golden) => {
    expectGoldenMultiscale(golden, () => goldenPair(golden), errors);
  });

  describe.each(piqGolden.cases)('piq in float64, $images', (golden) => {
    it.each(['ssim', 'ms-ssim', 'psnr'] as const)('%s', async (metric) => {
      const ours = pairMetrics[metric].compute(await goldenPair(golden), protocols.tf);
      const name = metric === 'psnr' ? 'psnr' : `${metric}, protocol tf`;
      // Both in float64; piq divides the images by 255 first.
      expectClose(errors, { metric: name, reference: 'piq', versions: piqGolden.versions }, 1e-9, ours, golden[metric]);
    });
  });

  describe('masks from key points have the pixels that scikit-image draws', () => {
    it.each(protocolsGolden.masks.map((golden, index) => ({ ...golden, index })))(
      'pose $index, $width x $height',
      ({ keypoints, width, height, pg2, defgan }) => {
        for (const [kind, expected] of Object.entries({ pg2, defgan }) as ['pg2' | 'defgan', typeof pg2][]) {
          const { data } = keypointMask(kind, joints(keypoints), { width, height });
          const pixels = data.filter((value) => value === 255).length;
          errors.record({
            metric: `mask ${kind}`,
            ...transcript,
            tolerance: 0,
            error: Math.abs(pixels - expected.pixels),
          });
          expect({ pixels, sha256: sha256(data) }).toEqual(expected);
        }
      },
    );
  });

  describe('values that scikit-image publishes in its own tests, of camera.png and the same with noise', () => {
    const published = { default: 0.3674518327910367, gaussian: 0.357964 };

    it.each([
      // Thirteen digits of ours and theirs agree; the published value was asserted to 1e-7.
      ['default', protocols.pg2, 1e-12],
      // Published by its authors with six digits.
      ['gaussian', protocols.tf, 1e-6],
    ] as const)('%s window', async (window, protocol, tolerance) => {
      const [real, generated] = await Promise.all([goldenImage('camera.png'), goldenImage('camera-noisy.png')]);
      const grey = (image: typeof real) => sha256(image.data.filter((_, i) => i % 3 === 0));
      expect([grey(real), grey(generated)]).toEqual(protocolsGolden.camera.sha256);
      const row = { reference: `published: scikit-image, camera, ${window} window`, versions: 'scikit-image' };
      const ours = ssim(real, generated, protocol);
      expectClose(errors, { metric: `ssim, protocol ${protocol.name}`, ...row }, tolerance, ours, published[window]);
      expect([ours]).toBeAllClose([protocolsGolden.camera[window]], { absolute: 1e-12 });
    });
  });

  it('docs/precision.md says what was measured', () => {
    checkPrecisionPage('pair metrics', errors.rows, 'npx nx run metrics:precision');
  });
});

describeWhen(photographsGolden !== undefined, 'npx nx run metrics:test-photographs prepares them with Python')(
  'on whole photographs',
  () => {
    const errors = new MeasuredErrors();
    const folder = process.env.GGB_PHOTOGRAPHS as string;

    for (const golden of photographsGolden?.cases ?? []) {
      describe(golden.images, () => expectGoldenScores(golden, () => goldenPair(golden, folder), errors));
    }
    for (const golden of photographsGolden?.multiscale ?? []) {
      describe(golden.images, () => expectGoldenMultiscale(golden, () => goldenPair(golden, folder), errors));
    }

    it('docs/precision.md says what was measured', () => {
      checkPrecisionPage('photographs', errors.rows, 'npx nx run metrics:precision-photographs');
    });
  },
);

function expectGoldenScores(golden: GoldenCase, load: () => Promise<ImagePair>, errors: MeasuredErrors): void {
  let images: ImagePair;
  beforeAll(async () => {
    images = await load();
  });

  it.each(golden.scores)('$protocol: SSIM, places of its map, PSNR and L1', (score) => {
    const protocol = protocolNamed(score.protocol);
    const pair = pairFor(score.protocol, images, golden);
    const map = ssimMap(pair.real, pair.generated, protocol, pair.mask);
    expect([map.height, map.width]).toEqual(score.map);
    const close = (metric: PairMetricName, ours: number, theirs: number, label: string = metric) =>
      expectClose(errors, { ...transcript, metric: label }, goldenTolerances[metric], ours, theirs);
    close('ssim', meanOfMap(map), score.ssim, `ssim, protocol ${score.protocol}`);
    for (const [row, column, value] of score.places) {
      close('ssim', map.data[row * map.width + column] as number, value, 'ssim, single places of the map');
    }
    close('psnr', pairMetrics.psnr.compute(pair, protocol), score.psnr);
    close('l1', pairMetrics.l1.compute(pair, protocol), score.l1);
    if (score.ssimInFloat32 === undefined) return;
    // The original's images are float32 and scikit-image stays in it; sums over 51 x 51 values of order 1.
    const inFloat32 = { reference: 'scikit-image in float32, as the original', versions: protocolsGolden.versions };
    expectClose(errors, { metric: 'ssim, protocol gfla', ...inFloat32 }, 1e-4, meanOfMap(map), score.ssimInFloat32);
  });
}

function expectGoldenMultiscale(golden: MultiscaleCase, load: () => Promise<ImagePair>, errors: MeasuredErrors): void {
  it.each(golden.scores)('MS-SSIM, $protocol', async (score) => {
    const ours = pairMetrics['ms-ssim'].compute(await load(), protocolNamed(score.protocol));
    const row = { ...transcript, metric: `ms-ssim, protocol ${score.protocol}` };
    expectClose(errors, row, goldenTolerances['ms-ssim'], ours, score['ms-ssim']);
  });
}

function expectClose(
  errors: MeasuredErrors,
  row: { readonly metric: string; readonly reference: string; readonly versions: string },
  tolerance: number,
  ours: number,
  theirs: number,
): void {
  errors.record({ ...row, tolerance, error: Math.abs(ours - theirs) });
  expect([ours]).toBeAllClose([theirs], { absolute: tolerance });
}
