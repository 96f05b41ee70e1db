// Reproducible numbers for tests: the same seed gives the same values on every machine and Node version.
/** A stream of uniform numbers in [0, 1) (mulberry32: 32 bits of state, period 2^32, more than enough for test data). */
export function seededUniform(seed) {
    let state = seed | 0;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}
/** `size` float32 values, uniform in [min, max). */
export function seededValues(seed, size, min = -1, max = 1) {
    const uniform = seededUniform(seed);
    return Float32Array.from({ length: size }, () => min + (max - min) * uniform());
}
/**
 * `size` different float32 values in [min, max), evenly spaced and shuffled: no two are nearer than (max - min) / size.
 * For functions with kinks where values meet (max, min, sort, pooling).
 */
export function distinctValues(seed, size, min = -1, max = 1) {
    const uniform = seededUniform(seed);
    const values = Float32Array.from({ length: size }, (_, i) => min + ((max - min) * (i + 0.5)) / size);
    for (let i = size - 1; i > 0; i--) {
        const j = Math.floor(uniform() * (i + 1));
        const kept = values[i];
        values[i] = values[j];
        values[j] = kept;
    }
    return values;
}
//# sourceMappingURL=seeded-random.js.map