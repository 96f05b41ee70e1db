import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGgb } from '../../../testing/run-ggb.ts';
import { profileTable } from './profile-table.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ggb-bench-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const small = ['preset=quick', 'image.size=32', 'model.levels=3', 'model.guidedLevels=[2]', 'training.batchSize=2'];

describe('ggb bench', () => {
  it('times the step without data, and names kernels, shapes and rates', async () => {
    const { code, stdout } = await runGgb(['bench', ...small, '--steps', '2', '--profile'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Backend native-cpu: .*\nquick, 32 px, batch 2, float32: median [\d.]+ ms a step/);
    expect(stdout).toMatch(/ +[\d.]+ +[\d.]+ % +\d+ +\d+ +\d+ % +conv2d_forward 2x32x32x\d+ k4x4 s2 16x16x\d+/);
    expect(stdout).toMatch(/ +[\d.]+ +[\d.]+ % +\d+ +[\d.]+ +\w+_activation(_gradient)? \d+x\d+/);
  });

  it('prints JSON: what was timed, each step, and kernels, the longest first', async () => {
    const { code, stdout } = await runGgb(['bench', ...small, '--steps', '3', '--profile', '--json'], { cwd });
    expect(code).toBe(0);
    const record = JSON.parse(stdout);
    expect(record.stepMilliseconds).toHaveLength(3);
    const inKernels = record.kernels.reduce((sum: number, { ms }: { ms: number }) => sum + ms, 0);
    expect(inKernels).toBeGreaterThan(0);
    expect(record).toMatchObject({ preset: 'quick', imageSize: 32, precision: 'float32', compile: true });
    expect(record.kernels[0].ms).toBeGreaterThanOrEqual(record.kernels[1].ms);
    expect(record.peakFlops).toBeGreaterThan(1e8);
  });

  it('says that only the native engine has a profile', async () => {
    const { code, stderr } = await runGgb(['bench', ...small, 'backend=cpu', '--profile'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/backend cpu has no profile: expected --profile with backend native-cpu/);
  });

  it('refuses an unknown key as train does', async () => {
    const { code, stderr } = await runGgb(['bench', 'trainig.steps=3'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('training');
  });
});

describe('the table', () => {
  it('adds up what it does not show', () => {
    const row = (ms: number) => ({ op: 'pool', shape: '', calls: 2, ms, flops: 0, bytes: 0 });
    const lines = profileTable(
      Array.from({ length: 43 }, () => row(1)),
      1e9,
    ).split('\n');
    expect(lines).toHaveLength(42);
    expect(lines.at(-1)).toMatch(/^ +3\.00 +7\.0 % +6 +3 further rows$/);
  });

  it('gives rates a second', () => {
    const table = profileTable(
      [
        { op: 'matmul', shape: '1x 8x8 8x8', calls: 1, ms: 2, flops: 1e9, bytes: 0 },
        { op: 'bias_activation', shape: '8x8', calls: 1, ms: 1, flops: 0, bytes: 3e6 },
      ],
      1e12,
    );
    expect(table).toMatch(/2\.00 +66\.7 % +1 +500 +50 % +matmul/);
    expect(table).toMatch(/1\.00 +33\.3 % +1 +3\.0 +bias_activation/);
  });
});
