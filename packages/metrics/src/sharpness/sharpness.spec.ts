import { constant, testImages } from '../../testing/test-images.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { sharpnessRatio } from './sharpness.ts';

const truth = testImages.checkerboard?.(64, 64) as RgbImage;

describe('sharpnessRatio', () => {
  it('is 1 for equal images', () => {
    expect(sharpnessRatio(truth, truth)).toBe(1);
  });

  it('is a half at half the contrast', () => {
    const columns = (high: number) => ({ data: Uint8Array.of(0, 0, 0, high, high, high), width: 2, height: 1 });
    expect(sharpnessRatio(columns(100), columns(200))).toBe(0.5);
  });

  it('is below 1 for a blurred image', () => {
    const blurred = truth.data.map((value, i) => {
      const isInner = i % 192 >= 3 && i % 192 < 189;
      return isInner ? ((truth.data[i - 3] as number) + 2 * value + (truth.data[i + 3] as number)) / 4 : value;
    });
    expect(sharpnessRatio({ ...truth, data: blurred }, truth)).toBeLessThan(0.8);
  });

  it('does not compare the end of a row with the start of the next', () => {
    const rows = { data: Uint8Array.of(9, 9, 9, 9, 9, 9, 200, 200, 200, 200, 200, 200), width: 2, height: 2 };
    expect(sharpnessRatio(rows, constant(2, 2, 0))).toBe(1);
  });

  it('is infinite beside a flat truth, 1 when both are flat', () => {
    expect(sharpnessRatio(truth, constant(64, 64, 7))).toBe(Number.POSITIVE_INFINITY);
    expect(sharpnessRatio(constant(8, 8, 3), constant(8, 8, 7))).toBe(1);
  });
});
