import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../bootstrap/repository.mjs';

// A real Jest runs over real spec files: what Jest puts into its results is the thing that could change.
const folder = mkdtempSync(join(tmpdir(), 'reporter-spec-'));
const jestBin = join(repositoryRoot, 'node_modules', 'jest', 'bin', 'jest.js');
const setup = JSON.stringify(join(__dirname, '..', 'testing', 'skipping.ts'));
const config = join(folder, 'jest.config.mjs');
writeFileSync(
  config,
  `import { jestConfig } from ${JSON.stringify(join(__dirname, 'config.mjs'))};
   export default jestConfig('sample', { rootDir: ${JSON.stringify(folder)} });`,
);
afterAll(() => rmSync(folder, { recursive: true }));

function run(spec: string, args: string[] = []) {
  writeFileSync(join(folder, 'sample.spec.ts'), spec);
  const result = spawnSync(process.execPath, [jestBin, '--config', config, ...args], {
    encoding: 'utf8',
    env: { ...process.env, GGB_REPORT_DIR: folder },
  });
  const report = JSON.parse(readFileSync(join(folder, 'sample.json'), 'utf8'));
  return { status: result.status, report, output: result.stdout + result.stderr };
}

describe('the report of a Jest run', () => {
  it('counts passes and failures', () => {
    const { report, status } = run(`it('a', () => {}); it('b', () => { throw new Error('no'); });`);
    expect(report).toMatchObject({ passed: 1, failed: 1, skipped: 0, failures: ['sample.spec.ts: b'] });
    expect(status).toBe(1);
  });

  it('carries the reason of a skip', () => {
    const { report, status, output } = run(
      `import { describeWhen, itWhen } from ${setup};
       it('a', () => {});
       itWhen(false, 'no AVX-512')('adds', () => { throw new Error('must not run'); });
       itWhen(true, 'never')('subtracts', () => {});
       describeWhen(false, 'no GPU')('gpu', () => { it('adds', () => {}); });`,
    );
    expect(report).toMatchObject({ passed: 2, failed: 0, skipped: 2 });
    expect(report.skips.map((skip: { reason: string }) => skip.reason)).toEqual(['no AVX-512', 'no GPU']);
    expect(output).toContain('no AVX-512');
    expect(status).toBe(0);
  });

  it('counts a skip without a reason as a failure, and names it', () => {
    const { status, output, report } = run(`it('a', () => {}); it.skip('forgotten', () => {});`);
    expect(status).toBe(1);
    expect(output).toContain('1 skipped without a reason');
    expect(report).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
    expect(report.failures).toEqual(['sample.spec.ts: forgotten (skipped without a reason)']);
  });

  it('does not blame what a name pattern leaves out', () => {
    const { status, report } = run(`it('a', () => {}); it('b', () => {});`, ['-t', 'a']);
    expect(status).toBe(0);
    expect(report).toMatchObject({ passed: 1, skipped: 0 });
  });

  it('counts a file that cannot be loaded as a failure', () => {
    const { report, status } = run(`import 'not-a-package'; it('a', () => {});`);
    expect(report).toMatchObject({ passed: 0, failed: 1, failures: ['sample.spec.ts could not be run'] });
    expect(status).toBe(1);
  });
});
