import { gains, histogram, rankCorrelation, rowsOf, selectRows, shareWorse, valuesAgainst } from './find.select.ts';

const column = (direction: 'higher' | 'lower' | 'nearer-to-one', ...values: (number | null)[]) => ({
  direction,
  unit: '',
  mean: 0,
  values,
});
const rows = rowsOf({
  ids: ['p10', 'p9', 'q1', 'q2', 'p2'],
  metrics: {
    ssim: column('higher', 0.5, 0.2, null, 0.9, 0.5),
    l1: column('lower', 10, 30, 20, 5, 40),
    sharpness: column('nearer-to-one', 0.5, 1.2, 0.9, 2, 1),
  },
  poseChange: [0.1, 0.5, 0.3, null, 0.2],
});
const earlier = rowsOf({
  ids: ['q2', 'p9', 'p10', 'gone'],
  metrics: {
    ssim: column('higher', 0.95, 0.1, 0.5, 0.3),
    l1: column('lower', 2, 50, 10, 1),
    sharpness: column('nearer-to-one', 1, 0.5, 1.5, 1),
  },
});
const all = { metric: 'ssim', order: 'worst', ranges: {}, text: '' } as const;
const ids = (selection: Parameters<typeof selectRows>[1]) =>
  Array.from(selectRows(rows, selection), (row) => rows.ids[row]);

describe('selectRows', () => {
  it('puts the worst first, by the direction of the metric', () => {
    expect(ids(all)).toEqual(['p9', 'p10', 'p2', 'q2', 'q1']);
    expect(ids({ ...all, metric: 'l1' })).toEqual(['p2', 'p9', 'q1', 'p10', 'q2']);
    expect(ids({ ...all, metric: 'l1', order: 'best' })).toEqual(['q2', 'p10', 'q1', 'p9', 'p2']);
    expect(ids({ ...all, metric: 'sharpness' })).toEqual(['q2', 'p10', 'p9', 'q1', 'p2']);
  });

  it('puts what has no value last, whichever the order', () => {
    expect(ids(all).at(-1)).toBe('q1');
    expect(ids({ ...all, order: 'best' })).toEqual(['q2', 'p10', 'p2', 'p9', 'q1']);
    expect(ids({ ...all, order: 'pose' })).toEqual(['p9', 'q1', 'p2', 'p10', 'q2']);
  });

  it('sorts names as people count', () => {
    expect(ids({ ...all, order: 'id' })).toEqual(['p2', 'p9', 'p10', 'q1', 'q2']);
  });

  it('keeps the order of the table for a metric that it does not have', () => {
    expect(ids({ ...all, metric: 'lpips' })).toEqual([...rows.ids]);
  });

  it('filters by ranges of several metrics, ends included, and by text', () => {
    expect(ids({ ...all, ranges: { ssim: { max: 0.5 } } })).toEqual(['p9', 'p10', 'p2']);
    expect(ids({ ...all, ranges: { ssim: { max: 0.5 }, l1: { min: 10, max: 30 } } })).toEqual(['p9', 'p10']);
    expect(ids({ ...all, ranges: { 'pose change': { min: 0.3 } } })).toEqual(['p9', 'q1']);
    expect(ids({ ...all, text: 'Q' })).toEqual(['q2', 'q1']);
  });

  it('puts first what lost most against another run, and does not compare what one of them lacks', () => {
    const against = { ...all, order: 'regression', against: earlier } as const;
    expect(ids(against)).toEqual(['q2', 'p10', 'p9', 'q1', 'p2']);
    expect(ids({ ...against, ranges: { gain: { max: 0 } } })).toEqual(['q2', 'p10']);
  });
});

describe('gains', () => {
  it('are positive where run B is better, for metrics of both directions', () => {
    expect(gains(rows, earlier, 'ssim')).toBeAllClose([0, 0.1, Number.NaN, -0.05, Number.NaN], { absolute: 1e-12 }); // rounding
    expect([...gains(rows, earlier, 'l1')]).toEqual([0, 20, Number.NaN, -3, Number.NaN]);
    expect(gains(rows, earlier, 'sharpness')).toBeAllClose([0, 0.3, Number.NaN, -1, Number.NaN], { absolute: 1e-12 });
    expect([...valuesAgainst(rows, earlier, 'l1')]).toEqual([10, 50, Number.NaN, 2, Number.NaN]);
  });
});

describe('histogram', () => {
  it('counts all and the selected ones in bins of one width', () => {
    expect(histogram([0, 1, 2, 3, 4, Number.NaN], 2, [4, 5])).toEqual({
      min: 0,
      max: 4,
      counts: [2, 3],
      selected: [0, 1],
    });
  });

  it('copes with one value, and with none', () => {
    expect(histogram([3, 3], 4, [])).toEqual({ min: 3, max: 3, counts: [0, 0, 2, 0], selected: [0, 0, 0, 0] });
    expect(histogram([Number.NaN], 4, [])).toBeUndefined();
  });
});

describe('rankCorrelation', () => {
  it('is 1 for what rises together, -1 for what falls, however unevenly', () => {
    expect(rankCorrelation([1, 2, 3, 100], [0, 1, 8, 9])).toBe(1);
    expect(rankCorrelation([1, 2, 3, 100], [9, 8, 1, 0])).toBe(-1);
  });

  it('shares ranks between ties', () => {
    // Ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: 4.5 / sqrt(4.5 * 5).
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it('looks only at results with both values, and says nothing about too few', () => {
    expect(rankCorrelation([1, Number.NaN, 2, 3], [1, -100, 2, 3])).toBe(1);
    expect(rankCorrelation([1, 2], [1, 2])).toBeUndefined();
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeUndefined();
  });
});

describe('shareWorse', () => {
  it('is where a result stands among the others', () => {
    const { ssim, l1 } = rows.metrics as { ssim: never; l1: never };
    expect(shareWorse(ssim, 3)).toBe(0.75);
    expect(shareWorse(l1, 4)).toBe(0);
    expect(shareWorse(ssim, 2)).toBeUndefined();
  });
});
