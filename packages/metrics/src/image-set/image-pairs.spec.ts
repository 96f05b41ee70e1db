import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { writeImage, writePairs } from '../../testing/image-files.ts';
import { plantFaults, unreported } from '../../testing/plant-faults.ts';
import { chunk, pngOf } from '../../testing/png-chunks.ts';
import { figure, noise } from '../../testing/test-images.ts';
import { openImagePairs } from './image-pairs.ts';
import { describeProblems, ImageSetError, type ImageSetProblem } from './image-set-problem.ts';
import { ImageFolderError } from './list-images.ts';

const smallest = { width: 11, height: 11 };
let folder: string;
let real: string;
let generated: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-pairs-'));
  [real, generated] = [join(folder, 'real'), join(folder, 'generated')];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (more = {}) => openImagePairs({ real, generated, smallest, ...more });
const names = (pairs: { length: number; name(i: number): string }) =>
  Array.from({ length: pairs.length }, (_, i) => pairs.name(i));
const kinds = (problems: readonly ImageSetProblem[]) => problems.map(({ kind }) => kind);

describe('openImagePairs', () => {
  it('gives pairs in order of their names, whatever order they were written in', async () => {
    await writePairs(folder, ['b.png', 'a/z.png', 'a.png', 'B.png', 'é.png', 'a10.png', 'a9.png']);
    const { pairs, problems, found, rules } = await open();
    expect(names(pairs)).toEqual(['B.png', 'a.png', 'a/z.png', 'a10.png', 'a9.png', 'b.png', 'é.png']);
    expect(pairs.files(2)).toEqual({
      name: 'a/z.png',
      real: join(real, 'a/z.png'),
      generated: join(generated, 'a/z.png'),
    });
    expect({ problems, found, rules }).toEqual({
      problems: [],
      found: { real: 7, generated: 7, ignored: 0 },
      rules: { 'equal names': 7 },
    });
  });

  it('reports all of 200 faults of 12 kinds, keeps every good pair, and touches nothing', async () => {
    const planted = await plantFaults(folder, 200, 20);
    expect(new Set(planted.map(({ kind }) => kind)).size).toBe(12);
    const before = snapshot(folder);
    const { pairs, problems } = await open();
    expect(unreported(planted, problems)).toEqual([]);
    expect(names(pairs)).toEqual(Array.from({ length: 20 }, (_, i) => `good-${i}.png`).sort());
    expect(snapshot(folder)).toEqual(before);
    // Nothing is invented: what is not planted is the partner that a fault with another name has left alone.
    const others = problems.filter(
      ({ kind, file }) => !planted.some((fault) => fault.kind === kind && file.endsWith(fault.name)),
    );
    expect(new Set(kinds(others))).toEqual(new Set(['missing-partner']));
    for (const { file } of others) expect(file).toMatch(/(symlink-loop|not-a-file|odd-name)-\d+\.png$/);
    for (const problem of problems) {
      expect(problem).toMatchObject({ severity: 'error', expected: /./, received: /./, advice: /./ } as never);
    }
  }, 30_000);

  it('says of each file what was expected, what was found and what to do', async () => {
    await writePairs(folder, ['a.png', 'b.png']);
    writeFileSync(join(generated, 'a.png'), '');
    rmSync(join(generated, 'b.png'));
    const { problems } = await open();
    expect(describeProblems(problems)).toBe(
      [
        '2 problems in the images:',
        'missing-partner (an image without its partner): 1',
        `  ${join(real, 'b.png')}: expected an image of that name in ${generated}, received none.`,
        '  -> Pairs are made by name. If the names differ, list the pairs: --pairs MANIFEST (real,generated).',
        'empty (a file without a byte): 1',
        `  ${join(generated, 'a.png')}: expected an image, received a file of 0 bytes.`,
        '  -> Often an interrupted copy or a full disk: write the file again.',
      ].join('\n'),
    );
    expect(new ImageSetError(problems).problems).toHaveLength(2);
  });

  it.each([
    ['text.png', () => Buffer.from('hello, I am no image'), 'not-an-image', 'text'],
    ['bytes.png', () => Buffer.from(noise(8, 8).data), 'not-an-image', 'bytes of no known format'],
    [
      'bitmap.bmp',
      () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
      'unsupported-format',
      'another format (.bmp)',
    ],
    [
      'apng.png',
      () => pngOf(32, 32, deflateSync(Buffer.alloc(32 * 33)), [chunk('acTL', Buffer.alloc(8))]),
      'animated',
      'an animation',
    ],
    [
      'bomb.png',
      () => pngOf(100_000, 100_000, deflateSync(Buffer.alloc(9))),
      'too-large',
      'a header that says 100000 x 100000',
    ],
  ] as const)('finds out before any work: %s', async (name, bytes, kind, received) => {
    await writePairs(folder, ['good.png']);
    await writeImage(join(real, name.replace(/\.\w+$/, '.png')), figure(32, 32, 12));
    writeFileSync(join(generated, name), bytes());
    const { pairs, problems } = await open();
    expect(problems).toMatchObject([{ kind, file: join(generated, name), received }]);
    expect(names(pairs)).toEqual(['good.png']);
  });

  it('scores odd kinds that are allowed, and those alone', async () => {
    await plantFaults(folder, 12, 1);
    const { pairs } = await open({ allow: ['wrong-extension', 'cmyk', 'animated'] });
    expect(names(pairs)).toEqual(['animated-007.gif', 'cmyk-006.jpg', 'good-0.png', 'wrong-extension-002.png']);
  });

  it('leaves a whole JPEG with bytes behind its end alone', async () => {
    await writePairs(folder, ['a.jpg']);
    writeFileSync(join(generated, 'a.jpg'), 'some camera adds this', { flag: 'a' });
    expect((await open()).problems).toEqual([]);
  });

  it('reads the size of a JPEG behind a large thumbnail', async () => {
    await writePairs(folder, ['a.jpg']);
    await sharp(figure(32, 32, 12).data, { raw: { width: 32, height: 32, channels: 3 } })
      .withIccProfile('p3')
      .withExif({ IFD0: { ImageDescription: 'x'.repeat(30_000) } })
      .jpeg()
      .toFile(join(generated, 'a.jpg'));
    expect(statSync(join(generated, 'a.jpg')).size).toBeGreaterThan(30_000);
    const { pairs, problems } = await open();
    expect({ length: pairs.length, problems }).toEqual({ length: 1, problems: [] });
  });

  it('refuses a pair of two sizes, and notes pairs of several sizes', async () => {
    await writePairs(folder, ['a.png', 'b.png']);
    await writeImage(join(generated, 'a.png'), figure(32, 33, 12));
    await writePairs(folder, ['c.png'], 48);
    const { pairs, problems } = await open();
    expect(names(pairs)).toEqual(['b.png', 'c.png']);
    expect(problems).toMatchObject([
      { kind: 'size-mismatch', severity: 'error', received: '32 x 33', expected: `32 x 32, as ${join(real, 'a.png')}` },
      { kind: 'mixed-sizes', severity: 'note', received: '32 x 32 (1 pairs), 48 x 48 (1 pairs)' },
    ]);
  });

  it('pairs composed with decomposed Unicode, and says so', async () => {
    await writePairs(folder, ['x.png']);
    await writeImage(join(real, 'caf\u00e9.png'), figure(32, 32, 12));
    await writeImage(join(generated, 'cafe\u0301.png'), figure(32, 32, 13));
    const { pairs, problems } = await open();
    expect(names(pairs)).toEqual(['cafe\u0301.png', 'x.png']);
    expect(problems).toMatchObject([{ kind: 'odd-name', severity: 'note' }]);
  });

  it('shows control characters of names escaped: a terminal would obey them', async () => {
    await writePairs(folder, ['a.png', 'red\u001b[31m\nred.png']);
    const { problems, pairs } = await open();
    expect(pairs.length).toBe(2);
    expect(problems.map(({ severity, file }) => ({ severity, file }))).toContainEqual({
      severity: 'note',
      file: join(generated, 'red\\x1b[31m\\x0ared.png'),
    });
  });

  it('follows links once, and comes back from folders that contain themselves', async () => {
    await writePairs(folder, ['a.png', 'sub/b.png']);
    symlinkSync('..', join(real, 'sub', 'up'));
    symlinkSync(join(real, 'a.png'), join(real, 'linked.png'));
    symlinkSync(join(generated, 'a.png'), join(generated, 'linked.png'));
    symlinkSync('nowhere.png', join(real, 'broken.png'));
    const { pairs, problems } = await open();
    expect(names(pairs)).toEqual(['a.png', 'linked.png', 'sub/b.png']);
    expect(problems).toMatchObject([
      { kind: 'broken-link', file: join(real, 'broken.png') },
      { kind: 'symlink-loop', file: join(real, 'sub/up') },
    ]);
  });

  it('lists a folder once that two links lead to, one of them by the folder above', async () => {
    await writePairs(folder, ['a.png']);
    await writePairs(join(folder, 'elsewhere'), ['x.png', 'sub/y.png']);
    for (const side of ['real', 'generated']) {
      const outside = join(folder, 'elsewhere', side);
      // In the order of their names: the folder below comes first.
      symlinkSync(join(outside, 'sub'), join(folder, side, '1'));
      symlinkSync(outside, join(folder, side, '2'));
    }
    const { pairs, problems } = await open();
    expect(names(pairs)).toEqual(['1/y.png', '2/x.png', 'a.png']);
    expect(problems).toMatchObject([
      { kind: 'symlink-loop', file: join(generated, '2/sub'), received: expect.stringContaining('listed already') },
      { kind: 'symlink-loop', file: join(real, '2/sub') },
    ]);
  });

  it('has another stamp for a pair whose key points have changed, for masks are drawn from them', async () => {
    await writePairs(folder, ['a.png']);
    const list = join(folder, 'pairs.jsonl');
    const stampFor = async (x: number) => {
      const keypoints = Array.from({ length: 18 }, (_, i) => [x, i]);
      writeFileSync(list, JSON.stringify({ real: 'a.png', generated: 'a.png', keypoints }));
      return (await open({ list })).pairs.stamp(0);
    };
    const first = await stampFor(3);
    expect(await stampFor(4)).not.toBe(first);
    expect(await stampFor(3)).toBe(first);
    expect(first).toContain((await open()).pairs.stamp(0));
  });

  it('ignores what is no image and does not look like one', async () => {
    await writePairs(folder, ['a.png']);
    for (const name of ['.DS_Store', 'scores.csv', 'README', 'Thumbs.db']) writeFileSync(join(real, name), 'x');
    const { problems, found } = await open();
    expect({ problems, ignored: found.ignored }).toEqual({ problems: [], ignored: 4 });
  });

  it('says what is wrong with a folder that cannot be listed', async () => {
    mkdirSync(real);
    await expect(open()).rejects.toThrow(new ImageFolderError(generated, 'nothing there'));
    writeFileSync(generated, '');
    await expect(open()).rejects.toThrow(/expected a folder of images, received a file/);
  });

  it('stops when told to', async () => {
    await writePairs(folder, ['a.png']);
    await expect(open({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('openImagePairs with a list', () => {
  const list = () => join(folder, 'pairs.csv');

  it.each([
    ['real,generated columns', 'real,generated\nreal/b.png,generated/x.png\nreal/a.png,generated/y.png\n'],
    ['two columns without titles', '"real/b.png","generated/x.png"\nreal/a.png,generated/y.png\n'],
    ['names within the folders', 'generated,real\nx.png,b.png\ny.png,a.png\n'],
  ])('takes %s', async (_, text) => {
    await writeImage(join(real, 'a.png'), figure(32, 32, 12));
    await writeImage(join(real, 'b.png'), figure(32, 32, 12));
    await writeImage(join(generated, 'x.png'), figure(32, 32, 12));
    await writeImage(join(generated, 'y.png'), figure(32, 32, 12));
    writeFileSync(list(), text);
    const { pairs, problems } = await open({ list: list() });
    expect(problems).toEqual([]);
    expect([0, 1].map((i) => [pairs.name(i), pairs.realName(i)])).toEqual([
      ['x.png', 'b.png'],
      ['y.png', 'a.png'],
    ]);
  });

  it("takes PATN's list of from,to with joined names", async () => {
    const [from, to] = ['fashionMENDenimid0000008001_1front.jpg', 'fashionMENDenimid0000008001_3back.jpg'];
    await writeImage(join(real, from), figure(32, 32, 12));
    await writeImage(join(real, to), figure(32, 32, 12));
    await writeImage(join(generated, `${from}___${to}_vis.jpg`), figure(32, 32, 13));
    writeFileSync(list(), `from,to\n${from},${to}\n`);
    const { pairs, problems } = await open({ list: list() });
    expect({ problems, real: pairs.realName(0) }).toEqual({ problems: [], real: to });
  });

  it('takes a manifest that images were generated from, named by id, with its key points', async () => {
    await writeImage(join(real, 'target.png'), figure(32, 32, 12));
    await writeImage(join(generated, 'one.png'), figure(32, 32, 12));
    const keypoints = Array.from({ length: 18 }, (_, i) => (i === 3 ? null : [i, i]));
    const manifest = join(folder, 'pairs.jsonl');
    writeFileSync(
      manifest,
      `${JSON.stringify({ id: 'one', source: 'real/target.png', target: 'real/target.png', keypoints })}\n`,
    );
    const { pairs } = await open({ list: manifest });
    expect(pairs.files(0)).toEqual({
      name: 'one.png',
      real: join(real, 'target.png'),
      generated: join(generated, 'one.png'),
      keypoints,
    });
  });

  it('names the line of everything that is wrong', async () => {
    await writePairs(folder, ['a.png']);
    writeFileSync(list(), 'real,generated\na.png,a.png\na.png\nnone.png,a.png\na.png,"un\n');
    const { pairs, problems } = await open({ list: list() });
    expect(pairs.length).toBe(1);
    expect(problems.map(({ kind, file }) => [kind, file])).toEqual([
      ['manifest', `${list()}:3`],
      ['manifest', `${list()}:5`],
      ['missing-partner', `${list()}:4`],
    ]);
  });
});

/** Names, sizes and times of everything in the two folders; names as bytes, for some are no text. */
function snapshot(path: string): readonly string[] {
  return ['.', 'real', 'generated'].flatMap((sub) =>
    readdirSync(join(path, sub), { encoding: 'latin1' })
      .sort()
      .map((name) => {
        const { size, mtimeMs, mode } = lstatSync(Buffer.from(join(path, sub, name), 'latin1'));
        return `${sub} ${name} ${mode} ${name === 'real' || name === 'generated' ? '' : `${size} ${mtimeMs}`}`;
      }),
  );
}
