import { SeededRandom } from './seeded-random.ts';

const words = (random: SeededRandom, count: number) => Array.from({ length: count }, () => random.word());

describe('SeededRandom', () => {
  it('gives the words of Philox4x32-10 that its authors publish', () => {
    // Random123's known answers (kat_vectors): counter and key 0.
    expect(words(new SeededRandom(0, 0), 4)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });

  it('is a function of seed, purpose and place', () => {
    const places = [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0, 1],
      [0, 0, 0, 1],
    ] as const;
    const streams = places.map(([seed, purpose, first, second]) =>
      words(new SeededRandom(seed, purpose, first, second), 6).join(),
    );
    expect(new Set(streams).size).toBe(places.length);
    expect(words(new SeededRandom(7, 1, 2, 3), 6)).toEqual(words(new SeededRandom(7, 1, 2, 3), 6));
  });

  it('makes permutations, each equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = new SeededRandom(3, 1, i).permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
    // 1000 expected, standard deviation 29; five of them either way. The seed is fixed, so this cannot flicker.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
  });

  it('makes uniform numbers in [0, 1) and whole numbers below a count', () => {
    const random = new SeededRandom(1, 1);
    const uniform = Array.from({ length: 10_000 }, () => random.uniform());
    expect(uniform.every((value) => value >= 0 && value < 1)).toBe(true);
    // Mean 1/2 with a standard error of 0.0029; five of them.
    expect(Math.abs(uniform.reduce((sum, value) => sum + value) / 10_000 - 0.5)).toBeLessThan(0.0145);
    expect(new Set(Array.from({ length: 200 }, () => random.integer(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});
