import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGgb } from '../../../testing/run-ggb.ts';
import type { Diagnosis } from './doctor.ts';

const cwd = tmpdir();

async function diagnose(environment: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; diagnosis: Diagnosis }> {
  const { code, stdout } = await runGgb(['doctor', '--json'], { cwd, environment });
  return { code, diagnosis: JSON.parse(stdout) };
}

const found = ({ findings }: Diagnosis, name: string) => findings.find((finding) => finding.name === name);

describe('ggb doctor', () => {
  it('finds that everything works, and has calculated to know', async () => {
    const { code, diagnosis } = await diagnose();
    expect(code).toBe(0);
    expect(diagnosis).toMatchObject({ usable: true, trainsOn: 'native-cpu' });
    for (const name of ['node', 'native-cpu', 'self-test: convolution', 'self-test: training', 'wasm', 'sharp']) {
      expect([name, found(diagnosis, name)?.status]).toEqual([name, 'ok']);
    }
    expect(found(diagnosis, 'self-test: training')?.detail).toMatch(/as TensorFlow\.js, worst error \d/);
    expect(found(diagnosis, 'native-cuda')).toMatchObject({ status: 'absent', detail: 'it is not built yet' });
  });

  it('says why bfloat16 cannot be had, and takes that for no fault', async () => {
    const { code, diagnosis } = await diagnose({ GGB_ISA: 'baseline' });
    expect(code).toBe(0);
    expect(found(diagnosis, 'bfloat16')).toMatchObject({
      status: 'absent',
      detail: expect.stringMatching(/GGB_ISA keeps the engine to baseline|lacks avx512_bf16/),
      remedy: expect.stringContaining('float32'),
    });
  });

  it('says what is wrong with the addon, what to do and what would run instead; exit code 2', async () => {
    const { code, diagnosis } = await diagnose({ GGB_NATIVE_OPS_ADDON: '/missing.node' });
    expect(code).toBe(2);
    expect(diagnosis).toMatchObject({ usable: false, trainsOn: 'cpu' });
    expect(found(diagnosis, 'native-cpu')).toMatchObject({
      status: 'failed',
      detail: 'the addon /missing.node does not exist',
      remedy: expect.stringContaining('GGB_NATIVE_OPS_ADDON'),
    });
    expect(found(diagnosis, 'self-test: training')).toBeUndefined();
  });

  it('says that images are read by sharp alone where the image addon is missing, and goes on', async () => {
    const { code, diagnosis } = await diagnose({ GGB_NATIVE_IMAGES_ADDON: '/missing.node' });
    expect(code).toBe(0);
    expect(found(diagnosis, 'native images')).toMatchObject({
      status: 'absent',
      detail: 'the addon /missing.node does not exist',
      remedy: expect.stringContaining('GGB_NATIVE_IMAGES_ADDON'),
    });
  });

  it('survives an addon that is no addon', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ggb-doctor-'));
    const file = join(folder, 'native_ops.node');
    writeFileSync(file, 'not a library');
    const { code, diagnosis } = await diagnose({ GGB_NATIVE_OPS_ADDON: file });
    rmSync(folder, { recursive: true });
    expect(code).toBe(2);
    expect(found(diagnosis, 'native-cpu')?.detail).toContain('could not be loaded');
  });

  it('prints a line for each finding and a verdict', async () => {
    const { stdout } = await runGgb(['doctor'], { cwd });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ok +node +v\d+/);
    expect(lines.at(-1)).toBe('Everything that ggb needs works.');
  });
});
