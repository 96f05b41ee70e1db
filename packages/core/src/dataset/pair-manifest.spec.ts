import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jointCount, type Keypoints } from '../condition/keypoints.ts';
import { DataProblems } from './data-problems.ts';
import { manifestKeys, type NewPair, readPairManifest, writePairManifest } from './pair-manifest.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pair-manifest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const keypoints: Keypoints = Array.from({ length: jointCount }, (_, i) => (i === 4 ? null : ([i, i + 0.5] as const)));

function write(name: string, ...lines: (string | object)[]): string {
  const file = join(folder, name);
  writeFileSync(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return file;
}

async function problemsOf(file: string): Promise<DataProblems> {
  const error = await readPairManifest(file).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(DataProblems);
  return error;
}

/** Every key there is. */
const fullPair = (): NewPair => ({
  id: 'one, "two"',
  source: join(folder, 'images', 'a.png'),
  target: join(folder, 'images', 'b, c.png'),
  keypoints,
  sourceKeypoints: keypoints.map(() => null),
  label: [0, 1, -2.5e-3],
  condition: join(folder, 'maps', 'm.png'),
  sourceMask: join(folder, 'masks', 'a.png'),
  targetMask: join(folder, 'masks', 'b.png'),
  split: 'test',
  identity: 'Ada',
});

describe('readPairManifest', () => {
  it('reads a pair a line, paths relative to the manifest, the line number as id', async () => {
    const file = write('p.jsonl', { source: 'a.png', target: 'sub/b.png', keypoints }, '', {
      source: '/x/a.png',
      target: '../b.png',
      label: [1, 0],
    });
    expect(await readPairManifest(file)).toEqual([
      {
        id: '1',
        source: join(folder, 'a.png'),
        target: join(folder, 'sub', 'b.png'),
        keypoints,
        manifest: file,
        line: 1,
      },
      { id: '3', source: '/x/a.png', target: join(folder, '..', 'b.png'), label: [1, 0], manifest: file, line: 3 },
    ]);
  });

  it('takes a folder with pairs.jsonl in it', async () => {
    const file = write('pairs.jsonl', { source: 'a.png', target: 'b.png', condition: 'c.png' });
    expect(await readPairManifest(folder)).toEqual(await readPairManifest(file));
  });

  it('reads CSV: columns in any order, arrays as quoted JSON, empty fields as absent keys', async () => {
    const file = write(
      'p.csv',
      '\uFEFFtarget,keypoints,id,source,label\r',
      `b.png,"${JSON.stringify(keypoints)}","say ""hi""",a.png,\r`,
      '"b,2.png",,,"a\nnewline.png","[0,1]"\r',
    );
    const problems = await problemsOf(file);
    expect(problems.problems).toEqual([
      {
        file,
        line: 2,
        key: 'id',
        expected: 'an id that can be a file name, because results are named by it',
        received: '"say \\"hi\\""',
      },
    ]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"say ""hi"""', '"hi, you"'));
    expect(await readPairManifest(file)).toEqual([
      {
        id: 'hi, you',
        source: join(folder, 'a.png'),
        target: join(folder, 'b.png'),
        keypoints,
        manifest: file,
        line: 2,
      },
      {
        id: '3',
        source: join(folder, 'a\nnewline.png'),
        target: join(folder, 'b,2.png'),
        label: [0, 1],
        manifest: file,
        line: 3,
      },
    ]);
  });

  it('finds everything that is wrong at once, with line, key, expected and received', async () => {
    const good = { source: 'a.png', target: 'b.png', label: [1] };
    const file = write(
      'p.jsonl',
      good,
      { ...good, keypoint: keypoints },
      { source: 'a.png', target: 7, label: [1] },
      { source: 'a.png', label: [1] },
      { source: 'a.png', target: 'b.png' },
      { ...good, keypoints: keypoints.slice(1) },
      { ...good, sourceKeypoints: keypoints.map((joint, i) => (i === 9 ? [1] : joint)) },
      { ...good, label: [1, 'x'] },
      { ...good, id: '1' },
      { ...good, id: 'a/b' },
      '{"source": ',
      '[1]',
    );
    const error = await problemsOf(file);
    expect(error.total).toBe(11);
    const keys = manifestKeys.join(', ');
    expect(error.message.split('\n').map((line) => line.replace(`${file}:`, ''))).toEqual([
      '11 problems in the data:',
      `  2:keypoint: expected one of the keys ${keys}, received an unknown key.`,
      '  -> Did you mean keypoints?',
      '  3:target: expected text that is not empty, received 7.',
      '  4:target: expected the path of an image, received no such key.',
      '  5: expected a condition: one or more of keypoints, sourceKeypoints, label, condition, received none.',
      '  7:sourceKeypoints[9] (rightKnee): expected [x, y] in pixels, or null for a joint that is not visible, received [1].',
      '  8:label: expected an array of numbers, received [1,"x"].',
      '  9:id: expected every id once, received "1", which line 1 has too.',
      '  10:id: expected an id that can be a file name, because results are named by it, received "a/b".',
      expect.stringMatching(/^ {2}11: expected one JSON object, received text that is not JSON \(.+\)\.$/),
      '  12: expected one JSON object, received [1].',
      '  6:keypoints: expected 18 joints in COCO-18 order, [x, y] or null, received 17 entries.',
      "  -> Make them of COCO's 17 with keypointsFromCoco17 of @ggb/core/keypoints (docs/pairs.md).",
    ]);
  });

  it('gives the pairs of some ids with the lines they stand in, and does not look at lines of others', async () => {
    const line = (id: string, more = {}) => ({ id, source: 'a.png', target: 'b.png', label: [1], ...more });
    const { source, target, label } = line('');
    const file = write('p.jsonl', line('a', { wrong: 1 }), line('b'), { source, id: 'c', target, label }, line('d'));
    const pairs = await readPairManifest(file, { ids: new Set(['b', 'c']) });
    expect(pairs.map(({ id, line }) => [id, line])).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
    expect((await problemsOf(file)).message).toContain('p.jsonl:1:wrong');
  });

  it('shows twenty problems and counts the rest', async () => {
    const error = await problemsOf(
      write('p.jsonl', ...Array.from({ length: 33 }, () => ({ source: 'a.png', label: [1] }))),
    );
    expect([error.problems.length, error.total]).toEqual([20, 33]);
    expect(error.message).toMatch(/\n {2}\.\.\. and 13 more$/);
  });

  it('reports a wrong key once, not on every line', async () => {
    const pair = { source: 'a.png', target: 'b.png', label: [1], Mask: 'm.png' };
    expect((await problemsOf(write('p.jsonl', pair, pair, pair))).total).toBe(1);
  });

  it('says what is wrong with CSV as a format', async () => {
    const fields = await problemsOf(write('a.csv', 'source,target,label', 'a.png,b.png,[0,1]'));
    expect(fields.message).toContain('a.csv:2: expected 3 fields, as many as the header has, received 4.');
    const quote = await problemsOf(write('b.csv', 'source,target,label', '"a.png,b.png', 'c'));
    expect(quote.message).toContain('b.csv:2: expected quotes around whole fields');
    const twice = await problemsOf(write('c.csv', 'source,target,source,label', 'a,b,c,[1]'));
    expect(twice.message).toContain('c.csv:1:source: expected each column once, received it twice.');
    const noArray = await problemsOf(write('d.csv', 'source,target,label', 'a.png,b.png,cat'));
    expect(noArray.message).toContain('d.csv:2:label: expected an array of numbers, received "cat".');
  });

  it('says what a path should have been', async () => {
    expect((await problemsOf(folder)).message).toContain('received a folder without pairs.jsonl.');
    expect((await problemsOf(join(folder, 'none.jsonl'))).message).toContain('received nothing there.');
    expect((await problemsOf(write('p.txt', 'x'))).message).toContain("received a file that ends in '.txt'.");
    expect((await problemsOf(write('empty.jsonl'))).message).toContain('expected at least one pair, received none.');
  });
});

describe('writePairManifest', () => {
  it.each(['pairs.jsonl', 'pairs.csv'])('writes what is read back: %s', async (name) => {
    const file = join(folder, 'new', 'folder', name);
    const pairs = [
      { ...fullPair(), id: 'one, two' },
      { id: 'second', source: '/elsewhere/a.png', target: join(folder, 'b.png'), label: [3] },
    ];
    await writePairManifest(file, pairs);
    expect(await readPairManifest(file)).toEqual(
      pairs.map((pair, i) => ({ ...pair, manifest: file, line: i + 1 + (name.endsWith('csv') ? 1 : 0) })),
    );
  });

  it('writes paths relative to the manifest, so that a data set can be moved', async () => {
    await writePairManifest(join(folder, 'pairs.jsonl'), [{ ...fullPair(), id: 'x' }]);
    const text = readFileSync(join(folder, 'pairs.jsonl'), 'utf8');
    expect(text).toContain('"source":"images/a.png"');
    expect(text).not.toContain(folder);
  });

  it('leaves nothing unfinished behind', async () => {
    await writePairManifest(join(folder, 'pairs.jsonl'), [fullPair()]);
    expect(readdirSync(folder)).toEqual(['pairs.jsonl']);
  });
});
