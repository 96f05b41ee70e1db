import {
  imageNames,
  levelsOf,
  missingText,
  neighbour,
  type PaneName,
  paneColumns,
  paneList,
  paneTitle,
} from './compare.select.ts';

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
    // Level n is drawn at half the side of level n + 1.
    expect(levelsOf(all)).toEqual(['level2', 'level3', 'level4']);
    expect(paneList('levels', all, pair, true).names).toEqual(['level2', 'level3', 'level4', 'output', 'truth']);
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
  const row: readonly PaneName[] = ['source', 'condition', 'output', 'truth', 'ssim'];
  const levels: readonly PaneName[] = ['level2', 'level3', 'level4', 'output', 'truth'];
  const columnsOf = (names: readonly PaneName[], width: number, height: number) =>
    paneColumns(names, { width, height }, 1, 24);

  it('keeps a row where it is about as good, and breaks it where it is not', () => {
    expect(columnsOf(row, 1400, 600)).toBe(5);
    expect(columnsOf(row.slice(0, 4), 1400, 600)).toBe(4);
    expect(columnsOf(row, 390, 600)).toBe(2);
    expect(columnsOf(['source', 'condition', 'before', 'output', 'truth', 'ssim'], 1440, 660)).toBe(3);
    expect(columnsOf(['output', 'truth'], 390, 700)).toBe(1);
    expect(columnsOf(['output'], 390, 700)).toBe(1);
    expect(columnsOf([], 390, 700)).toBe(1);
  });

  it.each([
    [1280, 700],
    [900, 720],
    [1100, 1100],
    [640, 900],
    [390, 700],
  ])('never shows output and truth across a corner: %d x %d', (width, height) => {
    for (const names of [row, [...row, 'before'] as const, levels, row.slice(1)]) {
      const columns = columnsOf(names, width, height);
      const [output, truth] = [names.indexOf('output'), names.indexOf('truth')];
      const inRow = Math.floor(output / columns) === Math.floor(truth / columns);
      expect([names, columns, inRow || output % columns === truth % columns]).toEqual([names, columns, true]);
    }
  });
});

describe('missingText', () => {
  const images = (...names: string[]) => names.map((name) => ({ name, missing: [] })) as unknown as typeof table.images;
  const notes = ['Sources and truths cannot be shown: there is no pairs.jsonl.'];

  it('gives the reason that the table notes', () => {
    expect(missingText({ images: images('output'), notes }, 0, 'run')).toBe(
      'Not shown: source, truth. Sources and truths cannot be shown: there is no pairs.jsonl.',
    );
  });

  it('tells a pair that lacks what the others have', () => {
    expect(missingText({ images: table.images, notes: [] }, 1, 'run')).toBe(
      'Not shown: output. Other results have output, this one does not.',
    );
  });

  it('says nothing where nothing is missing; two folders have no sources', () => {
    expect(missingText({ images: table.images, notes }, 0, 'run')).toBeUndefined();
    expect(missingText({ images: images('output', 'truth'), notes }, 0, 'folders')).toBeUndefined();
  });
});
