import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { figureIdentity } from './figure-identity.ts';
import { figurePose } from './figure-pose.ts';
import { renderFigure } from './render-figure.ts';
import { FiguresSettingError, FolderNotEmptyError, figurePairs, figureSplits, writeFigures } from './write-figures.ts';

const settings = { size: 64, identities: 4, poses: 3, seed: 5, testFraction: 0.25 };

describe('writeFigures', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ggb-figures-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function lines(folder: string): Promise<Record<string, unknown>[]> {
    const text = await readFile(join(folder, 'pairs.jsonl'), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  it('writes every picture, its silhouette and every ordered pair of poses', async () => {
    const out = join(root, 'new', 'figures');
    const summary = await writeFigures({ out, ...settings });
    const pictures = await readdir(join(out, 'images'));
    expect(pictures.length).toBe(12);
    expect(await readdir(join(out, 'masks'))).toEqual(pictures);
    const pairs = await lines(out);
    expect(pairs.length).toBe(4 * 3 * 2);
    expect(summary).toMatchObject({
      manifest: join(out, 'pairs.jsonl'),
      images: 12,
      pairs: { train: 18, test: 6 },
      identities: { train: 3, test: 1 },
    });
    expect((await readdir(out)).sort()).toEqual(['images', 'masks', 'pairs.jsonl', 'pose-changes.json']);
    for (const pair of pairs) {
      expect(Object.keys(pair).sort()).toEqual([
        'id',
        'identity',
        'keypoints',
        'source',
        'sourceKeypoints',
        'sourceMask',
        'split',
        'target',
        'targetMask',
      ]);
      expect(pair.source).not.toBe(pair.target);
      for (const path of [pair.source, pair.target, pair.sourceMask, pair.targetMask]) {
        const { width, height } = await sharp(join(out, path as string)).metadata();
        expect([width, height]).toEqual([64, 64]);
      }
    }
    expect(new Set(pairs.map((pair) => pair.id)).size).toBe(pairs.length);
  });

  it('writes what renderFigure draws, pixel by pixel', async () => {
    await writeFigures({ out: root, ...settings });
    const pair = (await lines(root)).find((line) => line.id === 'i0002_p00_p01');
    const drawn = await renderFigure({ identity: figureIdentity(5, 2), pose: figurePose(5, 2, 1), size: 64 });
    const image = await sharp(join(root, 'images/i0002_p01.png')).raw().toBuffer();
    expect(Buffer.compare(image, Buffer.from(drawn.image.data))).toBe(0);
    const mask = sharp(join(root, 'masks/i0002_p01.png'));
    expect((await mask.metadata()).channels).toBe(1);
    expect(Buffer.compare(await mask.toColourspace('b-w').raw().toBuffer(), Buffer.from(drawn.mask))).toBe(0);
    expect(pair).toMatchObject({
      target: 'images/i0002_p01.png',
      targetMask: 'masks/i0002_p01.png',
      keypoints: drawn.keypoints,
      identity: 'i0002',
    });
  });

  it('keeps people of the training set out of the test set', async () => {
    await writeFigures({ out: root, ...settings });
    const pairs = await lines(root);
    const people = (split: string) =>
      new Set(pairs.filter((pair) => pair.split === split).map((pair) => pair.identity));
    expect(people('train').size).toBe(3);
    expect(people('test').size).toBe(1);
    for (const person of people('test')) expect(people('train').has(person)).toBe(false);
    for (const pair of pairs) {
      expect(pair.source).toContain(pair.identity);
      expect(pair.target).toContain(pair.identity);
    }
  });

  it('says how large the change of every pair is, in a file of its own', async () => {
    await writeFigures({ out: root, ...settings });
    const { pairs } = JSON.parse(await readFile(join(root, 'pose-changes.json'), 'utf8'));
    const ids = (await lines(root)).map((pair) => pair.id as string);
    expect(Object.keys(pairs)).toEqual(ids);
    for (const id of ids) {
      expect(pairs[id].change).toBeCloseTo(pairs[id].displacement + pairs[id].turn / 180, 3); // rounded to 4 decimals
      expect(pairs[id].change).toBeGreaterThan(0);
    }
  });

  it('writes the same bytes again', async () => {
    const [a, b] = [join(root, 'a'), join(root, 'b')];
    await writeFigures({ out: a, ...settings });
    await writeFigures({ out: b, ...settings });
    for (const file of ['pairs.jsonl', 'pose-changes.json', 'images/i0003_p02.png', 'masks/i0000_p01.png']) {
      expect(Buffer.compare(await readFile(join(a, file)), await readFile(join(b, file)))).toBe(0);
    }
  });

  it('refuses a folder that holds something, and leaves it as it is', async () => {
    await writeFile(join(root, 'notes.txt'), 'mine');
    const attempt = writeFigures({ out: root, ...settings });
    await expect(attempt).rejects.toThrow(FolderNotEmptyError);
    await expect(attempt).rejects.toThrow(/is not empty: it holds notes\.txt/);
    expect(await readdir(root)).toEqual(['notes.txt']);
  });

  it.each([
    ['size', { size: 32 }, 'an integer from 64 to 256'],
    ['identities', { identities: 0 }, 'an integer from 1'],
    ['poses', { poses: 1 }, 'an integer from 2'],
    ['seed', { seed: 0.5 }, 'an integer from 0'],
    ['testFraction', { testFraction: 1 }, 'a number from 0 to below 1'],
    ['pairsPerIdentity', { pairsPerIdentity: Number.NaN }, 'an integer from 1'],
  ])('refuses a bad %s before it writes anything', async (setting, change, expected) => {
    const attempt = writeFigures({ out: join(root, 'never'), ...settings, ...change });
    await expect(attempt).rejects.toThrow(FiguresSettingError);
    await expect(attempt).rejects.toThrow(new RegExp(`${setting} must be ${expected}`));
    expect(await readdir(root)).toEqual([]);
  });

  it('leaves no manifest behind when it is interrupted', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const attempt = writeFigures({
      out: root,
      ...settings,
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        seen.push(done);
        expect(total).toBe(12);
        if (done === 2) controller.abort(new Error('enough'));
      },
    });
    await expect(attempt).rejects.toThrow('enough');
    expect(seen.length).toBeLessThan(12);
    expect(await readdir(root)).not.toContain('pairs.jsonl');
  });
});

describe('figureSplits', () => {
  it('keeps at least one person on each side when a share is asked for', () => {
    const count = (identities: number, fraction: number) =>
      figureSplits(1, identities, fraction).filter((split) => split === 'test').length;
    expect(count(2, 0.01)).toBe(1);
    expect(count(2, 0.99)).toBe(1);
    expect(count(1, 0.5)).toBe(0);
    expect(count(100, 0.1)).toBe(10);
    expect(count(10, 0)).toBe(0);
  });
});

describe('figurePairs', () => {
  it('gives all ordered pairs of distinct poses when they are few enough', () => {
    expect(figurePairs(1, 0, 3, 6)).toEqual([[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]); // biome-ignore format: one line
  });

  it('gives a sample without repetition when they are too many, another one for another person', () => {
    const sample = figurePairs(1, 0, 10, 20);
    expect(sample.length).toBe(20);
    expect(new Set(sample.map(String)).size).toBe(20);
    for (const [source, target] of sample) expect(source).not.toBe(target);
    expect(figurePairs(1, 0, 10, 20)).toEqual(sample);
    expect(figurePairs(1, 1, 10, 20)).not.toEqual(sample);
  });
});
