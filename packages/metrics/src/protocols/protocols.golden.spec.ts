// Every protocol against its transcript: testing/golden/protocols.py, with scikit-image and SciPy.
import { goldenPair, goldenTolerances, joints, pairFor, protocolsGolden, sha256 } from '../../testing/golden.ts';
import { pairMetrics } from '../pair-metrics/pair-metrics.ts';
import { keypointMask } from '../silhouette/keypoint-mask.ts';
import { ssimMap } from '../ssim/ssim.ts';
import { protocolNamed } from './protocol-named.ts';
import { protocolNames } from './protocols.ts';

it('the transcript knows every protocol', () => {
  const transcribed = protocolsGolden.cases.flatMap(({ scores }) => scores.map(({ protocol }) => protocol));
  expect([...new Set(transcribed)].sort()).toEqual([...protocolNames].sort());
});

describe.each(protocolsGolden.cases)('$images', (golden) => {
  it.each(golden.scores)('$protocol: SSIM, places of its map, PSNR and L1', async (score) => {
    const protocol = protocolNamed(score.protocol);
    const pair = pairFor(score.protocol, await goldenPair(golden), golden);
    const map = ssimMap(pair.real, pair.generated, protocol, pair.mask);
    expect([map.height, map.width]).toEqual(score.map);
    expect([
      pairMetrics.ssim.compute(pair, protocol),
      ...score.places.map(([row, column]) => map.data[row * map.width + column] as number),
    ]).toBeAllClose([score.ssim, ...score.places.map(([, , value]) => value)], { absolute: goldenTolerances.ssim });
    expect([pairMetrics.psnr.compute(pair, protocol)]).toBeAllClose([score.psnr], { absolute: goldenTolerances.psnr });
    expect([pairMetrics.l1.compute(pair, protocol)]).toBeAllClose([score.l1], { absolute: goldenTolerances.l1 });
  });
});

describe.each(protocolsGolden.multiscale)('MS-SSIM, $images', (golden) => {
  it.each(golden.scores)('$protocol', async (score) => {
    const pair = await goldenPair(golden);
    const ours = pairMetrics['ms-ssim'].compute(pair, protocolNamed(score.protocol));
    expect([ours]).toBeAllClose([score['ms-ssim']], { absolute: goldenTolerances['ms-ssim'] });
  });
});

describe('masks from key points have the pixels that the transcripts with scikit-image draw', () => {
  it.each(protocolsGolden.masks.map((golden, index) => ({ ...golden, index })))(
    'pose $index, $width x $height',
    ({ keypoints, width, height, pg2, defgan }) => {
      const drawn = (kind: 'pg2' | 'defgan') => {
        const { data } = keypointMask(kind, joints(keypoints), { width, height });
        return { pixels: data.filter((value) => value === 255).length, sha256: sha256(data) };
      };
      expect(drawn('pg2')).toEqual(pg2);
      expect(drawn('defgan')).toEqual(defgan);
    },
  );
});
