import { FigureRandom } from './figure-random.ts';

const draws = (random: FigureRandom, count: number) => Array.from({ length: count }, () => random.uniform(0, 1));

describe('FigureRandom', () => {
  it('gives the same draws for the same seed, purpose and positions, and others for others', () => {
    expect(draws(new FigureRandom(1, 2, 3, 4), 5)).toEqual(draws(new FigureRandom(1, 2, 3, 4), 5));
    const places: [number, number, number, number][] = [
      [1, 2, 3, 4],
      [1, 2, 4, 3],
      [1, 3, 3, 4],
      [2, 2, 3, 4],
    ];
    const streams = places.map((place) => draws(new FigureRandom(...place), 2).join());
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('draws bells around 0 within -1 and 1', () => {
    const random = new FigureRandom(4, 3);
    const bells = Array.from({ length: 4000 }, () => random.bell());
    expect(bells.every((bell) => Math.abs(bell) <= 1)).toBe(true);
    // The mean of three uniforms in -1..1 has standard deviation 1/3; five standard errors of 4000 draws.
    expect(Math.abs(bells.reduce((a, b) => a + b) / 4000)).toBeLessThan(5 / 3 / Math.sqrt(4000));
  });

  it('picks keys as often as they weigh', () => {
    const random = new FigureRandom(6, 3);
    const heavy = Array.from({ length: 4000 }, () => random.weighted({ light: 1, heavy: 3 })).filter(
      (key) => key === 'heavy',
    );
    // Five standard deviations: sqrt(4000 * 0.75 * 0.25) = 27.
    expect(Math.abs(heavy.length - 3000)).toBeLessThan(137);
  });

  it('shuffles without losing or repeating', () => {
    const items = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const shuffled = new FigureRandom(3, 3).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort()).toEqual(items);
  });
});
