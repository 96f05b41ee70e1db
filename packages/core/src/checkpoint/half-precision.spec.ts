import { float32Values, SafetensorsError } from '@ggb/native-ops/safetensors';
import { asHalfPrecision, numberToHalf } from './half-precision.ts';

/** What a reader makes of the half nearest to each value. */
const throughHalf = (...values: number[]) =>
  Array.from(float32Values('t', asHalfPrecision('t', { shape: [values.length] }, Float32Array.from(values))));

describe('half precision', () => {
  it('keeps what a half can hold', () => {
    const exact = [0, 1, -2, 0.5, 65504, 2 ** -14, 2 ** -24, -(2 ** -24) * 3, 1 + 2 ** -10];
    expect(throughHalf(...exact)).toEqual(exact);
    expect(Object.is(throughHalf(-0)[0], -0)).toBe(true);
  });

  it('rounds to the nearest, ties to even', () => {
    expect(throughHalf(1 + 2 ** -11, 1 + 3 * 2 ** -11)).toEqual([1, 1 + 2 ** -9]);
    expect(throughHalf(1 + 2 ** -11 + 2 ** -20)).toEqual([1 + 2 ** -10]);
    expect(throughHalf(2 ** -25, 2 ** -25 * 1.5)).toEqual([0, 2 ** -24]);
  });

  it('carries into the exponent', () => {
    expect(throughHalf(2 - 2 ** -12, 2 ** -14 - 2 ** -26)).toEqual([2, 2 ** -14]);
  });

  it('ends at 65504', () => {
    expect(throughHalf(65519, -65519)).toEqual([65504, -65504]);
  });

  it.each([65520, -1e9, Infinity, Number.NaN])(
    'refuses %p, which it could not give back, and names the tensor',
    (value) => {
      const convert = () => asHalfPrecision('encoder1/filter', { shape: [3] }, Float32Array.of(1, 2, value));
      expect(convert).toThrow(SafetensorsError);
      expect(convert).toThrow(
        `encoder1/filter: expected values up to 65504 in size, the largest that float16 holds, received ${value} at element 2.`,
      );
    },
  );

  it('is the inverse of reading, for every half there is', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half);
    const values = float32Values('t', { dtype: 'F16', shape: [0x10000], data: new Uint8Array(halves.buffer) });
    values.forEach((value, half) => {
      if (!Number.isNaN(value) && numberToHalf(value) !== half) throw new Error(`half ${half} came back as another`);
    });
  });
});
