import { constant, disc, figure, maskWhere, noise } from '../../testing/test-images.ts';
import { ImageInputError } from '../image/image-input-error.ts';
import { protocols } from '../protocols/protocols.ts';
import { pairMetricNames, pairMetrics } from './pair-metrics.ts';

const real = figure(176, 176, 84);
const generated = figure(176, 176, 91);
const mask = disc(176, 176, 88);

describe.each(Object.values(pairMetrics))('$name', (metric) => {
  const best = metric.direction === 'higher' ? metric.range[1] : metric.range[0];

  it.each(Object.values(protocols))('is best for equal images, protocol $name', (protocol) => {
    // MS-SSIM of five scales needs 801 pixels for a window of 51.
    if (metric.name === 'ms-ssim' && protocol.name === 'gfla') return;
    const score = metric.compute({ real, generated: real, mask }, protocol);
    // The product of five powers of 1 is 1; nothing is rounded.
    expect(score).toBe(best);
  });

  it('is worse, and within its range, for different images', () => {
    for (const protocol of [protocols.tf, protocols.dpig, protocols['patn-fashion'], protocols['pg2-mask']]) {
      const score = metric.compute({ real, generated, mask }, protocol);
      const worse = metric.direction === 'higher' ? score < best : score > best;
      expect(worse).toBe(true);
      expect(score).toBeGreaterThanOrEqual(metric.range[0]);
      expect(score).toBeLessThanOrEqual(metric.range[1]);
    }
  });

  it('refuses images of different size', () => {
    const small = figure(175, 176, 84);
    expect(() => metric.compute({ real, generated: small, mask }, protocols.tf)).toThrow(ImageInputError);
  });

  it('says whether it needs a mask', () => {
    const withoutMask = () => metric.compute({ real, generated }, protocols.tf);
    if (metric.needsMask)
      expect(withoutMask).toThrow(`${metric.name}: mask: expected the pixels to score, received none`);
    else expect(withoutMask).not.toThrow();
  });

  it('is frozen', () => {
    expect(Object.isFrozen(metric) && Object.isFrozen(metric.range)).toBe(true);
  });
});

it('metrics are known by their names', () => {
  expect(pairMetricNames).toEqual(['ssim', 'ms-ssim', 'psnr', 'l1', 'ssim-inside', 'l1-inside']);
  for (const name of pairMetricNames) expect(pairMetrics[name].name).toBe(name);
});

describe('a protocol with a mask', () => {
  it.each(['ssim', 'ms-ssim', 'psnr', 'l1'] as const)('%s asks for it, and for one that is not empty', (name) => {
    const { compute } = pairMetrics[name];
    expect(() => compute({ real, generated }, protocols['pg2-mask'])).toThrow(
      "expected one, because protocol pg2-mask multiplies it into both images, received none. Draw it from the key points of the target: keypointMask('pg2', keypoints, image).",
    );
    const empty = maskWhere(176, 176, () => false);
    expect(() => compute({ real, generated, mask: empty }, protocols['pg2-mask'])).toThrow('Two black frames');
    const small = maskWhere(8, 8, () => true);
    expect(() => compute({ real, generated, mask: small }, protocols['pg2-mask'])).toThrow('expected 176 x 176 pixels');
  });

  it('does not see what lies outside', () => {
    const other = { ...real, data: real.data.map((value, i) => ((mask.data[Math.floor(i / 3)] ?? 0) > 0 ? value : 7)) };
    for (const name of ['ssim', 'ms-ssim', 'psnr', 'l1'] as const) {
      const { compute } = pairMetrics[name];
      const masked = protocols['defgan-mask'];
      expect(compute({ real, generated: other, mask }, masked)).toBe(compute({ real, generated: real, mask }, masked));
    }
  });
});

describe('psnr', () => {
  const { compute } = pairMetrics.psnr;

  it('is 20 log10(255 / d) when every value differs by d', () => {
    const pair = { real: constant(8, 8, 100), generated: constant(8, 8, 110) };
    expect(compute(pair, protocols.tf)).toBeCloseTo(20 * Math.log10(255 / 10), 12);
  });

  it('is 0 dB for black against white, whatever the scale', () => {
    const pair = { real: constant(8, 8, 0), generated: constant(8, 8, 255) };
    expect(compute(pair, protocols.tf)).toBe(0);
    expect(compute(pair, protocols.gfla)).toBe(0);
  });

  it('is of all channels at once: one bad channel of three costs 10 log10(3) less than three', () => {
    const a = constant(8, 8, 100);
    const b = { ...a, data: a.data.map((value, i) => (i % 3 === 0 ? value + 10 : value)) };
    expect(compute({ real: a, generated: b }, protocols.tf)).toBeCloseTo(
      20 * Math.log10(25.5) + 10 * Math.log10(3),
      12,
    );
  });

  it('takes the peak from the real image where the protocol does', () => {
    const a = {
      ...constant(8, 8, 100),
      data: constant(8, 8, 100).data.map((value, i) => (i < 96 ? value + 50 : value)),
    };
    const b = { ...a, data: a.data.map((value) => value + 5) };
    expect(compute({ real: a, generated: b }, protocols.dpig)).toBeCloseTo(20 * Math.log10(50 / 5), 12);
  });
});

describe('ms-ssim', () => {
  const { compute } = pairMetrics['ms-ssim'];

  it('is clipped at zero where structure is opposite at some scale', () => {
    const a = noise(176, 176);
    const negative = { ...a, data: a.data.map((value) => 255 - value) };
    expect(compute({ real: a, generated: negative }, protocols.tf)).toBe(0);
  });

  it('of two flat images is the luminance term to the power of the coarsest scale', () => {
    const c1 = (0.01 * 255) ** 2;
    const luminance = (2 * 100 * 150 + c1) / (100 ** 2 + 150 ** 2 + c1);
    const pair = { real: constant(176, 176, 100), generated: constant(176, 176, 150) };
    expect(compute(pair, protocols.tf)).toBeCloseTo(luminance ** 0.1333, 12);
  });

  it('wants 161 pixels for a window of 11', () => {
    const pair = (side: number) => ({ real: figure(side, 161, 80), generated: figure(side, 161, 84) });
    expect(() => compute(pair(161), protocols.tf)).not.toThrow();
    expect(() => compute(pair(160), protocols.tf)).toThrow('expected at least 161 x 161 pixels');
  });
});
