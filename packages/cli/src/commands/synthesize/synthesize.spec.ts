// Synthesis and evaluation of a trained run, as a user meets them.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protocolHash, protocols } from '@ggb/metrics';
import sharp from 'sharp';
import { runGgb } from '../../../testing/run-ggb.ts';
import { keypointsAt, tinySettings, tinySize, writeTinyPairs } from '../../../testing/tiny-pairs.ts';

let cwd: string;
const ggb = (...args: string[]) => runGgb(args, { cwd });
const sha256 = (...path: string[]) =>
  createHash('sha256')
    .update(readFileSync(join(cwd, ...path)))
    .digest('hex');
const pixels = (file: string) => sharp(join(cwd, file)).raw().toBuffer();

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'ggb-synthesize-'));
  await writeTinyPairs(join(cwd, 'pairs'));
  writeFileSync(join(cwd, 'pose.json'), JSON.stringify(keypointsAt(12)));
  writeFileSync(join(cwd, 'elsewhere.json'), JSON.stringify(Array.from({ length: 18 }, (_, i) => [900 + i, 5])));
  writeFileSync(join(cwd, 'line.json'), JSON.stringify({ id: 'x', keypoints: keypointsAt(12) }));
  const { code, stderr } = await ggb('train', ...tinySettings, 'data.path=pairs', 'training.steps=10', 'run.dir=run');
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => rmSync(cwd, { recursive: true }));

const image = ['--image', 'pairs/2-0.png'];

describe('ggb synthesize', () => {
  it('draws an image and names it on stdout', async () => {
    const { code, stdout } = await ggb(
      'synthesize',
      '--run',
      'run',
      ...image,
      '--keypoints',
      'pose.json',
      '--out',
      'new/a.png',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'new/a.png\n' });
    expect(await sharp(join(cwd, 'new/a.png')).metadata()).toMatchObject({
      width: tinySize,
      height: tinySize,
      channels: 3,
    });
  });

  it('draws the same from a checkpoint, and from key points in an object', async () => {
    const checkpoint = join('run', 'checkpoints', 'step-000010.safetensors');
    await ggb('synthesize', '--run', 'run', ...image, '--keypoints', 'pose.json', '--out', 'b.png');
    await ggb('synthesize', '--checkpoint', checkpoint, ...image, '--keypoints', 'line.json', '--out', 'c.png');
    expect(await pixels('b.png')).toEqual(await pixels('c.png'));
  });

  it('draws the same from an exported generator, and nearly the same from one in half precision', async () => {
    const draw = ['--keypoints', 'pose.json', ...image];
    await ggb('synthesize', '--run', 'run', ...draw, '--out', 'run.png');
    const full = await ggb('export', '--run', 'run', '--out', 'full.safetensors');
    expect({ code: full.code, stderr: full.stderr }).toEqual({ code: 0, stderr: '' });
    await ggb('export', '--run', 'run', '--half', '--out', 'half.safetensors');
    await ggb('synthesize', '--checkpoint', 'full.safetensors', ...draw, '--out', 'full.png');
    await ggb('synthesize', '--checkpoint', 'half.safetensors', ...draw, '--out', 'half.png');
    const [fromRun, fromFull, fromHalf] = await Promise.all(['run.png', 'full.png', 'half.png'].map(pixels));
    expect(fromFull).toEqual(fromRun);
    // Weights move by up to 2^-11 of themselves; a tanh near its steepest turns that into a step of 1 or 2 of 255.
    const worst = Math.max(...Array.from(fromRun as Buffer, (value, i) => Math.abs(value - (fromHalf?.[i] as number))));
    expect(worst).toBeLessThanOrEqual(3);
    const sizes = ['full.safetensors', 'half.safetensors'].map((file) => readFileSync(join(cwd, file)).length);
    expect(sizes[1]).toBeLessThan((sizes[0] as number) * 0.75);

    const again = await ggb('export', '--run', 'run', '--out', 'full.safetensors');
    expect(again.code).toBe(2);
    expect(again.stderr).toBe(
      'ggb: full.safetensors: the file exists.\n  Choose another name, or overwrite with --force\n',
    );
    expect((await ggb('export', '--run', 'run', '--force', '--out', 'full.safetensors')).code).toBe(0);
  });

  it('overwrites no picture without --force', async () => {
    const draw = ['synthesize', '--run', 'run', ...image, '--keypoints', 'pose.json', '--out', 'mine.png'];
    writeFileSync(join(cwd, 'mine.png'), 'mine');
    const refused = await ggb(...draw);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' });
    expect(refused.stderr).toBe('ggb: mine.png: the file exists.\n  Choose another name, or overwrite with --force\n');
    expect(readFileSync(join(cwd, 'mine.png'), 'utf8')).toBe('mine');
    expect((await ggb(...draw, '--force')).code).toBe(0);
    expect(await sharp(join(cwd, 'mine.png')).metadata()).toMatchObject({ width: tinySize });
  });

  it('draws another image with raw weights', async () => {
    await ggb('synthesize', '--run', 'run', ...image, '--keypoints', 'pose.json', '--out', 'average.png');
    await ggb(
      'synthesize',
      '--run',
      'run',
      '--weights',
      'raw',
      ...image,
      '--keypoints',
      'pose.json',
      '--out',
      'raw.png',
    );
    expect(await pixels('average.png')).not.toEqual(await pixels('raw.png'));
  });

  it('draws a manifest into a folder, by pair id, each as it would be drawn alone', async () => {
    const { code, stdout } = await ggb('synthesize', '--run', 'run', '--pairs', 'pairs', '--out', 'all');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '9 images in all\n' });
    expect(readdirSync(join(cwd, 'all')).sort().at(-1)).toBe('person-2-pose-2.png');
    const again = await ggb('synthesize', '--run', 'run', '--pairs', 'pairs', '--out', 'all');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('all/person-0-pose-0.png: the file exists, and 8 more of those to be written.');
    await ggb('synthesize', '--run', 'run', ...image, '--keypoints', 'pose.json', '--out', 'alone.png');
    const together = await pixels('all/person-2-pose-0.png');
    const difference = (await pixels('alone.png')).map((value, i) => Math.abs(value - (together[i] as number)));
    // Sums of another batch size may round another way: one step of a byte.
    expect(Math.max(...difference)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['no pose', [...image], /keypoints: expected 18 joints/],
    ['an image that is not there', ['--image', 'no.png', '--keypoints', 'pose.json'], /no\.png/],
    [
      'a pose elsewhere',
      [...image, '--keypoints', 'elsewhere.json'],
      /elsewhere\.json: no joint of the pose lies in the picture: expected joints from \[0, 0\] to .* received 18 joints outside/,
    ],
    ['a pose that is no JSON', [...image, '--keypoints', 'pairs/2-0.png'], /pairs\/2-0\.png: the file is no JSON/],
    [
      'a backend of another name',
      [...image, '--backend', 'gpu'],
      /--backend: there is no such backend: expected auto, native-cpu/,
    ],
  ])('refuses %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await ggb('synthesize', '--run', 'run', ...args, '--out', 'never.png');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).not.toContain('never.png');
  });
});

describe('a checkpoint that is cut short', () => {
  it.each([
    ['synthesize', ['--image', image[1] as string, '--keypoints', 'pose.json', '--out', 'never.png']],
    ['evaluate', []],
  ])('is named by ggb %s', async (command, args) => {
    const whole = readFileSync(join(cwd, 'run', 'checkpoints', 'step-000010.safetensors'));
    writeFileSync(join(cwd, 'part.safetensors'), whole.subarray(0, whole.length / 2));
    const run = command === 'evaluate' ? ['--run', 'run'] : [];
    const { code, stderr } = await ggb(command, ...run, '--checkpoint', 'part.safetensors', ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/part\.safetensors: this is no checkpoint, or only a part of one: expected/);
  });
});

describe('ggb evaluate', () => {
  it('scores the test pairs beside two trivial answers and keeps the record in the run', async () => {
    const { code, stdout } = await ggb('evaluate', '--run', 'run', '--json', 'scores.json');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +SSIM +SSIM inside +colour error inside +colour error +sharpness$/m);
    expect(stdout).toMatch(/^model( +[\d.-]+){5}$/m);
    expect(stdout).toContain(
      '3 pairs of split test, checkpoints/step-000010.safetensors, average weights, preset quick, protocol tf (',
    );
    const record = JSON.parse(readFileSync(join(cwd, 'run', 'evaluation', 'test-step-000010-average.json'), 'utf8'));
    expect(JSON.parse(readFileSync(join(cwd, 'scores.json'), 'utf8'))).toEqual(record);
    expect(record).toMatchObject({
      split: 'test',
      weights: 'average',
      checkpoint: 'checkpoints/step-000010.safetensors',
      checkpointSha256: sha256('run', 'checkpoints', 'step-000010.safetensors'),
      preset: 'quick',
      protocol: { name: 'tf', hash: protocolHash(protocols.tf) },
      data: { manifest: join(cwd, 'pairs', 'pairs.jsonl'), manifestSha256: sha256('pairs', 'pairs.jsonl') },
    });
    expect(record.mean.sharpness).toBeGreaterThan(0);
    expect(record.pairs).toHaveLength(3);
    const mean = record.pairs.reduce((sum: number, { ssim }: { ssim: number }) => sum + ssim, 0) / 3;
    expect(record.mean.ssim).toBeCloseTo(mean, 12); // the same sum in float64
    expect(record.metrics.ssim).toMatchObject({ mean: record.mean.ssim, n: 3, direction: 'higher' });
    const [low, high] = record.metrics.ssim.interval;
    expect([low < mean, high > mean]).toEqual([true, true]);
    // Reports of folders say the same in the same places, so both stand in one table.
    const compared = await ggb('evaluate', '--compare', 'scores.json', 'run/evaluation/test-step-000010-average.json');
    expect(compared.stdout).toMatch(/^scores\.json +tf \([0-9a-f]{8}\) +0\.\d{4} .* 3$/m);
    expect(compared.stdout).not.toContain('WARNING');
    // The nearest pose is exact here, the colours are another person's; of a copy it is the other way round.
    expect(record.baselines.nearestPose.ssim).toBeGreaterThan(record.baselines.copySource.ssim);
  });

  it('scores outputs that equal the truth with 1 and 0: its baselines do where nothing changes', async () => {
    const lines = readFileSync(join(cwd, 'pairs', 'pairs.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const still = lines.map((line) => {
      const pair = JSON.parse(line);
      return { ...pair, target: pair.source, targetMask: pair.sourceMask, keypoints: pair.sourceKeypoints };
    });
    writeFileSync(join(cwd, 'pairs', 'still.jsonl'), still.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
    await ggb('evaluate', '--run', 'run', '--data', 'pairs/still.jsonl', '--split', 'train', '--json', 'still.json');
    const { baselines } = JSON.parse(readFileSync(join(cwd, 'still.json'), 'utf8'));
    expect(baselines.copySource.ssim).toBeCloseTo(1, 12); // float64 rounding
    expect(baselines.copySource.insideL1).toBe(0);
  });

  it('scores part of a split, and names the splits there are', async () => {
    const limited = await ggb('evaluate', '--run', 'run', '--limit', '2', '--weights', 'raw');
    expect(limited.stdout).toContain('2 pairs of split test');
    expect(readdirSync(join(cwd, 'run', 'evaluation'))).toContain('test-step-000010-raw-2.json');
    const none = await ggb('evaluate', '--run', 'run', '--split', 'val');
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/--split: no pair of .* is in split "val": expected one of train, test, received val/);
  });

  it('keeps the record of the run when other data or a checkpoint from elsewhere are scored', async () => {
    const own = join(cwd, 'run', 'evaluation', 'test-step-000010-average.json');
    await ggb('evaluate', '--run', 'run');
    const before = readFileSync(own, 'utf8');
    // The same lines in another folder: other images, for all that is known.
    mkdirSync(join(cwd, 'elsewhere'));
    for (const file of readdirSync(join(cwd, 'pairs'))) {
      copyFileSync(join(cwd, 'pairs', file), join(cwd, 'elsewhere', file));
    }
    const data = await ggb('evaluate', '--run', 'run', '--data', 'elsewhere', '--json', 'new/elsewhere.json');
    expect(data.stdout).toMatch(/^Written: run\/evaluation\/test-step-000010-average-other-[0-9a-f]{8}\.json$/m);
    const { data: named } = JSON.parse(readFileSync(join(cwd, 'new', 'elsewhere.json'), 'utf8'));
    expect(named.manifest).toBe(join(cwd, 'elsewhere', 'pairs.jsonl'));
    await ggb('export', '--run', 'run', '--out', 'exported.safetensors');
    const exported = await ggb('evaluate', '--run', 'run', '--checkpoint', 'exported.safetensors');
    expect(exported.stdout).toMatch(/^Written: run\/evaluation\/test-step-000010-average-other-[0-9a-f]{8}\.json$/m);
    expect(exported.stdout).not.toContain(/other-[0-9a-f]{8}/.exec(data.stdout)?.[0] as string);
    expect(readFileSync(own, 'utf8')).toBe(before);
  });

  it('scores the other pairs when one cannot be scored, keeps them, and ends with 2 and the line', async () => {
    const lines = readFileSync(join(cwd, 'pairs', 'pairs.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({ ...JSON.parse(line), split: '../x' }));
    const black = { width: tinySize, height: tinySize, channels: 3, background: 'black' } as const;
    await sharp({ create: black })
      .png()
      .toFile(join(cwd, 'pairs', 'black.png'));
    lines[1] = { ...lines[1], sourceMask: 'black.png', targetMask: 'black.png' };
    writeFileSync(join(cwd, 'pairs', 'empty.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const { code, stdout, stderr } = await ggb(
      ...['evaluate', '--run', 'run', '--data', 'pairs/empty.jsonl', '--split', '../x', '--json', 'empty.json'],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^ggb: 1 of 9 pairs could not be scored; the scores are without them\.\n {2}.*empty\.jsonl:2: pair /m,
    );
    expect(stdout).toMatch(/^Written: run\/evaluation\/%2E%2E%2Fx-step-000010-average-other-[0-9a-f]{8}\.json$/m);
    const record = JSON.parse(readFileSync(join(cwd, 'empty.json'), 'utf8'));
    expect(record.pairs).toHaveLength(8);
    expect(record.failed).toEqual([{ id: lines[1].id, message: expect.stringContaining('empty.jsonl:2: pair ') }]);
  });

  it('finds out before it draws that its results have no place', async () => {
    const { code, stdout, stderr } = await ggb('evaluate', '--run', 'run', '--json', 'pairs');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('ggb: pairs: is a folder, not a file.');
    expect(stderr).not.toMatch(/^pair \d/m);
  });

  it('says that the manifest of the run is gone, when that costs a baseline', async () => {
    renameSync(join(cwd, 'pairs', 'pairs.jsonl'), join(cwd, 'pairs', 'moved.jsonl'));
    try {
      const { code, stdout, stderr } = await ggb('evaluate', '--run', 'run', '--data', 'pairs/moved.jsonl');
      expect(code).toBe(0);
      expect(stderr).toMatch(/^nearestPose is left out: the manifest of the run cannot be read\. /m);
      expect(stdout).not.toContain('nearestPose');
    } finally {
      renameSync(join(cwd, 'pairs', 'moved.jsonl'), join(cwd, 'pairs', 'pairs.jsonl'));
    }
  });
});
