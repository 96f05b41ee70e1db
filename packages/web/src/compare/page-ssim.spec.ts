import { ssim, ssimProtocols } from '@ggb/metrics';
import { pageProtocol, pageSsim } from './page-ssim.ts';

const noise = (seed: number) => {
  let state = seed;
  const data = Uint8Array.from({ length: 3 * 20 * 16 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { data, width: 20, height: 16 };
};

describe('SSIM in the page', () => {
  const [a, b] = [noise(1), noise(2)];

  it.each(Object.values(ssimProtocols))('is the score of the reports, under $name', (protocol) => {
    expect(pageSsim(a, b, protocol).score).toBeCloseTo(ssim(a, b, protocol), 14); // the same sum in the same order
  });

  it('has a map as large as the images, with a border without scores', () => {
    const { values, width, height, score } = pageSsim(a, b, ssimProtocols.tf);
    expect([width, height, values.length]).toEqual([20, 16, 320]);
    const scored = values.filter((value) => !Number.isNaN(value));
    expect(scored.length).toBe((20 - 10) * (16 - 10));
    expect(scored.reduce((sum, value) => sum + value, 0) / scored.length).toBeCloseTo(score, 14);
    // The first window of 11 x 11 is centred at row 5, column 5.
    expect(values.findIndex((value) => !Number.isNaN(value))).toBe(5 * 20 + 5);
  });

  it('knows protocols by their names, and says when it does not', () => {
    expect(pageProtocol(undefined)).toBe(ssimProtocols.tf);
    expect(pageProtocol('ggb')).toBe(ssimProtocols.ggb);
    expect(pageProtocol('of tomorrow')).toBeUndefined();
  });
});
