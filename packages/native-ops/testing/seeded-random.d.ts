/** A stream of uniform numbers in [0, 1) (mulberry32: 32 bits of state, period 2^32, more than enough for test data). */
export declare function seededUniform(seed: number): () => number;
/** `size` float32 values, uniform in [min, max). */
export declare function seededValues(seed: number, size: number, min?: number, max?: number): Float32Array;
/**
 * `size` different float32 values in [min, max), evenly spaced and shuffled: no two are nearer than (max - min) / size.
 * For functions with kinks where values meet (max, min, sort, pooling).
 */
export declare function distinctValues(seed: number, size: number, min?: number, max?: number): Float32Array;
