import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGgb } from '../../../testing/run-ggb.ts';
import { writeTinyPairs } from '../../../testing/tiny-pairs.ts';

let cwd: string;
const ggb = (...args: string[]) => runGgb(args, { cwd });

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'ggb-data-'));
  await writeTinyPairs(join(cwd, 'pairs'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('ggb data figures', () => {
  it('writes a data set and says what to do with it; a second time, nothing', async () => {
    const args = ['data', 'figures', '--out', 'figures', '--identities', '3', '--poses', '2', '--seed', '5'];
    const { code, stdout } = await ggb(...args);
    expect(code).toBe(0);
    expect(stdout).toContain('figures/pairs.jsonl: 6 pictures of 64 x 64 pixels');
    expect(stdout).toContain('train: 4 pairs of 2 people; test: 2 pairs of 1 others');
    expect(stdout).toContain('Train with: npx --no-install ggb train preset=quick data.path=figures');
    expect((await ggb('data', 'check', 'figures')).stdout).toContain('splits: train 4, test 2');
    const again = await ggb(...args);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/^ggb: figures: figures is not empty/);
  });

  it('refuses sizes that it cannot draw', async () => {
    const { code, stderr } = await ggb('data', 'figures', '--out', 'small', '--size', '32');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ggb: figures: size must be an integer from 64 to 256, but is 32/);
  });
});

describe('ggb data check', () => {
  it('says what a data set holds', async () => {
    const { code, stdout } = await ggb('data', 'check', 'pairs');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        '9 pairs of 9 images, all readable, 32 x 32 pixels',
        'condition: keypoints',
        'splits: train 6, test 3',
        'identities: 3',
        'silhouettes: 9 pairs',
        '',
      ].join('\n'),
    );
  });

  it('lists every problem with its line, exit code 2', async () => {
    const lines = readFileSync(join(cwd, 'pairs', 'pairs.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const broken = lines.map((line, index) => {
      const pair = JSON.parse(line);
      if (index === 1) return { ...pair, target: 'missing.png' };
      if (index === 4) return { ...pair, sourceMask: 'pairs.jsonl' };
      return pair;
    });
    writeFileSync(join(cwd, 'pairs', 'broken.jsonl'), broken.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
    const { code, stdout, stderr } = await ggb('data', 'check', 'pairs/broken.jsonl');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ggb: 2 problems in the data:/);
    expect(stderr).toMatch(/broken\.jsonl:2:target: /);
    expect(stderr).toMatch(/broken\.jsonl:5:sourceMask: /);
  });

  it('checks against the size that a model will want', async () => {
    const { code, stderr } = await ggb('data', 'check', 'pairs', '--size', '64');
    expect(code).toBe(2);
    expect(stderr).toContain('expected 64 x 64 pixels');
  });

  it('warns of identities in two splits', async () => {
    const text = readFileSync(join(cwd, 'pairs', 'pairs.jsonl'), 'utf8').replaceAll('"identity":"2"', '"identity":"1"');
    writeFileSync(join(cwd, 'pairs', 'shared.jsonl'), text);
    const { stdout } = await ggb('data', 'check', 'pairs/shared.jsonl');
    expect(stdout).toContain('identities: 2; 1 of them in more than one split, for example 1');
  });
});
