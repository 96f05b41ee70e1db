// Key points by hand: over the server, into a manifest, and into nothing else.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPairManifest } from '@ggb/core/files';
import { jointCount } from '@ggb/core/keypoints';
import type { AnnotateList, AnnotateSaved } from '@ggb/web/view-data';
import sharp from 'sharp';
import { rawRequest } from '../../../testing/raw-request.ts';
import { keypointsAt, writeTinyPairs } from '../../../testing/tiny-pairs.ts';
import { tinyPage, writeFlatPicture } from '../../../testing/viewed-run.ts';
import { type RunningView, startView } from './view.ts';

let folder: string;
let view: RunningView | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'annotations-'));
});
afterEach(async () => {
  await view?.close();
  view = undefined;
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  // Photos this small are not for training, which it says.
  jest.spyOn(console, 'error').mockImplementation(() => {});
  view = await startView({ folders: [], annotate: folder, open: false }, tinyPage);
}

async function ask(path: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}) {
  const { host, port, searchParams } = new URL((view as RunningView).url);
  const { headers, body } = options;
  return rawRequest(Number(port), path, {
    ...options,
    headers: {
      host,
      authorization: `Bearer ${searchParams.get('token')}`,
      ...(body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` }),
      ...headers,
    },
  });
}

async function list(): Promise<AnnotateList> {
  return JSON.parse((await ask('/api/annotate')).body.toString()) as AnnotateList;
}

const origin = () => new URL((view as RunningView).url).origin;

async function save(index: number, version: string, keypoints: unknown, headers: Record<string, string> = {}) {
  const { status, body } = await ask(`/api/annotate/image/${index}`, {
    method: 'POST',
    body: JSON.stringify({ version, keypoints }),
    headers: { 'content-type': 'application/json', origin: origin(), ...headers },
  });
  return { status, answer: JSON.parse(body.toString()) as AnnotateSaved & { error?: string } };
}

const manifest = () => join(folder, 'pairs.jsonl');
const lines = () => readFileSync(manifest(), 'utf8').trimEnd().split('\n');
const pose = (x: number) => Array.from({ length: jointCount }, (_, joint) => (joint === 2 ? null : [x, joint]));

async function writePhotos(...names: string[]) {
  for (const name of names) await writeFlatPicture(join(folder, name), [1, 2, 3], 24);
}

describe('a folder of photos', () => {
  it('becomes a manifest that training reads: pairs of the photos of each person', async () => {
    await writePhotos('anna-1.png', 'anna-2.png', 'anna-3.png', 'bert.png');
    await start();
    const { version, images } = await list();
    expect([version, images.map(({ name }) => name)]).toEqual([
      'none',
      ['anna-1.png', 'anna-2.png', 'anna-3.png', 'bert.png'],
    ]);
    expect(images[0]).toEqual({
      name: 'anna-1.png',
      width: 24,
      height: 24,
      problem: expect.stringMatching(/expected a square .*, received 24 x 24\./),
    });

    const first = await save(0, version, pose(5));
    expect(first).toEqual({ status: 200, answer: { version: expect.any(String), lines: 2, added: 2 } });
    const second = await save(1, first.answer.version, pose(6));
    // Of the four lines it stands in, it is the source of one that was there.
    expect(second.answer).toMatchObject({ lines: 3, added: 2 });
    await save(3, second.answer.version, pose(7));

    const pairs = await readPairManifest(folder);
    expect(
      pairs.map(({ id, keypoints, sourceKeypoints }) => [id, keypoints?.[0]?.[0], sourceKeypoints?.[0]?.[0]]),
    ).toEqual([
      ['anna-2-to-anna-1', 5, 6],
      ['anna-3-to-anna-1', 5, undefined],
      ['anna-1-to-anna-2', 6, 5],
      ['anna-3-to-anna-2', 6, undefined],
      ['bert-to-bert', 7, 7],
    ]);
    expect(pairs.map(({ identity }) => identity)).toEqual(['anna', 'anna', 'anna', 'anna', 'bert']);
    expect((await list()).images.map(({ keypoints }) => keypoints?.[0])).toEqual([[5, 0], [6, 0], undefined, [7, 0]]);
    expect(readdirSync(folder).sort()).toEqual(['anna-1.png', 'anna-2.png', 'anna-3.png', 'bert.png', 'pairs.jsonl']);
  });

  it('is shown in the pixels that training sees: a photo that a browser would turn is not turned', async () => {
    const data = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
      .jpeg()
      .withExif({ IFD0: { Orientation: '6' } })
      .toBuffer();
    const turned = await sharp(data).withMetadata({ orientation: 6 }).toBuffer();
    writeFileSync(join(folder, 'turned.jpg'), turned);
    await start();
    expect((await list()).images[0]).toMatchObject({ width: 20, height: 10 });
    const { body, headers } = await ask('/api/annotate/image/0');
    expect(headers['content-type']).toBe('image/png');
    expect(await sharp(body).metadata()).toMatchObject({ width: 20, height: 10 });
  });
});

describe('a manifest that is there', () => {
  beforeEach(async () => {
    await writeTinyPairs(folder);
    await start();
  });
  const indexOf = async (name: string) => (await list()).images.findIndex((image) => image.name === name);

  it('changes in key points of the lines of one image, and in no other byte', async () => {
    const before = lines();
    const { version } = await list();
    const { status, answer } = await save(await indexOf('0-1.png'), version, pose(9.126));
    expect([status, answer.lines, answer.added]).toEqual([200, 2, 0]);
    const after = lines();
    const changed = after.flatMap((line, index) => (line === before[index] ? [] : [index]));
    expect(changed).toEqual([0, 1]);
    for (const [index, key] of [
      [0, 'keypoints'],
      [1, 'sourceKeypoints'],
    ] as const) {
      const [old, now] = [JSON.parse(before[index] as string), JSON.parse(after[index] as string)];
      expect(now[key].slice(0, 3)).toEqual([[9.13, 0], [9.13, 1], null]);
      expect({ ...now, [key]: 0 }).toEqual({ ...old, [key]: 0 });
      expect(Object.keys(now)).toEqual(Object.keys(old));
    }
  });

  it('does not list its masks as photos', async () => {
    expect((await list()).images.map(({ name }) => name).filter((name) => name.includes('mask'))).toEqual([]);
    expect((await list()).images).toHaveLength(9);
  });

  it('is not overwritten when somebody else has changed it meanwhile', async () => {
    const { version } = await list();
    const theirs = `${lines().slice(1).join('\n')}\n`;
    writeFileSync(manifest(), theirs);
    const { status, answer } = await save(0, version, pose(3));
    expect([status, answer.error]).toEqual([409, expect.stringContaining('changed by somebody else')]);
    expect(readFileSync(manifest(), 'utf8')).toBe(theirs);
  });

  it('takes one of two saves that began with the same version', async () => {
    const { version } = await list();
    const both = await Promise.all([save(0, version, pose(3)), save(1, version, pose(4))]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await readPairManifest(folder)).toHaveLength(9);
  });

  it('keeps its byte order mark, its line ends and blank lines', async () => {
    writeFileSync(manifest(), `\uFEFF${lines().join('\r\n\r\n')}`);
    const { version } = await list();
    expect((await save(await indexOf('0-1.png'), version, pose(9))).status).toBe(200);
    const text = readFileSync(manifest(), 'utf8');
    expect([text.startsWith('\uFEFF'), text.match(/\r\n\r\n/g)?.length]).toEqual([true, 8]);
    expect(await readPairManifest(folder)).toHaveLength(9);
  });
});

describe('what is refused, and nothing is written', () => {
  let before: string;
  let version: string;

  beforeEach(async () => {
    await writeTinyPairs(folder);
    await start();
    before = readFileSync(manifest(), 'utf8');
    version = (await list()).version;
  });
  afterEach(() => expect(readFileSync(manifest(), 'utf8')).toBe(before));

  it('key points that are none', async () => {
    const shifted = (joint: unknown) => keypointsAt(3).map((point, index) => (index === 7 ? joint : point));
    for (const keypoints of [
      null,
      [],
      pose(1).slice(1),
      'x',
      shifted([1]),
      shifted([1, '2']),
      shifted([1, 1e9]),
      shifted({ x: 1, y: 2 }),
    ]) {
      const { status, answer } = await save(0, version, keypoints);
      expect([status, answer.error]).toEqual([400, expect.stringContaining('keypoints')]);
    }
    expect((await save(0, version, shifted([40, -99]))).answer.error).toContain(
      'keypoints[7] (leftWrist): expected [x, y] in pixels of 32 x 32',
    );
  });

  it('another origin, no origin, another kind of body: a form of another page can send none of it', async () => {
    const other = async (headers: Record<string, string>) => (await save(0, version, pose(1), headers)).status;
    expect(await other({ origin: 'http://evil.example' })).toBe(403);
    expect(await other({ origin: 'null' })).toBe(403);
    expect(await other({ origin: '' })).toBe(403);
    expect(await other({ origin: `http://127.0.0.1:1` })).toBe(403);
    expect(await other({ 'content-type': 'text/plain' })).toBe(415);
    expect(await other({ 'sec-fetch-site': 'same-site' })).toBe(403);
  });

  it('a body that is too large or no JSON', async () => {
    const send = async (body: string, headers: Record<string, string> = {}) =>
      (
        await ask('/api/annotate/image/0', {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', origin: origin(), ...headers },
        })
      ).status;
    expect(await send(' '.repeat(70_000))).toBe(413);
    expect(await send('{"version"')).toBe(400);
    expect(await send('null')).toBe(400);
  });

  it('an image that is not of the folder', async () => {
    for (const index of ['9', '-1', '1e0', '..%2f..%2fetc%2fpasswd', '0x1', '%00']) {
      expect((await ask(`/api/annotate/image/${index}`)).status).toBe(404);
    }
    expect((await save(9, version, pose(1))).status).toBe(404);
  });
});

it('does not follow links: out of the folder no photo is read and no manifest written', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  await writeTinyPairs(outside);
  const theirs = readFileSync(join(outside, 'pairs.jsonl'), 'utf8');
  mkdirSync(join(folder, 'photos'));
  await writePhotos('photos/a.png');
  symlinkSync(join(outside, '0-0.png'), join(folder, 'photos', 'link.png'));
  await start();
  const { images } = await list();
  expect(images.map(({ name, width }) => [name, width])).toEqual([
    ['photos/a.png', 24],
    ['photos/link.png', 0],
  ]);
  expect((await ask('/api/annotate/image/1')).status).toBe(403);
  symlinkSync(join(outside, 'pairs.jsonl'), manifest());
  expect((await save(0, 'none', pose(1))).status).toBe(403);
  expect(readFileSync(join(outside, 'pairs.jsonl'), 'utf8')).toBe(theirs);
  rmSync(outside, { recursive: true });
});
