import { claimsReport } from './demo-claims-report.mjs';

const good = {
  model: { ssim: 0.8, insideSsim: 0.5, insideL1: 20 },
  copySource: { ssim: 0.6, insideSsim: 0.2, insideL1: 60 },
  nearestPose: { ssim: 0.65, insideSsim: 0.3, insideL1: 50 },
  seconds: { data: 10, training: 450, evaluation: 20 },
};

describe('the claims of the demo', () => {
  it('pass when all hold', () => {
    expect(claimsReport(good)).toMatchObject({ passed: 4, failed: 0, failures: [] });
  });

  it('name the one that does not, with both numbers', () => {
    const { failed, failures } = claimsReport({ ...good, model: { ...good.model, ssim: 0.65 } });
    expect(failed).toBe(1);
    expect(failures).toEqual(['SSIM above copying the source by: expected at least 0.1, received 0.050']);
  });

  it('hold the better baseline against the model', () => {
    expect(claimsReport({ ...good, model: { ...good.model, insideSsim: 0.32 } }).failed).toBe(1);
    expect(claimsReport({ ...good, model: { ...good.model, insideL1: 41 } }).failed).toBe(1);
  });

  it('allow ten minutes', () => {
    expect(claimsReport({ ...good, seconds: { data: 20, training: 570, evaluation: 20 } }).failed).toBe(1);
  });

  it('fail for numbers that are not there', () => {
    expect(claimsReport({ ...good, model: { ...good.model, insideL1: Number.NaN } }).failed).toBe(1);
  });
});
