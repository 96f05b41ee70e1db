// Draws of the figures on top of the generator of the project: choices, weights, bell curves.
import { SeededRandom } from '../../random/seeded-random.ts';

/**
 * A stream of draws that is a function of seed, purpose and up to two positions alone: identity 7 is the same person
 * whether one or a thousand identities are drawn, in whatever order, and on whatever machine.
 */
export class FigureRandom {
  readonly #stream: SeededRandom;

  /** @param purpose  one of `randomPurposes`. All arguments are whole numbers below 2^32. */
  constructor(seed: number, purpose: number, first = 0, second = 0) {
    this.#stream = new SeededRandom(seed, purpose, first, second);
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + this.#stream.uniform() * (high - low);
  }

  /** Bell-shaped in [-1, 1], mean 0: the mean of three uniform draws. */
  bell(): number {
    return (this.uniform(-1, 1) + this.uniform(-1, 1) + this.uniform(-1, 1)) / 3;
  }

  /** Integer in 0..count-1. */
  integer(count: number): number {
    return this.#stream.integer(count);
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

  /** A shuffled copy. */
  shuffled<T>(items: readonly T[]): T[] {
    return Array.from(this.#stream.permutation(items.length), (place) => items[place] as T);
  }
}
