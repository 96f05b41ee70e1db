// The one place where bytes become the numbers networks see, and back: 0..255 <-> -1..1.

/** float32 of byte / 127.5 - 1, by byte. */
export const minusOneToOneOfByte: Float32Array = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/** Converts bytes into as many values of `out`. */
export function writeMinusOneToOne(bytes: Uint8Array, out: Float32Array): void {
  for (let i = 0; i < bytes.length; i++) out[i] = minusOneToOneOfByte[bytes[i] as number] as number;
}

/** The nearest byte of each value; what lies outside -1..1 is clipped, NaN becomes 0. */
export function bytesOfMinusOneToOne(values: Float32Array): Uint8Array {
  // A clamped array rounds and clips as it stores.
  const clamped = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) clamped[i] = ((values[i] as number) + 1) * 127.5;
  return new Uint8Array(clamped.buffer);
}
