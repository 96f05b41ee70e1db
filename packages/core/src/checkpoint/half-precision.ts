// IEEE 754 binary16, for files that shall be small. Arithmetic stays float32.
import { SafetensorsError, type StoredTensor } from '@ggb/native-ops/safetensors';

/**
 * The tensor with its values rounded to the nearest half (ties to even): 2^-11 relative, 65504 the largest.
 *
 * @throws SafetensorsError  that names the tensor, if a value would become infinite, or is not finite already.
 */
export function asHalfPrecision(
  name: string,
  { shape }: Pick<StoredTensor, 'shape'>,
  values: Float32Array,
): StoredTensor {
  const halves = Uint16Array.from(values, numberToHalf);
  // All ones in the exponent: infinity or NaN.
  const index = halves.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (index >= 0) {
    throw new SafetensorsError(
      name,
      'values up to 65504 in size, the largest that float16 holds',
      `${values[index]} at element ${index}`,
    );
  }
  return { dtype: 'F16', shape, data: new Uint8Array(halves.buffer) };
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Bits of the half nearest to `value`. Beyond 65520 it is infinity, as IEEE 754 rounds. */
export function numberToHalf(value: number): number {
  float[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24.
  if (magnitude < 0x3880_0000) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  // Rebase the exponent by 127 - 15 and drop 13 bits of fraction; a carry runs into the exponent, as it should.
  return sign | roundToEven((magnitude - 0x3800_0000) / 2 ** 13);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
