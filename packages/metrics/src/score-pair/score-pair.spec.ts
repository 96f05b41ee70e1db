import { disc, figure } from '../../testing/test-images.ts';
import { insideL1, l1 } from '../l1/l1.ts';
import { ssimProtocols } from '../protocols/protocols.ts';
import { sharpnessRatio } from '../sharpness/sharpness.ts';
import { figureMask } from '../silhouette/figure-mask.ts';
import { ssim, ssimInside } from '../ssim/ssim.ts';
import { scorePair } from './score-pair.ts';

const truth = figure(64, 64, 36);
const output = figure(64, 64, 33);
const inside = figureMask(disc(64, 64, 24), disc(64, 64, 36));

describe('scorePair', () => {
  it('gives the scores of the single functions', () => {
    expect(scorePair({ output, truth, inside })).toEqual({
      ssim: ssim(output, truth),
      insideSsim: ssimInside(output, truth, inside),
      insideL1: insideL1(output, truth, inside),
      l1: l1(output, truth),
      sharpness: sharpnessRatio(output, truth),
    });
  });

  it('gives the best of all for the truth itself', () => {
    expect(scorePair({ output: truth, truth, inside })).toEqual({
      ssim: 1,
      insideSsim: 1,
      insideL1: 0,
      l1: 0,
      sharpness: 1,
    });
  });

  it('leaves the inside out without a mask', () => {
    expect(Object.keys(scorePair({ output, truth })).sort()).toEqual(['l1', 'sharpness', 'ssim']);
  });

  it('is harder on the figures than on the frame, which is mostly background', () => {
    const scores = scorePair({ output, truth, inside });
    expect(scores.insideSsim).toBeLessThan(scores.ssim);
    expect(scores.insideL1).toBeGreaterThan(scores.l1);
  });

  it('scores by another protocol when told to', () => {
    expect(scorePair({ output, truth, inside }, ssimProtocols.ggb).ssim).toBe(ssim(output, truth, ssimProtocols.ggb));
    expect(ssim(output, truth, ssimProtocols.ggb)).not.toBe(ssim(output, truth));
  });
});
