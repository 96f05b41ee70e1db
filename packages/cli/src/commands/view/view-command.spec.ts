// `ggb view` as a process: what it prints, how it ends, what it refuses.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGgb } from '../../../testing/run-ggb.ts';
import { writeViewedRun } from '../../../testing/viewed-run.ts';

// A process starts slowly on a busy machine.
jest.setTimeout(60_000);

let cwd: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'view-command-'));
  await writeViewedRun(join(cwd, 'runs', 'first'));
  mkdirSync(join(cwd, 'empty'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

it('finds the runs of the folder it is called in, prints one address, and ends cleanly', async () => {
  let isEnded = false;
  const { code, stdout } = await runGgb(['view', '--no-open'], {
    cwd,
    // The address is printed when the server listens.
    onStdout: (text, child) => {
      if (isEnded || !text.includes('\n')) return;
      isEnded = true;
      child.kill('SIGTERM');
    },
  });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/)]);
});

it('refuses what it cannot show, with what to do', async () => {
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await runGgb(['view', '--no-open', ...args], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    return stderr;
  };
  const [empty, half, alone, port] = await Promise.all([
    refused('empty'),
    refused('--real', 'empty'),
    refused('--annotate', 'empty', 'runs'),
    refused('--port', '65536'),
  ]);
  expect(empty).toMatch(/^ggb: empty: holds no run: expected a folder that ggb train wrote/);
  expect(half).toMatch(/^ggb: --real and --generated belong together: expected --generated FOLDER too/);
  expect(alone).toMatch(/^ggb: --annotate stands alone/);
  expect(port).toMatch(/Expected a whole number from 1 to 65535/);
});
