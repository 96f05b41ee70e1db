import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countsLine, parseCounts, readReports, writeReport } from './report.mjs';

describe('suite reports', () => {
  let folder: string;
  const before = process.env.GGB_REPORT_DIR;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-spec-'));
    process.env.GGB_REPORT_DIR = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env.GGB_REPORT_DIR;
    else process.env.GGB_REPORT_DIR = before;
  });

  it('add up over suites', () => {
    writeReport('a', { passed: 3, failed: 0, skipped: 1, skips: [{ name: 'x', reason: 'no GPU' }], failures: [] });
    writeReport('b', { passed: 4, failed: 1, skipped: 0, skips: [], failures: ['y'] });
    const sum = readReports(folder);
    expect(sum).toEqual({
      passed: 7,
      failed: 1,
      skipped: 1,
      skips: [{ name: 'x', reason: 'no GPU' }],
      failures: ['y'],
    });
    expect(countsLine(sum as NonNullable<typeof sum>)).toBe('7 passed, 1 failed, 1 skipped');
  });

  it('count a suite once when it runs twice', () => {
    const report = { passed: 3, failed: 0, skipped: 0, skips: [], failures: [] };
    writeReport('a', report);
    writeReport('a', report);
    expect(readReports(folder)?.passed).toBe(3);
  });

  it('are absent, not zero, when nothing was written', () => {
    expect(readReports(folder)).toBeUndefined();
    expect(readReports(join(folder, 'missing'))).toBeUndefined();
  });
});

describe('counts read from output', () => {
  it('come from the last such line', () => {
    expect(parseCounts('1 passed, 2 failed, 3 skipped\nretry\n4 passed, 0 failed, 0 skipped\n')).toMatchObject({
      passed: 4,
      failed: 0,
    });
  });

  it('survive colours, line ends of Windows and the prefix Nx puts before lines', () => {
    expect(parseCounts('\x1b[32mnative-ops: 4 passed, 0 failed, 0 skipped\x1b[0m\r\n')).toMatchObject({ passed: 4 });
  });

  it('carry the reason of every skip', () => {
    const output = 'skipped: gpu: adds: this machine has no GPU\n1 passed, 0 failed, 1 skipped\n';
    expect(parseCounts(output)?.skips).toEqual([{ name: 'gpu: adds', reason: 'this machine has no GPU' }]);
  });

  it('are absent when the suite printed no such line', () => {
    expect(parseCounts('all good, 4 passed, 0 failed, 0 skipped')).toBeUndefined();
    expect(parseCounts('')).toBeUndefined();
  });
});
