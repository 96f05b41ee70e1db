import { scaled, ticks, tickText } from './axis.ts';

describe('ticks', () => {
  it.each([
    [0, 1, 4, [0, 0.5, 1]],
    [0.13, 0.97, 4, [0.5]],
    [0.13, 0.97, 5, [0.2, 0.4, 0.6, 0.8]],
    [-1, 1, 4, [-1, -0.5, 0, 0.5, 1]],
    [0, 3000, 3, [0, 1000, 2000, 3000]],
    [7, 7, 4, [7]],
  ])('from %d to %d are round and inside', (min, max, count, expected) => {
    expect(ticks(min, max, count)).toEqual(expected);
  });

  it('are written with as few digits as they need', () => {
    expect([0.30000000000000004, -1500, 1e-7].map(tickText)).toEqual(['0.3', '−1500', '1e−7']);
  });
});

describe('scaled', () => {
  it('maps values to pixels, and one value alone to the middle', () => {
    expect(scaled(3, [2, 4], 100, 0)).toBe(50);
    expect(scaled(3, [3, 3], 0, 100)).toBe(50);
  });
});
