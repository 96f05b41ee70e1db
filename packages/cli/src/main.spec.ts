// The command as a process: what it prints where, and with which code it ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGgb } from '../testing/run-ggb.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ggb-main-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('ggb', () => {
  it('lists its commands and exit codes with --help', async () => {
    const { code, stdout, stderr } = await runGgb(['--help'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['demo', 'data', 'train', 'resume', 'synthesize', 'evaluate', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b.* {2}\\S`, 'm'));
    }
    expect(stdout).toContain('Exit codes: 0 done');
  });

  it.each([
    [['trian'], /^ggb: unknown command 'trian'[\s\S]*Did you mean train/],
    [['synthesize', '--imgae', 'x'], /^ggb: unknown option '--imgae'[\s\S]*Did you mean --image/],
    [
      ['evaluate', '--run', 'r', '--limit', '0'],
      /^ggb: option '--limit <number>' argument '0' is invalid. Expected a whole number from 1/,
    ],
  ])('ends with 2 for arguments that cannot be: %j', async (args, message) => {
    const { code, stdout, stderr } = await runGgb(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    [['train', 'missing.yaml'], /^ggb: missing\.yaml: does not exist \(ENOENT, open\)\.\n$/],
    [
      ['train', 'training.stepz=3'],
      /^ggb: "training\.stepz=3": unknown key training\.stepz\.\n {2}Did you mean training\.steps\?\n$/,
    ],
    [['train'], /^ggb: data\.path is not set: expected a manifest/],
    [['resume', 'runs/7'], /^ggb: runs\/7: holds no run/],
    [['evaluate'], /^ggb: nothing says which images are scored: expected --real DIR/],
    [['evaluate', '--run', 'runs/7'], /^ggb: runs\/7: holds no run/],
    [['synthesize', '--out', 'x.png', '--image', 'y.png'], /^ggb: nothing says which model is meant/],
    [
      ['synthesize', '--run', 'r', '--out', 'x.png'],
      /^ggb: nothing says what to draw: expected either --image FILE or --pairs/,
    ],
    [
      ['synthesize', '--run', 'r', '--image', 'a.png', '--out', 'x.txt'],
      /^ggb: x\.txt: --out names no image: expected \.png/,
    ],
    [['data', 'check', 'nothing'], /^ggb: [\s\S]*nothing/],
  ])('ends with 2 and no stack for what the user can put right: %j', async (args, message) => {
    const { code, stdout, stderr } = await runGgb(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
