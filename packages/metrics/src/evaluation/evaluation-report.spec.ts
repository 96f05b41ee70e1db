import { intervalMethod } from './bootstrap-interval.ts';
import {
  comparisonWarnings,
  type EvaluationReport,
  parseComparable,
  parseReport,
  ReportError,
  reportJson,
  reportVersion,
} from './evaluation-report.ts';
import { type MetricSummary, ScoreColumns } from './score-columns.ts';

function scored(values: readonly (number | undefined)[]): ScoreColumns {
  const columns = new ScoreColumns(values.length, ['ssim', 'psnr']);
  for (const [i, ssim] of values.entries()) {
    if (ssim !== undefined) columns.set(i, { ssim, psnr: ssim === 1 ? Number.POSITIVE_INFINITY : 20 + i });
  }
  return columns;
}

describe('ScoreColumns', () => {
  it('takes means over the pairs that are scored', () => {
    expect(scored([0.5, undefined, 0.25]).summaries().ssim).toMatchObject({ mean: 0.375, n: 2, direction: 'higher' });
  });

  it('leaves infinite scores out of the mean, and says how many', () => {
    const { ssim, psnr } = scored([1, 0.5, 1]).summaries();
    expect(psnr).toMatchObject({ mean: 21, n: 1, infinite: 2, interval: [21, 21] });
    expect(ssim).toMatchObject({ n: 3 });
    expect(ssim).not.toHaveProperty('infinite');
  });

  it('has no mean where no pair is scored', () => {
    expect(scored([undefined]).summaries().ssim).toMatchObject({ mean: null, n: 0, interval: null });
    expect(scored([1, 1]).summaries().psnr).toMatchObject({ mean: null, n: 0, interval: null, infinite: 2 });
  });

  it('has the mean within the interval, and an interval within the values', () => {
    const { mean, interval } = scored([0.1, 0.5, 0.3, 0.9, 0.2]).summaries().ssim as MetricSummary;
    const [low, high] = interval as readonly [number, number];
    expect(low).toBeGreaterThanOrEqual(0.1);
    expect(low).toBeLessThan(mean as number);
    expect(high).toBeGreaterThan(mean as number);
    expect(high).toBeLessThanOrEqual(0.9);
  });
});

const report = (name: string, hash: string, names: readonly string[]): EvaluationReport => ({
  version: reportVersion,
  protocol: { name, hash },
  metrics: scored([0.5, 0.25]).summaries(),
  intervals: intervalMethod,
  real: 'r',
  generated: 'g',
  scorer: 'portable',
  versions: {},
  pairing: {},
  problems: [],
  pairs: names.map((pair) => ({ name: pair, real: pair, ssim: 0.5, psnr: null })),
});

describe('reportJson and parseReport', () => {
  it.each([[[]], [['a', 'b "quoted"\n']]])('give a report back: %j', (names) => {
    const { pairs, ...head } = report('tf', 'aa', names);
    const text = [...reportJson(head, pairs)].join('');
    expect(parseReport('r.json', text)).toEqual({ ...head, pairs });
    expect(text.endsWith('}\n')).toBe(true);
  });

  it.each([
    ['{', /r\.json: expected JSON, received/],
    ['[]', /expected an object in a report/],
    ['{"version": 7}', /expected version 1, received 7/],
    ['{"version": 1, "protocol": "tf"}', /expected protocol with name and hash, received "tf", as older records have/],
    ['{"version": 1, "protocol": {"name": "tf", "hash": "a"}, "metrics": {"ssim": {}}}', /metrics\.ssim\.mean/],
    ['{"version": 1, "protocol": {"name": "tf", "hash": "a"}, "metrics": {}}', /expected pairs, received none/],
    [
      '{"version": 1, "protocol": {"name": "tf", "hash": "a"}, "metrics": {}, "pairs": [{"id": "a"}]}',
      /text in pairs\.0\.name, received nothing/,
    ],
    [
      '{"version": 1, "protocol": {"name": "tf", "hash": "a"}, "metrics": {}, "pairs": []}',
      /expected text in real, received nothing/,
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseReport('r.json', text)).toThrow(ReportError);
    expect(() => parseReport('r.json', text)).toThrow(message);
  });
});

describe('parseComparable', () => {
  it('takes what a record of a run has too, and a network only whole', () => {
    const { protocol, metrics, version } = report('tf', 'aa', []);
    const record = { version, protocol, metrics, checkpoint: 'c', pairs: [{ id: 'a', name: 'a', ssim: 0.5 }] };
    expect(parseComparable('run.json', JSON.stringify(record))).toEqual(record);
    const withNetwork = { ...record, network: { name: 'n' } };
    expect(() => parseComparable('r.json', JSON.stringify(withNetwork))).toThrow(
      /network\.name, weightsSha256 and label/,
    );
  });
});

describe('comparisonWarnings', () => {
  it('warns of the same weights behind another network', () => {
    const withNetwork = (name: string) => ({
      ...report('tf', 'aa', ['a']),
      network: { name, weightsSha256: 'c0ffee00'.repeat(8), comparable: true, label: 'published' },
    });
    expect(comparisonWarnings([withNetwork('inception-2015-12-05'), withNetwork('inception-2015-12-05')])).toEqual([]);
    expect(comparisonWarnings([withNetwork('inception-2015-12-05'), withNetwork('inception-pytorch-fid')])).toEqual([
      'FID and Inception Score are NOT comparable: they are of features of different networks, inception-2015-12-05 (c0ffee00), inception-pytorch-fid (c0ffee00).',
    ]);
  });

  it('says which programs computed the scores, if they are several', () => {
    const other = { ...report('tf', 'aa', ['a']), scorer: 'native' };
    expect(comparisonWarnings([report('tf', 'aa', ['a']), other])).toEqual([
      expect.stringContaining('portable / native. Of the same pixels they agree to 1e-6'),
    ]);
  });

  it('has none for the same protocol and pairs, whatever the protocol is called', () => {
    expect(comparisonWarnings([report('pg2', 'aa', ['a']), report('ggb', 'aa', ['a'])])).toEqual([]);
  });

  it('warns of different protocols, also of the same name', () => {
    expect(comparisonWarnings([report('tf', 'aa', ['a']), report('tf', 'bb', ['a'])])).toMatchObject([
      expect.stringMatching(/NOT comparable.*tf \(aa\), tf \(bb\)/),
    ]);
  });

  it('warns of different pairs, with how many are shared', () => {
    expect(comparisonWarnings([report('tf', 'aa', ['a', 'b']), report('tf', 'aa', ['b', 'c', 'd'])])).toEqual([
      'The reports score different pairs: 2, 3 pairs, 1 of them by the same name in all.',
    ]);
  });
});
