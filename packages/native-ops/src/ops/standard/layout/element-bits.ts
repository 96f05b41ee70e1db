// A number as the bits of one tensor element, converted as JavaScript's typed arrays convert.
import type { DataType } from '@tensorflow/tfjs-core';

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);
const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** The bits of `value` stored as `dtype`. */
export function elementBits(value: number, dtype: DataType): number {
  if (dtype === 'float32') float[0] = value;
  else bits[0] = dtype === 'bool' ? (Uint8Array.of(value)[0] as number) : value;
  return bits[0] as number;
}

/** Low and high word of a float64. */
export function doubleWords(value: number): [number, number] {
  double[0] = value;
  return [halves[0] as number, halves[1] as number];
}
