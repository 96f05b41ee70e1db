import { bytesOfMinusOneToOne, writeMinusOneToOne } from './pixel-range.ts';

const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i);

describe('pixel range', () => {
  it('maps 0 to -1, 255 to 1, and the bytes between evenly', () => {
    const values = new Float32Array(256);
    writeMinusOneToOne(allBytes, values);
    expect([values[0], values[51], values[255]]).toEqual([-1, Math.fround(-0.6), 1]);
  });

  it('comes back to the same bytes', () => {
    const values = new Float32Array(256);
    writeMinusOneToOne(allBytes, values);
    expect(bytesOfMinusOneToOne(values)).toEqual(allBytes);
  });

  it('takes the nearest byte, and clips what no byte stands for', () => {
    // 0.001 is byte 127.6, -0.003 is 127.1.
    const values = Float32Array.of(0.001, -0.003, -7, 1.5, Number.NaN);
    expect([...bytesOfMinusOneToOne(values)]).toEqual([128, 127, 0, 255, 0]);
  });
});
