import { scoreTable } from './score-table.ts';

describe('scoreTable', () => {
  it('aligns names and numbers and says which way is better', () => {
    const table = scoreTable([
      { name: 'model', scores: { ssim: 0.7654, insideSsim: 0.5, insideL1: 31.26, l1: 8 } },
      { name: 'copySource', scores: { ssim: 0.5, insideSsim: 0.1, insideL1: 75, l1: 20.04 } },
    ]);
    expect(table.split('\n')).toEqual([
      '             SSIM  SSIM inside  colour error inside  colour error',
      'model       0.765        0.500                 31.3           8.0',
      'copySource  0.500        0.100                 75.0          20.0',
      'SSIM: higher is better, 1 is equal. Colour error: mean absolute difference, 0 to 255, lower is better.',
    ]);
  });

  it('shows how sharp outputs are, where that is known', () => {
    const lines = scoreTable([{ name: 'model', scores: { ssim: 1, l1: 0, sharpness: 0.876 } }]).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      '        SSIM  colour error  sharpness',
      'model  1.000           0.0       0.88',
    ]);
    expect(lines.at(-1)).toBe('Sharpness: 1 is as sharp as the truth, less is blurred.');
  });

  it('has no columns for the inside where nobody has silhouettes', () => {
    expect(
      scoreTable([{ name: 'model', scores: { ssim: 1, l1: 0 } }])
        .split('\n')
        .slice(0, 2),
    ).toEqual(['        SSIM  colour error', 'model  1.000           0.0']);
  });
});
