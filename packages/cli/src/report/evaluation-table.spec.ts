import { comparisonTable } from './evaluation-table.ts';

const summary = (mean: number) => ({ mean, n: 3, interval: null, direction: 'lower' as const, unit: 'none' });
const report = (name: string, label: string) => ({
  name: `${name}.json`,
  report: {
    protocol: { name: 'tf', hash: 'aaaaaaaabb' },
    metrics: { fid: summary(12.5) },
    network: { name, weightsSha256: 'c0ffee0011', comparable: label === '', label },
  },
});

describe('the table of several reports', () => {
  it('names the network of each and says beside the number what it is not comparable with', () => {
    const label = "not comparable: pytorch-fid's resizing differs";
    const { network: _, ...pairs } = report('none', '').report;
    const table = comparisonTable([report('inception-pytorch-fid', label), { name: 'pairs.json', report: pairs }]);
    const [titles, first, second] = table.split('\n') as [string, string, string];
    expect(titles).toMatch(/^report +protocol +fid +pairs +network of fid and is$/);
    expect(first).toMatch(
      /^inception-pytorch-fid\.json +tf \(aaaaaaaa\) +12\.5000 +3 +inception-pytorch-fid \(c0ffee00\), not comparable: pytorch-fid's resizing differs$/,
    );
    expect(second).toMatch(/^pairs\.json .* -$/);
  });

  it('has no such column where no features are scored', () => {
    const { network: _, ...pairs } = report('none', '').report;
    expect(comparisonTable([{ name: 'pairs.json', report: pairs }])).not.toContain('network');
  });
});
