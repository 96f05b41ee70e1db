// Reproducible numbers for tests: the same seed gives the same values on every machine and Node version.

// Looked up once: in Jest every use of a global costs a microsecond.
const { imul } = Math;

/** A stream of uniform numbers in [0, 1) (mulberry32: 32 bits of state, period 2^32, more than enough for test data). */
export function seededUniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `size` float32 values, uniform in [min, max). */
export function seededValues(seed: number, size: number, min = -1, max = 1): Float32Array {
  const uniform = seededUniform(seed);
  return Float32Array.from({ length: size }, () => min + (max - min) * uniform());
}

/**
 * `size` different float32 values in [min, max), evenly spaced and shuffled: no two are nearer than (max - min) / size.
 * For functions with kinks where values meet (max, min, sort, pooling).
 */
export function distinctValues(seed: number, size: number, min = -1, max = 1): Float32Array {
  const uniform = seededUniform(seed);
  const values = Float32Array.from({ length: size }, (_, i) => min + ((max - min) * (i + 0.5)) / size);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const kept = values[i] as number;
    values[i] = values[j] as number;
    values[j] = kept;
  }
  return values;
}
