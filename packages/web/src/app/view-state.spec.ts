import { formatState, initialState, parseState, type ViewState, withChange } from './view-state.ts';

const everything: ViewState = {
  view: 'compare',
  source: 'runs/00002 (b)',
  evaluation: 'demo',
  against: 'runs/00001',
  againstEvaluation: 'other',
  metric: 'ssim',
  order: 'regression',
  ranges: { ssim: { min: 0.25, max: 0.5 }, l1: { max: 1e-3 }, 'inside ssim': { min: -0.5 } },
  text: 'p01 & p02',
  chart: 'scatter',
  across: 'l1',
  pair: 'i0001_p00_p01',
  mode: 'slider',
  first: 'level2',
  second: 'source',
  split: 0.125,
  blend: 0.75,
  viewport: { zoom: 8, x: 0.3125, y: 0.75 },
  skeleton: true,
  runs: ['a,b', 'c%2C'],
  step: 2000,
  losses: ['generator.adversarial'],
  linear: true,
  allSettings: true,
  photo: 'a/b.jpg',
  theme: 'dark',
};

describe('the state in the URL', () => {
  it('comes back whole', () => {
    expect(parseState(formatState(everything))).toEqual(everything);
  });

  it('is short where it is as at the start', () => {
    expect(formatState(initialState)).toBe('#/find');
    expect(formatState({ ...initialState, view: 'runs' })).toBe('#/runs');
    expect(parseState('')).toEqual(initialState);
  });

  it('keeps open ends of ranges open', () => {
    expect(parseState('#/find?where.ssim=..0.5').ranges).toEqual({ ssim: { max: 0.5 } });
    expect(parseState('#/find?where.ssim=0.5..').ranges).toEqual({ ssim: { min: 0.5 } });
    expect(parseState('#/find?where.ssim=..').ranges).toEqual({});
  });

  it('ignores what it does not understand, and keeps the rest', () => {
    const state = parseState('#/nowhere?order=upwards&split=7&at=1,2&step=-1&metric=ssim&where.l1=a..b');
    expect(state).toEqual({ ...initialState, metric: 'ssim' });
  });

  it('changes without keeping what was taken away', () => {
    const state = withChange(everything, { pair: undefined, mode: 'row' });
    expect(state).toEqual({ ...everything, pair: undefined, mode: 'row' });
    expect('pair' in state).toBe(false);
  });
});
