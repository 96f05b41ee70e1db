// Random numbers that are a function of where they are used: the seed, the purpose and up to two positions (say, step and
// place in the batch). Nothing is carried from one use to the next, so any step can be computed alone, on any machine.
import { multiplyHigh, philox } from '@ggb/native-ops/philox';

/** What numbers are drawn for. Purposes share no numbers; a new one gets a new number, used ones are never changed. */
export const randomPurposes = {
  epochOrder: 1,
  augmentation: 2,
  figureIdentity: 3,
  figureViews: 4,
  figurePose: 5,
  figureSplit: 6,
  figurePairs: 7,
} as const;

/**
 * One stream of random numbers: Philox4x32-10 under the key (seed, purpose), counter (block, first, second, 0). All
 * arguments are whole numbers below 2^32.
 */
export class SeededRandom {
  private block = 0;
  private words: readonly number[] = [];
  private used = 4;

  constructor(
    private readonly seed: number,
    private readonly purpose: number,
    private readonly first = 0,
    private readonly second = 0,
  ) {}

  /** The next 32 random bits, 0 to 2^32 - 1. */
  word(): number {
    if (this.used === 4) {
      this.words = philox([this.block++, this.first, this.second, 0], [this.seed, this.purpose]);
      this.used = 0;
    }
    return this.words[this.used++] as number;
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.word() * 2 ** -32;
  }

  /** Uniform in 0 .. count - 1. Chances of two results differ by at most 2^-32. */
  integer(count: number): number {
    return multiplyHigh(count, this.word());
  }

  /** The numbers 0 .. count - 1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const moved = order[last] as number;
      order[last] = order[other] as number;
      order[other] = moved;
    }
    return order;
  }
}
