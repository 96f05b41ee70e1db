import type { Pair } from '@ggb/core';
import { evenlySpaced, pairsOfSplit } from './split-pairs.ts';

const pair = (id: string, split: string): Pair => ({
  id,
  split,
  source: 's.png',
  target: 't.png',
  manifest: 'pairs.jsonl',
  line: 1,
});

describe('pairsOfSplit', () => {
  const pairs = [pair('a', 'train'), pair('b', 'test'), pair('c', 'train')];

  it('keeps the order of the manifest', () => {
    expect(pairsOfSplit(pairs, 'train', 'data.split').map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('names the splits there are when there is no such one', () => {
    expect(() => pairsOfSplit(pairs, 'val', '--split')).toThrow(
      '--split: no pair of pairs.jsonl is in split "val": expected one of train, test, received val.',
    );
  });
});

describe('evenlySpaced', () => {
  it.each([
    [10, 2, [2, 7]],
    [10, 3, [1, 5, 8]],
    [3, 5, [0, 1, 2]],
    [4, 4, [0, 1, 2, 3]],
  ])('of %d takes %d', (length, count, expected) => {
    expect(evenlySpaced([...Array(length).keys()], count)).toEqual(expected);
  });
});
