import { insideL1, l1 } from '@ggb/metrics';
import { absoluteDifference } from './difference.ts';

const image = (...values: number[]) => ({ data: Uint8Array.from(values), width: values.length / 3, height: 1 });

describe('absoluteDifference', () => {
  const a = image(10, 20, 30, 0, 255, 7);
  const b = image(13, 14, 30, 255, 0, 7);

  it('is the mean over the channels, in each pixel', () => {
    expect([...absoluteDifference(a, b)]).toEqual([3, 170]);
    expect([...absoluteDifference(b, a)]).toEqual([3, 170]);
    expect([...absoluteDifference(a, a)]).toEqual([0, 0]);
  });

  it('averages to the L1 of the reports', () => {
    const values = absoluteDifference(a, b);
    expect((values[0] as number) + (values[1] as number)).toBeCloseTo(2 * l1(a, b), 5); // float32 values below 256
    expect(values[1]).toBeCloseTo(insideL1(a, b, { data: Uint8Array.of(0, 255), width: 2, height: 1 }), 5);
  });

  it('refuses images of two sizes, and says both', () => {
    expect(() => absoluteDifference(a, image(1, 2, 3))).toThrow(/2 x 1 pixels, as the first.*1 x 1 pixels/s);
  });
});
