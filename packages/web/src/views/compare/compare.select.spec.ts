import { imageNames, levelsOf, neighbour, type PaneName, paneColumns, paneList, paneTitle } from './compare.select.ts';

const table = {
  images: [
    { name: 'source', missing: [] },
    { name: 'output', missing: [1] },
    { name: 'truth', missing: [] },
    { name: 'level2', missing: [1, 2] },
    { name: 'level4', missing: [] },
  ],
} as const;
const all: readonly PaneName[] = ['source', 'condition', 'output', 'truth', 'level2', 'level4', 'level3'];
const pair = ['output', 'truth'] as const;

describe('the panes of a result', () => {
  it('show what there is', () => {
    expect(imageNames(table, 0)).toEqual(['source', 'output', 'truth', 'level2', 'level4']);
    expect(imageNames(table, 1)).toEqual(['source', 'truth', 'level4']);
  });

  it('are source, condition, output, truth in one row, then where the score was lost', () => {
    expect(paneList('row', all, pair, true).names).toEqual(['source', 'condition', 'output', 'truth', 'ssim']);
    expect(paneList('row', ['output', 'truth'], pair, false).names).toEqual(['output', 'truth']);
    expect(paneList('row', [...all, 'before'], pair, false).names).toContain('before');
  });

  it('are the two that are compared, in the modes for two', () => {
    expect(paneList('side', all, ['source', 'output'], true)).toEqual({ kind: 'apart', names: ['source', 'output'] });
    for (const mode of ['slider', 'flicker', 'onion'] as const) {
      expect(paneList(mode, all, pair, true)).toEqual({ kind: mode, names: pair });
    }
    expect(paneList('difference', all, pair, true).names).toEqual(['output', 'truth', 'difference']);
    expect(paneList('ssim', all, pair, false).names).toEqual(['output', 'truth']);
  });

  it('go from the coarsest level to the image', () => {
    expect(levelsOf(all)).toEqual(['level4', 'level3', 'level2']);
    expect(paneList('levels', all, pair, true).names).toEqual(['level4', 'level3', 'level2', 'output', 'truth']);
  });

  it('have titles in words', () => {
    expect((['level3', 'before', 'truth'] as const).map(paneTitle)).toEqual(['level 3', 'output of A', 'truth']);
  });
});

describe('neighbour', () => {
  it('steps through the order of the grid and stops at its ends', () => {
    const order = Int32Array.of(7, 3, 9);
    expect(neighbour(order, 3, 1)).toBe(9);
    expect(neighbour(order, 9, 1)).toBe(9);
    expect(neighbour(order, 3, -1)).toBe(7);
    expect(neighbour(order, 3, -Infinity)).toBe(7);
  });

  it('begins anew where the current result is filtered away', () => {
    expect(neighbour(Int32Array.of(7, 3), 5, 1)).toBe(7);
    expect(neighbour(Int32Array.of(7, 3), undefined, 1)).toBe(7);
    expect(neighbour(new Int32Array(0), 5, 1)).toBeUndefined();
  });
});

describe('paneColumns', () => {
  it('keeps a row where it is about as good, and breaks it where it is not', () => {
    expect(paneColumns(5, { width: 1400, height: 600 }, 1, 24)).toBe(5);
    expect(paneColumns(4, { width: 1400, height: 600 }, 1, 24)).toBe(4);
    expect(paneColumns(5, { width: 390, height: 600 }, 1, 24)).toBe(2);
    expect(paneColumns(6, { width: 1440, height: 660 }, 1, 24)).toBe(3);
    expect(paneColumns(2, { width: 390, height: 700 }, 1, 24)).toBe(1);
    expect(paneColumns(1, { width: 390, height: 700 }, 1, 24)).toBe(1);
    expect(paneColumns(0, { width: 390, height: 700 }, 1, 24)).toBe(1);
  });
});
