import { protocols, ssim, ssimProtocols } from '@ggb/metrics';
import { loadSsimKernel, pageProtocol, pageSsim } from './page-ssim.ts';

const noise = (seed: number, width = 20, height = 16) => {
  let state = seed;
  const data = Uint8Array.from({ length: 3 * width * height }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { data, width, height };
};

describe('SSIM in the page', () => {
  const [a, b] = [noise(1), noise(2)];
  // One of them has a window of 51 pixels.
  const [large, other] = [noise(3, 60, 56), noise(4, 60, 56)];
  const withoutMask = Object.values(protocols).filter(({ mask }) => mask === 'none');

  it.each(withoutMask)('is the score of the reports, under $name', (protocol) => {
    // The same sum in the same order.
    expect(pageSsim(large, other, protocol).score).toBeCloseTo(ssim(large, other, protocol), 14);
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

  it('lies on the image where the protocol adds columns beside it', () => {
    const padding = { left: 3, right: 7, value: 255 };
    const { values } = pageSsim(a, b, { ...ssimProtocols.tf, padding });
    // The first window is centred 5 columns into the padded image, 2 into this one.
    expect(values.findIndex((value) => !Number.isNaN(value))).toBe(5 * 20 + 2);
  });

  it('covers the image where the protocol scores a smaller one', () => {
    const [first, second] = [noise(1, 400, 384), noise(2, 400, 384)];
    const { values, score } = pageSsim(first, second, { ...ssimProtocols.tf, downsample: 'mean-pool-256' });
    expect(score).not.toBeNaN();
    // Sides are halved: windows from 5 to 186 of 192 rows, 5 to 194 of 200 columns, each value two pixels high and wide.
    expect(values.filter((value) => !Number.isNaN(value)).length).toBe(2 * 182 * (2 * 190));
  });

  it('has the same scores and maps by the WebAssembly kernel', async () => {
    const reference = withoutMask.map((protocol) => pageSsim(large, other, protocol));
    expect(await loadSsimKernel()).toBe(true);
    for (const [index, protocol] of withoutMask.entries()) {
      const received = pageSsim(large, other, protocol);
      const expected = reference[index] as (typeof reference)[number];
      // What the kernel promises of a mean; of single values of a map, 3e-5.
      expect(Math.abs(received.score - expected.score)).toBeLessThan(1e-6);
      for (const [i, value] of expected.values.entries()) {
        const other = received.values[i] as number;
        if (Number.isNaN(value) ? !Number.isNaN(other) : !(Math.abs(value - other) < 3e-5)) {
          throw new Error(`${protocol.name}: value ${i} is ${other}, expected ${value}`);
        }
      }
    }
  });

  it('knows protocols by their names, and says when it does not', () => {
    expect(pageProtocol(undefined)).toBe(ssimProtocols.tf);
    expect(pageProtocol('ggb')).toBe(ssimProtocols.ggb);
    expect(pageProtocol('of tomorrow')).toBeUndefined();
  });
});
