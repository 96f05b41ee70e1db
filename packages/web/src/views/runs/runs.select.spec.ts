import {
  type Compared,
  comparison,
  marginText,
  sampleAt,
  sampleSteps,
  settings,
  signedText,
  tableText,
  tileOf,
  usualLosses,
} from './runs.select.ts';

type Direction = 'higher' | 'lower' | 'nearer-to-one';

function evaluation(title: string, metrics: Record<string, [Direction, ...number[]]>, hash = 'aaaaaaaa11'): Compared {
  const columns = Object.entries(metrics).map(([name, [direction, ...values]]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [name, { direction, unit: '', mean, values }] as const;
  });
  const count = columns[0]?.[1].values.length ?? 0;
  return {
    title,
    table: {
      ids: Array.from({ length: count }, (_, i) => `p${i}`),
      metrics: Object.fromEntries(columns),
      protocol: { name: 'tf', hash },
    },
  };
}

const a = evaluation('paper_a', { ssim: ['higher', 0.5, 0.7], l1: ['lower', 10, 20] });
const b = evaluation('b | without', { ssim: ['higher', 0.6, 0.9], l1: ['lower', 18, 20] });

describe('the table of runs', () => {
  it('says what is best, by the direction of each metric', () => {
    const { heads, rows } = comparison([a, b]);
    expect(heads.map(({ name }) => name)).toEqual(['ssim', 'l1']);
    expect(rows.map(({ cells }) => cells.map((cell) => cell?.isBest))).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('calls nothing best among one', () => {
    expect(comparison([a]).rows[0]?.cells.map((cell) => cell?.isBest)).toEqual([false, false]);
  });

  it('subtracts the first row, pair by pair', () => {
    const { rows } = comparison([a, b]);
    expect(rows[0]?.cells[0]?.delta).toBeUndefined();
    expect(rows[1]?.cells[0]?.delta?.value).toBeCloseTo(0.15, 12);
    expect(rows[1]?.cells.map((cell) => cell?.delta?.verdict)).toEqual(['better', 'worse']);
  });

  it('calls a difference within its margin the same', () => {
    const noise = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const base = evaluation('base', { l1: ['lower', ...noise.map(() => 10)] });
    const shifted = (by: number) => evaluation('other', { l1: ['lower', ...noise.map((value) => 10 + by + value)] });
    const delta = (by: number) => comparison([base, shifted(by)]).rows[1]?.cells[0]?.delta;
    // 1.96 sqrt(40 / 39 / 40), the values being 1 from their mean.
    expect(delta(0.2)?.margin).toBeCloseTo(1.96 / Math.sqrt(39), 12);
    expect(delta(0.2)?.verdict).toBe('same');
    expect(delta(0.4)?.verdict).toBe('worse');
    expect(delta(-0.4)?.verdict).toBe('better');
  });

  it('judges ratios by their distance from one', () => {
    const before = evaluation('before', { sharpness: ['nearer-to-one', 0.5] });
    const after = evaluation('after', { sharpness: ['nearer-to-one', 1.2] });
    const { rows } = comparison([before, after]);
    expect(rows[1]?.cells[0]).toMatchObject({ isBest: true, delta: { value: 0.7, verdict: 'better' } });
  });

  it('compares nothing across protocols, and names them', () => {
    const other = evaluation('c', { ssim: ['higher', 0.1, 0.9] }, 'bbbbbbbb22');
    const table = comparison([a, other]);
    expect(table.mixedProtocols).toEqual(['tf (aaaaaaaa)', 'tf (bbbbbbbb)']);
    expect(table.rows.flatMap(({ cells }) => cells).some((cell) => cell?.isBest || cell?.delta)).toBe(false);
    expect(tableText(table, 'markdown')).toContain('Not comparable: tf (aaaaaaaa), tf (bbbbbbbb).');
    expect(tableText(table, 'latex')).toMatch(/^% Not comparable/);
    for (const format of ['markdown', 'latex'] as const) {
      expect(tableText(table, format)).toMatch(/Protocol of c: tf \(bbbbbbbb\)\./);
    }
  });

  it('copies as Markdown', () => {
    expect(tableText(comparison([a, b]), 'markdown')).toBe(
      [
        '| run | pairs | ssim ↑ | l1 ↓ |',
        '| --- | ---: | ---: | ---: |',
        '| paper_a | 2 | 0.6000 | **15.00** |',
        '| b \\| without | 2 | **0.7500** (+0.1500) | 19.00 (+4.0000) |',
        '',
        'Protocol: tf (aaaaaaaa).',
        '',
      ].join('\n'),
    );
  });

  it('copies as LaTeX', () => {
    const lines = tableText(comparison([a, b]), 'latex').split('\n');
    expect(lines).toContain('run & pairs & ssim $\\uparrow$ & l1 $\\downarrow$ \\\\');
    expect(lines).toContain('paper\\_a & 2 & $0.6000$ & $\\mathbf{15.00}$ \\\\');
    expect(lines.at(-3)).toBe('\\multicolumn{4}{l}{\\footnotesize Protocol: tf (aaaaaaaa).} \\\\');
  });

  it('copies changes with their margins', () => {
    const values = Array.from({ length: 30 }, (_, i) => i % 3);
    const base = evaluation('base', { l1: ['lower', ...values.map((value) => value + 1)] });
    const other = evaluation('other', { l1: ['lower', ...values.map((value) => 2 * value)] });
    // Differences of -1, 0 and 1, ten each: mean 0, and 1.96 sqrt(20 / 29 / 30) = 0.297.
    expect(tableText(comparison([base, other]), 'markdown')).toContain('(0.0000 ± 0.30)');
    expect(tableText(comparison([base, other]), 'latex')).toContain('(0.0000 \\pm 0.30)');
  });

  it('calls nothing best among means over different pairs, and says so', () => {
    const part = evaluation('part', { ssim: ['higher', 0.9], l1: ['lower', 1] });
    const table = comparison([a, part]);
    expect(table.otherPairs).toEqual(['ssim', 'l1']);
    expect(table.rows.flatMap(({ cells }) => cells.map((cell) => cell?.isBest))).toEqual([false, false, false, false]);
    expect(table.rows[1]?.cells[0]?.delta?.value).toBeCloseTo(0.4, 12);
    expect(tableText(table, 'markdown')).toContain('Means over different pairs, so none is called best: ssim, l1.');
    expect(tableText(table, 'latex')).toMatch(/^% Means over different pairs/);
    expect(comparison([a, b]).otherPairs).toEqual([]);
  });

  it('copies as CSV with the numbers in full', () => {
    const [head, first, second] = tableText(comparison([a, b]), 'csv').split('\n');
    expect(head).toBe(
      'run,pairs,protocol,ssim,ssim low,ssim high,ssim delta,ssim margin,l1,l1 low,l1 high,l1 delta,l1 margin',
    );
    expect(first).toBe('paper_a,2,tf (aaaaaaaa),0.6,,,,,15,,,,');
    expect(Number(second?.split(',')[6])).toBeCloseTo(0.15, 12);
  });

  it('writes margins with two digits', () => {
    expect([0.00304, 0.5, 12.3, 0].map(marginText)).toEqual(['0.0030', '0.50', '12', '0.0000']);
  });

  it('writes small changes as what they round to', () => {
    expect([0.01234, -12.345, -0.00001].map(signedText)).toEqual(['+0.0123', '−12.35', '0.0000']);
  });
});

describe('the settings of runs', () => {
  it('are told apart by their dotted names', () => {
    const rows = settings([
      { seed: 1, model: { guidedLevels: [2, 3], rapd: true } },
      { seed: 1, model: { guidedLevels: [] }, loss: { adversarialWeight: 0.1 } },
    ]);
    expect(rows.filter(({ differs }) => differs)).toEqual([
      { key: 'loss.adversarialWeight', values: [undefined, '0.1'], differs: true },
      { key: 'model.guidedLevels', values: ['[2,3]', '[]'], differs: true },
      { key: 'model.rapd', values: ['true', undefined], differs: true },
    ]);
    expect(rows.filter(({ differs }) => !differs).map(({ key }) => key)).toEqual(['seed']);
  });
});

describe('the samples', () => {
  it('of a run are those of the step, or the last before it', () => {
    expect(sampleAt([500, 1000], 1000)).toBe(1000);
    expect(sampleAt([500, 1000], 999)).toBe(500);
    expect(sampleAt([500, 1000], 10)).toBe(500);
    expect(sampleAt([500, 1000], undefined)).toBe(1000);
    expect(sampleAt([], 10)).toBeUndefined();
  });

  it('of several runs share one slider', () => {
    expect(sampleSteps([[500, 1000], [1000, 2761], []])).toEqual([500, 1000, 2761]);
  });

  it('are cut out of the grid', () => {
    // Four tiles of 128 with gaps of 4: the width of the demo's grids.
    expect(tileOf(1, 2, { width: 532, columns: 4, gap: 4 })).toEqual({ x: 268, y: 136, side: 128 });
  });
});

describe('usualLosses', () => {
  it('are those of the whole, not of levels and critics', () => {
    expect(usualLosses(['discriminator', 'generator.adversarial', 'discriminator.real', 'level2.rapd'])).toEqual([
      'discriminator',
      'generator.adversarial',
    ]);
    expect(usualLosses(['x', 'y'])).toEqual(['x', 'y']);
  });
});
