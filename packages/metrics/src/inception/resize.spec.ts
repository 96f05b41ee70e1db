import * as tf from '@ggb/native-ops/tf';
import { drawnImage } from '../../testing/drawn-numbers.ts';
import { pillowResizeBilinear } from './pillow-resize.ts';
import { resizeBilinear } from './resize-bilinear.ts';

const row = (values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);
const firstRow = (size: number, values: number[], centres: 'corner' | 'half-pixel') =>
  tf.tidy(() => Array.from(resizeBilinear(row(values), size, centres).dataSync().slice(0, size)));

describe('resizeBilinear', () => {
  it('puts output i at i * in / out as TensorFlow 1 did: the last pixel repeats', () => {
    expect(firstRow(4, [0, 8], 'corner')).toEqual([0, 4, 8, 8]);
  });

  it('puts centres of pixels on centres as PyTorch does: both borders repeat', () => {
    expect(firstRow(4, [0, 8], 'half-pixel')).toEqual([0, 2, 6, 8]);
  });

  it('does not smooth when it makes an image smaller', () => {
    expect(firstRow(2, [1, 100, 7, 100], 'corner')).toEqual([1, 7]);
  });
});

describe('pillowResizeBilinear', () => {
  it('returns the image where the size is the same', () => {
    const image = drawnImage('noise', 5, 4);
    expect(pillowResizeBilinear(image, 5, 4)).toBe(image);
  });

  it('averages over a triangle when it makes an image smaller, rounded to a byte', () => {
    const grey = (values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));
    const image = { data: grey([0, 100, 200, 40]), width: 4, height: 1 };
    // Centres at 1 and 3, support 2: (0.75, 0.75, 0.25) / 1.75 of the first three, and the mirror image.
    const { data } = pillowResizeBilinear(image, 2, 1);
    expect(data[0]).toBe(Math.round((0.75 * 0 + 0.75 * 100 + 0.25 * 200) / 1.75));
    expect(data[3]).toBe(Math.round((0.25 * 100 + 0.75 * 200 + 0.75 * 40) / 1.75));
  });
});
