// Random numbers of the figures: integer arithmetic only, so that every machine draws the same people.

/** Finaliser of MurmurHash3 (32 bits): every input bit moves about half of the output bits. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * A stream of random numbers that is a function of its keys alone: `new FigureRandom(seed, identity, pose)`.
 *
 * Counter-based: the n-th draw hashes the keys and n. So identity 7 is the same person whether one or a thousand
 * identities are drawn, and in whatever order.
 */
export class FigureRandom {
  readonly #key: number;
  #count = 0;

  constructor(...keys: readonly number[]) {
    // Seeds above 2^32 keep their high half: two seeds give the same stream only if all keys agree (up to hashing).
    this.#key = keys.reduce(
      (hash, key) => mix(mix(hash ^ (key >>> 0)) + Math.floor(key / 2 ** 32) + 0x9e3779b9),
      0x2545f491,
    );
  }

  /** Next integer in 0..2^32-1. */
  uint32(): number {
    this.#count += 1;
    return mix(mix(this.#key + Math.imul(this.#count, 0x9e3779b9)) ^ this.#key);
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (this.uint32() / 2 ** 32) * (high - low);
  }

  /** Bell-shaped in [-1, 1], mean 0: the mean of three uniform draws. */
  bell(): number {
    return (this.uniform(-1, 1) + this.uniform(-1, 1) + this.uniform(-1, 1)) / 3;
  }

  /** Integer in 0..count-1. */
  integer(count: number): number {
    return Math.floor(this.uniform(0, count));
  }

  chance(probability: number): boolean {
    return this.uniform(0, 1) < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)] as T;
  }

  /** One of the keys of `weights`, as likely as its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let rest = this.uniform(
      0,
      entries.reduce((sum, [, weight]) => sum + weight, 0),
    );
    for (const [key, weight] of entries) {
      rest -= weight;
      if (rest < 0) return key;
    }
    return (entries[entries.length - 1] as [K, number])[0];
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }
}
