// Counter-based: a number is a function of seed, stream and position, so drawing more of one thing changes nothing else.
export class Random {
  private position = 0;
  private readonly key: number;

  constructor(seed: number, stream: string) {
    let key = mix(seed ^ 0x9e3779b9);
    for (let i = 0; i < stream.length; i++) key = mix(key ^ stream.charCodeAt(i));
    this.key = key;
  }

  /** In [0, 1). */
  next(): number {
    const high = mix(this.key ^ mix(2 * this.position));
    const low = mix(this.key ^ mix(2 * this.position + 1));
    this.position++;
    return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error('Random.pick: there is nothing to pick from');
    return values[this.below(values.length)] as T;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const result = [...values];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}

/** MurmurHash3's finaliser (public domain, Austin Appleby). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
