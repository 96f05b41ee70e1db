import { sortedIndices } from './sorted-indices.ts';

describe('sortedIndices', () => {
  it.each([0, 1, 2, 3, 5, 8, 100, 1023])('puts %d values in order, equal ones as they were', (length) => {
    const values = Array.from({ length }, (_, i) => (i * 7919) % 37);
    const expected = values.map((_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number) || i - j);
    const sorted = sortedIndices(length, (i, j) => (values[i] as number) - (values[j] as number));
    expect(Array.from(sorted)).toEqual(expected);
  });
});
