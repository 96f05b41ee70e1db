import { lineChart, ticks } from './line-chart.ts';

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.5, 1]],
    [0, 4, [0, 1, 2, 3, 4]],
    [0, 0.9, [0, 0.5, 1]],
    [0, 3000, [0, 1000, 2000, 3000]],
    [10, 990, [0, 500, 1000]],
  ])('from %d to %d are round and enclose both', (from, to, expected) => {
    const received = ticks(from, to);
    expect(received.length).toBe(expected.length);
    received.forEach((tick, index) => {
      expect(tick).toBeCloseTo(expected[index] as number, 12); // multiples of a step in float64
    });
  });

  it('exist for a single value too', () => expect(ticks(3, 3)).toEqual([0, 1]));
});

describe('lineChart', () => {
  const points = (svg: string) => [...svg.matchAll(/points="([^"]*)"/g)].map(([, list]) => list);

  it('draws zero at the bottom and the largest value at the top of its ticks', () => {
    const svg = lineChart({
      title: 'losses',
      xLabel: 'step',
      series: [
        {
          name: 'd',
          points: [
            [0, 0],
            [100, 4],
          ],
        },
      ],
    });
    // The plot reaches from x = 52 to 448 and from y = 192 up to 30.
    expect(points(svg)).toEqual(['52.0,192.0 448.0,30.0']);
    expect(svg).toContain('>d 4.0</text>');
  });

  it('leaves out what is no number', () => {
    const svg = lineChart({
      title: '',
      xLabel: '',
      series: [
        {
          name: 'd',
          points: [
            [0, 4],
            [1, Number.NaN],
            [100, 0],
          ],
        },
      ],
    });
    expect(points(svg)).toEqual(['52.0,30.0 448.0,192.0']);
  });

  it('is well-formed for no points, and for names with markup', () => {
    const svg = lineChart({ title: '<a & b>', xLabel: '"', series: [{ name: "l'1 <", points: [] }] });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toContain('&#60;a &#38; b&#62;');
    expect(svg).not.toContain('<a &');
  });
});
