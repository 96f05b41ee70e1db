import { MeasuredErrors, precisionSectionProblem, withSection } from './precision-page.ts';

const row = { metric: 'ssim', reference: 'SciPy', versions: 'scipy 1', tolerance: 1e-9, error: 3e-13 };
const empty = 'before\n<!-- measured: here -->\n<!-- end: here -->\nafter\n';
const written = withSection(empty, 'here', [row]);

describe('the precision page', () => {
  it('holds the worst error of every metric and reference, rounded up to a power of ten', () => {
    const errors = new MeasuredErrors();
    errors.record(row);
    errors.record({ ...row, error: 2e-13 });
    errors.record({ ...row, metric: 'psnr', error: 0 });
    expect(errors.rows.map(({ metric, error }) => [metric, error])).toEqual([
      ['ssim', 3e-13],
      ['psnr', 0],
    ]);
    expect(written).toContain('| ssim   | SciPy     | scipy 1  | 1e-9      | below 1e-12 |');
  });

  it('has no bound that is looser than the tolerance', () => {
    const page = withSection(empty, 'here', [{ ...row, tolerance: 5e-4, error: 2e-4 }]);
    expect(page).toContain('| 5e-4      | below 5e-4 |');
    expect(precisionSectionProblem(page, 'here', [{ ...row, tolerance: 5e-4, error: 4e-4 }])).toBeUndefined();
  });

  it('keeps what stands around the section', () => {
    expect(written.startsWith('before\n<!-- measured: here -->\n')).toBe(true);
    expect(written.endsWith('\n<!-- end: here -->\nafter\n')).toBe(true);
  });

  it('is up to date right after it was written, and with another rounding', () => {
    expect(precisionSectionProblem(written, 'here', [row])).toBeUndefined();
    expect(precisionSectionProblem(written, 'here', [{ ...row, error: 8e-14 }])).toBeUndefined();
  });

  it.each([
    ['a metric', { ...row, metric: 'l1' }, 'expected the line'],
    ['a tolerance', { ...row, tolerance: 1e-6 }, 'expected the line'],
    ['a version', { ...row, versions: 'scipy 2' }, 'expected the line'],
    ['a larger error', { ...row, error: 2e-12 }, 'the page says 1e-12, measured 2e-12'],
  ])('is stale with %s that it does not say', (_, changed, problem) => {
    expect(precisionSectionProblem(written, 'here', [changed])).toContain(problem);
  });

  it('is stale with an error a thousand times too large, or a line too many', () => {
    const coarse = withSection(empty, 'here', [{ ...row, error: 1e-7 }]);
    expect(precisionSectionProblem(coarse, 'here', [row])).toContain('the page says 1e-7');
    expect(precisionSectionProblem(written, 'here', [])).toContain('expected 2 lines, found 3');
  });

  it('says which section is missing', () => {
    expect(precisionSectionProblem(empty, 'elsewhere', [])).toBe('the page has no section "elsewhere"');
    expect(() => withSection(empty, 'elsewhere', [])).toThrow('no section "elsewhere"');
  });
});
