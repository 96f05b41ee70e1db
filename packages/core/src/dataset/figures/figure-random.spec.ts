import { FigureRandom } from './figure-random.ts';

const draws = (random: FigureRandom, count: number) => Array.from({ length: count }, () => random.uint32());

describe('FigureRandom', () => {
  it('gives the same numbers for the same keys, and others for other keys', () => {
    expect(draws(new FigureRandom(1, 2, 3), 5)).toEqual(draws(new FigureRandom(1, 2, 3), 5));
    const streams = [
      [1, 2, 3],
      [1, 3, 2],
      [1, 2],
      [2, 2, 3],
      [2 ** 32 + 1, 2, 3],
    ].map((keys) => draws(new FigureRandom(...keys), 2).join());
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('draws these integers on every machine', () => {
    expect(draws(new FigureRandom(7, 1, 0), 3)).toMatchInlineSnapshot(`
[
  3934697825,
  1376982351,
  3249613443,
]
`);
  });

  it('is uniform: every tenth of the range gets a tenth of the draws', () => {
    const random = new FigureRandom(5);
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.integer(10)] += 1;
    // Five standard deviations of a binomial count, sqrt(10000 * 0.1 * 0.9) = 30.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('picks keys as often as they weigh', () => {
    const random = new FigureRandom(6);
    const heavy = Array.from({ length: 4000 }, () => random.weighted({ light: 1, heavy: 3 })).filter(
      (k) => k === 'heavy',
    );
    // Five standard deviations: sqrt(4000 * 0.75 * 0.25) = 27.
    expect(Math.abs(heavy.length - 3000)).toBeLessThan(137);
  });

  it('shuffles without losing or repeating', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = new FigureRandom(3).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort()).toEqual(items);
  });
});
