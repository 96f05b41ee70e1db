// The viewer's server, asked and attacked over real connections.
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PairDetails, ResultTable, RunDetails, SourceSummary } from '@ggb/web/view-data';
import sharp from 'sharp';
import { describeWhen } from '../../../../../tools/testing/skipping.ts';
import { type Answer, type RawRequest, rawRequest } from '../../../testing/raw-request.ts';
import { runGgb } from '../../../testing/run-ggb.ts';
import {
  outputColour,
  stepLine,
  tinyPage,
  viewedEvaluation,
  viewedPairs,
  writeFlatPicture,
  writeViewedRun,
} from '../../../testing/viewed-run.ts';
import { type RunningView, startView, type ViewOptions } from './view.ts';

let folder: string;
let paths: { data: string; run: string };
let view: RunningView;
let port: number;
let token: string;
let host: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'view-server-'));
  paths = await writeViewedRun(folder);
  await start({ folders: [paths.run] });
});
afterAll(async () => {
  await view.close();
  rmSync(folder, { recursive: true });
});

async function start(options: Partial<ViewOptions>): Promise<void> {
  jest.spyOn(console, 'error').mockImplementation(() => {});
  view = await startView({ folders: [], open: false, ...options }, tinyPage);
  const url = new URL(view.url);
  port = Number(url.port);
  host = url.host;
  token = url.searchParams.get('token') as string;
}

const asked = (path: string, options: RawRequest = {}): Promise<Answer> =>
  rawRequest(port, path, { ...options, headers: { host, authorization: `Bearer ${token}`, ...options.headers } });

async function json<T>(path: string): Promise<T> {
  const { status, body } = await asked(path);
  expect([status, body.toString().slice(0, 200)]).toEqual([200, expect.any(String)]);
  return JSON.parse(body.toString()) as T;
}

async function sourceOf(): Promise<string> {
  const [source] = await json<SourceSummary[]>('/api/sources');
  return source?.id as string;
}

const query = (id = viewedPairs[0] as string, evaluation = viewedEvaluation) =>
  `?${new URLSearchParams({ evaluation, id })}`;

const isRefused = (status: number) => status === 400 || status === 404;

/** Colour of the first pixel and size. */
async function pixelsOf({ body }: Answer) {
  const { data, info } = await sharp(body).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { first: [...data.subarray(0, 3)], width: info.width };
}

describe('what it serves', () => {
  it('says which runs there are, with means and the last step', async () => {
    const [source, ...others] = await json<SourceSummary[]>('/api/sources');
    expect(others).toEqual([]);
    expect(source).toMatchObject({ kind: 'run', step: 3, live: false });
    expect(source?.evaluations).toEqual([
      expect.objectContaining({
        name: viewedEvaluation,
        pairs: 3,
        step: 3,
        split: 'test',
        means: { ssim: 0.8, l1: 11, sharpness: 1 },
      }),
    ]);
    expect(source?.evaluations[0]?.protocol?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('gives the scores by columns, with the pose change and what pictures there are', async () => {
    const table = await json<ResultTable>(`/api/sources/${await sourceOf()}/results`);
    expect(table.ids).toEqual(viewedPairs);
    expect(table.metrics.ssim).toMatchObject({ direction: 'higher', values: [0.9, 0.8, 0.7] });
    expect(table.metrics.l1).toMatchObject({ direction: 'lower', unit: '0..255' });
    // Poses move by 8, 8 and 16 pixels; the joints stand in a column 17 pixels high.
    expect(table.poseChange).toBeAllClose([8 / 17, 8 / 17, 16 / 17], { absolute: 1e-12 });
    expect(table.images).toEqual(
      ['source', 'condition', 'output', 'truth', 'level3'].map((name) => ({ name, missing: [] })),
    );
    expect(table.notes).toEqual([expect.stringContaining('has changed since this evaluation')]);
    expect(table.baselines).toEqual({ copySource: { ssim: 0.5, l1: 14, sharpness: 1 } });
  });

  it('gives the pictures of a pair with the bytes they have on the disk, the condition drawn', async () => {
    const id = await sourceOf();
    expect((await asked(`/image/${id}/source${query()}`)).body).toEqual(readFileSync(join(paths.data, '2-0.png')));
    expect((await asked(`/image/${id}/truth${query()}`)).body).toEqual(readFileSync(join(paths.data, '2-1.png')));
    expect(await pixelsOf(await asked(`/image/${id}/output${query()}`))).toEqual({
      first: [...outputColour],
      width: 32,
    });
    expect(await pixelsOf(await asked(`/image/${id}/level3${query()}`))).toEqual({ first: [4, 5, 206], width: 16 });
    expect(await pixelsOf(await asked(`/image/${id}/condition${query()}`))).toEqual({
      first: [255, 255, 255],
      width: 256,
    });
    expect(await pixelsOf(await asked(`/sample/${id}/3`))).toEqual({ first: [9, 9, 9], width: 32 });
  });

  it('lets a browser keep a picture that stays the same, and not one that is written over in its place', async () => {
    const id = await sourceOf();
    const file = join(paths.run, 'evaluation', viewedEvaluation, `${viewedPairs[0]}.png`);
    const before = readFileSync(file);
    for (const address of [`/image/${id}/output${query()}`, `/thumb/${id}/64/output${query()}`]) {
      const { headers } = await asked(address);
      expect(headers['cache-control']).toBe('private, no-cache');
      const conditional = { headers: { 'if-none-match': headers.etag as string } };
      const again = await asked(address, conditional);
      expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
      // Under the same name, so that the time of its folder stays as it is.
      await writeFlatPicture(file, [202, 4, 5]);
      const other = await asked(address, conditional);
      expect([other.status, (await pixelsOf(other)).first]).toEqual([200, [202, 4, 5]]);
      writeFileSync(file, before);
    }
  });

  it('makes thumbnails of large pictures and leaves small ones as they are', async () => {
    const id = await sourceOf();
    const large = join(paths.run, 'evaluation', viewedEvaluation, `${viewedPairs[1]}.png`);
    await writeFlatPicture(large, outputColour, 300);
    const thumb = await asked(`/thumb/${id}/90/output${query(viewedPairs[1])}`);
    expect(thumb.headers['content-type']).toBe('image/webp');
    // 90 is rounded up to a size that is made.
    expect((await pixelsOf(thumb)).width).toBe(96);
    const small = await asked(`/thumb/${id}/64/output${query()}`);
    expect(small.body).toEqual(readFileSync(join(paths.run, 'evaluation', viewedEvaluation, `${viewedPairs[0]}.png`)));
  });

  it('puts the thumbnails of several pairs into one row, transparent where a picture is none', async () => {
    const id = await sourceOf();
    const row = (ids: readonly string[], image = 'output') =>
      `/thumbs/${id}/64?${new URLSearchParams([['evaluation', viewedEvaluation], ['image', image], ...ids.map((pair) => ['id', pair])])}`;
    const [first, , third] = viewedPairs as [string, string, string];
    const both = await asked(row([first, third]));
    expect(both.headers['content-type']).toBe('image/jpeg');
    const { data, info } = await sharp(both.body).raw().toBuffer({ resolveWithObject: true });
    expect(info.width).toBe(2 * info.height);
    // JPEG of one flat colour, rounded on its way through YCbCr.
    expect([...data.subarray(0, 3)]).toBeAllClose(outputColour, { absolute: 3 });
    const one = await asked(row([first, 'no such pair']));
    const alpha = await sharp(one.body).ensureAlpha().extractChannel(3).raw().toBuffer({ resolveWithObject: true });
    expect([alpha.data[0], alpha.data[alpha.info.width - 1]]).toEqual([255, 0]);
    const kept = await asked(row([first, third]), { headers: { 'if-none-match': both.headers.etag as string } });
    expect(kept.status).toBe(304);
    for (const address of [
      row(['no such pair']),
      row([]),
      row([first], '..'),
      row(new Array<string>(257).fill(first)),
    ]) {
      expect((await asked(address)).status).toBe(404);
    }
  });

  it('tells of a run and of a pair what stands in their files', async () => {
    const id = await sourceOf();
    const run = await json<RunDetails>(`/api/sources/${id}/run`);
    expect(run.steps).toMatchObject({ step: [1, 2, 3], losses: { 'generator.reconstruction': [1, 1 / 2, 1 / 3] } });
    expect(run.samples).toEqual({
      steps: [3],
      probes: [viewedPairs[0]],
      columns: ['source', 'condition', 'output', 'truth'],
      gap: 4,
    });
    expect(run.config).toMatchObject({ preset: 'quick', image: { size: 32 } });
    const pair = await json<PairDetails>(`/api/sources/${id}/pair${query()}`);
    expect(pair).toMatchObject({ identity: '2', split: 'test' });
    expect(pair.keypoints?.slice(2, 4)).toEqual([[16, 8], null]);
    expect(pair.files.map(({ image, missing }) => [image, missing])).toEqual([
      ['source', undefined],
      ['output', undefined],
      ['truth', undefined],
    ]);
  });

  it('compresses what is large for who takes gzip', async () => {
    const id = await sourceOf();
    const headers = { 'accept-encoding': 'gzip, br' };
    expect((await asked('/api/sources', { headers })).headers['content-encoding']).toBeUndefined();
    const steps = join(paths.run, 'steps.jsonl');
    const before = readFileSync(steps, 'utf8');
    writeFileSync(steps, Array.from({ length: 400 }, (_, index) => stepLine(index + 1)).join(''));
    const path = `/api/sources/${id}/run`;
    const [plain, small] = [await asked(path), await asked(path, { headers })];
    expect([plain.headers['content-encoding'], small.headers['content-encoding']]).toEqual([undefined, 'gzip']);
    expect(small.body).toEqual(plain.body);
    expect(small.headers.vary).toBe('Accept-Encoding');
    writeFileSync(steps, before);
  });
});

describe('what changes', () => {
  /** Events of a stream until `isEnough`, then the connection ends. */
  async function followed(base: URL, address: string, isEnough: (text: string) => boolean): Promise<string> {
    const ended = new AbortController();
    const headers = { authorization: `Bearer ${base.searchParams.get('token')}` };
    const response = await fetch(`${base.origin}${address}`, { headers, signal: ended.signal });
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      if (isEnough(text)) break;
    }
    ended.abort();
    return text;
  }

  it('comes over one stream for as many sources as are asked for', async () => {
    const many = mkdtempSync(join(folder, 'many-'));
    // More than the ten listeners from which on Node warns, of sources and of streams.
    for (let index = 0; index < 12; index++) await writeViewedRun(join(many, `${index}`));
    const follow = async (url: URL) => {
      const headers = { host: url.host, authorization: `Bearer ${url.searchParams.get('token')}` };
      const { body } = await rawRequest(Number(url.port), '/api/sources', { headers });
      const [other, ...wanted] = (JSON.parse(body.toString()) as SourceSummary[]).map(({ id }) => id);
      expect(wanted).toHaveLength(11);
      const address = `/api/events?${new URLSearchParams(wanted.map((id) => ['source', id]))}`;
      const hasAll = (text: string) => wanted.every((id) => text.includes(`"source":"${id}","change":{"kind":"steps"`));
      const streams = await Promise.all(Array.from({ length: 12 }, () => followed(url, address, hasAll)));
      expect(streams.filter((text) => text.includes(other as string))).toEqual([]);
    };
    // A process of its own: Jest does not hear warnings.
    let following: Promise<void> | undefined;
    const { stderr } = await runGgb(['view', many, '--no-open'], {
      cwd: folder,
      onStdout: (text, child) => {
        if (text.includes('\n')) following ??= follow(new URL(text.trim())).finally(() => child.kill('SIGTERM'));
      },
    });
    await following;
    expect(following).toBeDefined();
    expect(stderr).not.toContain('Warning');
  });

  it('is not followed for who asks for the head alone', async () => {
    const { status, headers, body } = await asked(`/api/events?source=${await sourceOf()}`, { method: 'HEAD' });
    expect([status, headers['content-type'], body.length]).toEqual([200, 'text/event-stream', 0]);
  });
});

describe('the token', () => {
  const open = (path: string, headers: Record<string, string> = {}) =>
    rawRequest(port, path, { headers: { host, ...headers } });

  it('is asked for everywhere', async () => {
    const id = await sourceOf();
    for (const path of [
      '/',
      '/api/sources',
      `/image/${id}/output${query()}`,
      '/api/events',
      '/api/annotate',
      '/nowhere',
    ]) {
      const { status, body } = await open(path);
      expect([path, status]).toEqual([path, 401]);
      expect(body.toString()).toContain('token is missing');
    }
  });

  it('is not any other text, and stands in no address but that of the page', async () => {
    expect((await open('/?token=')).status).toBe(401);
    expect((await open(`/?token=${token.slice(0, -1)}`)).status).toBe(401);
    expect((await open(`/api/sources?token=${token}`)).status).toBe(401);
    expect((await open('/api/sources', { authorization: `Bearer ${token}x` })).status).toBe(401);
    expect((await open('/api/sources', { cookie: `ggb-view=${token}` })).status).toBe(401);
  });

  it('is exchanged for a cookie that scripts cannot read and other sites cannot use', async () => {
    const { status, headers } = await open(`/?token=${token}`);
    const [cookie] = headers['set-cookie'] as string[];
    expect(status).toBe(200);
    expect(cookie).toMatch(/^ggb-view-[0-9a-f]{12}=/);
    expect(cookie?.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
    expect((await open('/api/sources', { cookie: cookie?.split(';')[0] as string })).status).toBe(200);
  });

  it('is new and long at every start', async () => {
    const other = await startView({ folders: [paths.run], open: false }, tinyPage);
    expect(new URL(other.url).searchParams.get('token')).not.toBe(token);
    expect(token.length).toBeGreaterThanOrEqual(32);
    await other.close();
  });
});

describe('requests from elsewhere', () => {
  it('are refused under a foreign name that points here, whatever they know', async () => {
    for (const name of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost.',
      '0.0.0.0',
      '[::1]',
      '2130706433',
      'user@127.0.0.1',
      '',
    ]) {
      const { status } = await asked('/api/sources', { headers: { host: name } });
      // 400: no URL can be made of it.
      expect([name, status]).toEqual([name, name.includes('@') ? 400 : 421]);
    }
    for (const name of ['127.0.0.1', 'localhost', `LOCALHOST:${port}`, 'localhost:9999']) {
      expect([name, (await asked('/api/sources', { headers: { host: name } })).status]).toEqual([name, 200]);
    }
  });

  it('are refused without a Host at all', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () =>
        socket.end(`GET /api/sources HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (part) => {
        text += part;
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|21)/);
  });

  it('are refused when the browser says that another site, or another port of this machine, makes them', async () => {
    for (const site of ['cross-site', 'same-site']) {
      for (const [mode, dest] of [
        ['no-cors', 'image'],
        ['no-cors', 'script'],
        ['cors', 'empty'],
        ['navigate', 'iframe'],
      ] as const) {
        const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
        expect([site, dest, (await asked('/api/sources', { headers })).status]).toEqual([site, dest, 403]);
      }
    }
    const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await asked(`/?token=${token}`, { headers: navigation })).status).toBe(200);
    expect((await asked('/api/sources', { headers: navigation })).status).toBe(403);
    expect((await asked('/api/sources', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  it('get no permission to read answers from another origin', async () => {
    const { headers } = await asked('/api/sources', { headers: { origin: 'http://evil.example' } });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect((await asked('/api/sources', { method: 'OPTIONS' })).status).toBe(405);
    expect((await asked('/api/sources', { method: 'DELETE' })).status).toBe(405);
  });

  const outside = Object.values(networkInterfaces()).flatMap(
    (all) => all?.filter(({ internal, family }) => !internal && family === 'IPv4') ?? [],
  )[0];
  describeWhen(outside !== undefined, 'this machine has no address but its own')('over the network', () => {
    it('reach nothing: only 127.0.0.1 is listened on', async () => {
      const reached = await new Promise((resolve) => {
        const socket = createConnection(port, outside?.address as string, () => resolve(true));
        socket.on('error', () => resolve(false));
      });
      expect(reached).toBe(false);
    });
  });
});

describe('files outside of the given folders', () => {
  const secret = () => join(folder, 'secret.png');
  beforeAll(() => writeFlatPicture(secret(), [77, 77, 77]));

  it('cannot be named in an address, however it is written', async () => {
    const id = await sourceOf();
    const way = '../../../secret.png';
    const names = [
      way,
      encodeURIComponent(way),
      way.replaceAll('/', '%2f').replaceAll('.', '%2e'),
      way.replaceAll('/', '%252f'),
      way.replaceAll('/', '\\'),
      way.replaceAll('/', '%5c'),
      way.replaceAll('../', '....//'),
      secret(),
      encodeURIComponent(secret()),
      `file://${secret()}`,
      '%00',
      'secret.png%00.png',
      'C:\\Windows\\win.ini',
      'C:%5CWindows%5Cwin.ini',
      '\\\\evil.example\\share\\a.png',
      '..%c0%af..%c0%afsecret.png',
      '__proto__',
      'constructor',
    ];
    for (const name of names) {
      const addresses = [
        `/${name}`,
        `/image/${name}/output${query()}`,
        `/image/${id}/${name}${query()}`,
        `/image/${id}/output?evaluation=${viewedEvaluation}&id=${name}`,
        `/image/${id}/output?evaluation=${name}&id=${viewedPairs[0]}`,
        `/image/${id}/output?evaluation=${viewedEvaluation}/${name}&id=${viewedPairs[0]}`,
        `/thumb/${id}/64/output?evaluation=${viewedEvaluation}&id=${name}`,
        `/thumb/${id}/${name}/output${query()}`,
        `/thumbs/${id}/64?image=output&evaluation=${viewedEvaluation}&id=${name}`,
        `/thumbs/${id}/64?image=${name}&evaluation=${viewedEvaluation}&id=${viewedPairs[0]}`,
        `/sample/${id}/${name}`,
        `/api/sources/${name}/results`,
        `/api/sources/${id}/results?evaluation=${name}`,
        `/api/sources/${id}/pair?evaluation=${viewedEvaluation}&id=${name}`,
      ];
      for (const address of addresses) {
        const { status, body } = await asked(address.replaceAll(' ', '%20'));
        expect([address, status]).toEqual([address, isRefused(status) ? status : 'refused']);
        expect(body.includes(Buffer.from([0x89, 0x50, 0x4e, 0x47]))).toBe(false);
      }
    }
  });

  it('are not shown for a manifest that leads to them, by a path or by a link; links within are', async () => {
    const id = await sourceOf();
    const manifest = join(paths.data, 'pairs.jsonl');
    const before = readFileSync(manifest, 'utf8');
    symlinkSync(secret(), join(paths.data, 'link.png'));
    symlinkSync(folder, join(paths.data, 'up'));
    symlinkSync(join(paths.data, '0-0.png'), join(paths.data, 'inside.png'));
    const through = async (path: string) => {
      writeFileSync(manifest, before.replaceAll(/"source":"[^"]*"/g, `"source":${JSON.stringify(path)}`));
      const { status, body } = await asked(`/image/${id}/source${query()}`);
      return [status, status === 200 ? '' : JSON.parse(body.toString()).error];
    };
    for (const path of [
      '../secret.png',
      secret(),
      'link.png',
      'up/secret.png',
      '/etc/passwd',
      '../nothing-there.png',
    ]) {
      expect([path, ...(await through(path))]).toEqual([
        path,
        403,
        expect.stringContaining('lies outside of the folders that are shown'),
      ]);
    }
    expect(await through('inside.png')).toEqual([200, '']);
    expect((await through('nothing-there.png'))[0]).toBe(404);
    expect((await through('.'))[0]).toBe(403);
    writeFileSync(manifest, before);
  });

  it('are not shown for an id of a record that is a path', async () => {
    const record = join(paths.run, 'evaluation', `${viewedEvaluation}.json`);
    const before = readFileSync(record, 'utf8');
    const name = '../../../secret';
    writeFileSync(record, before.replaceAll(viewedPairs[0] as string, name));
    const { status } = await asked(`/image/${await sourceOf()}/output${query(name)}`);
    expect(status).toBe(404);
    writeFileSync(record, before);
  });

  it('are files: a folder or a pipe in place of a picture is refused, not waited for', async () => {
    const id = await sourceOf();
    const picture = join(paths.run, 'evaluation', viewedEvaluation, `${viewedPairs[2]}.png`);
    renameSync(picture, `${picture}.aside`);
    for (const put of [() => mkdirSync(picture), () => execFileSync('mkfifo', [picture])]) {
      put();
      expect((await asked(`/image/${id}/output${query(viewedPairs[2])}`)).status).toBe(404);
      rmSync(picture, { recursive: true });
    }
    renameSync(`${picture}.aside`, picture);
  });

  it('can be added with --data', async () => {
    const manifest = join(paths.data, 'pairs.jsonl');
    const before = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, before.replaceAll(/"source":"[^"]*"/g, '"source":"../more/a.png"'));
    mkdirSync(join(folder, 'more'));
    linkSync(secret(), join(folder, 'more', 'a.png'));
    const other = await startView({ folders: [paths.run], data: [join(folder, 'more')], open: false }, tinyPage);
    const url = new URL(other.url);
    const headers = { host: url.host, authorization: `Bearer ${url.searchParams.get('token')}` };
    const { status } = await rawRequest(Number(url.port), `/image/${await sourceOf()}/source${query()}`, { headers });
    expect(status).toBe(200);
    await other.close();
    writeFileSync(manifest, before);
  });
});

describe('what a run folder brings along', () => {
  it('is a picture or nothing: SVG, HTML and scripts are not served, whatever they are called', async () => {
    const id = await sourceOf();
    const picture = join(paths.run, 'evaluation', viewedEvaluation, `${viewedPairs[0]}.png`);
    const before = readFileSync(picture);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';
    for (const content of [svg, '<!doctype html><script>alert(1)</script>', 'alert(1)', '%PDF-1.7', '']) {
      writeFileSync(picture, content);
      for (const address of [`/image/${id}/output${query()}`, `/thumb/${id}/64/output${query()}`]) {
        const { status, headers, body } = await asked(address);
        expect([status, headers['content-type']]).toEqual([415, 'application/json']);
        expect(body.toString()).not.toContain('alert');
      }
    }
    writeFileSync(picture, before);
  });

  it('does nothing if it is a picture and HTML at once', async () => {
    const id = await sourceOf();
    const picture = join(paths.run, 'evaluation', viewedEvaluation, `${viewedPairs[0]}.png`);
    const before = readFileSync(picture);
    writeFileSync(picture, Buffer.concat([before, Buffer.from('<script>alert(1)</script>')]));
    const { status, headers } = await asked(`/image/${id}/output${query()}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    });
    writeFileSync(picture, before);
  });

  it('cannot make the server fall over with a broken record: the source says what is wrong', async () => {
    const steps = join(paths.run, 'steps.jsonl');
    const before = readFileSync(steps, 'utf8');
    writeFileSync(steps, '{"step": "x"}\n');
    const [source] = await json<SourceSummary[]>('/api/sources');
    expect(source?.problem).toMatch(/steps\.jsonl:1: /);
    writeFileSync(steps, before);
  });
});

describe('the page', () => {
  it('may run its own script alone, load nothing from elsewhere and stand in no frame', async () => {
    const { headers, body } = await asked('/');
    const policy = Object.fromEntries(
      (headers['content-security-policy'] as string)
        .split('; ')
        .map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]),
    );
    expect(policy['default-src']).toEqual(["'none'"]);
    expect(policy['script-src']).toEqual([expect.stringMatching(/^'sha256-/), "'wasm-unsafe-eval'"]);
    expect(policy['style-src']).toEqual([expect.stringMatching(/^'sha256-/)]);
    expect(policy['connect-src']).toEqual(["'self'"]);
    expect(policy['frame-ancestors']).toEqual(["'none'"]);
    expect(JSON.stringify(policy)).not.toMatch(/unsafe-inline|'unsafe-eval|https?:|\*/);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(body.toString()).toContain('<head><meta name="ggb-view" content="server">');
    expect(body.toString()).not.toContain(token);
  });
});

describe('the port', () => {
  it('may be chosen, and one that is taken is the user’s to change', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port: number } = taken.address() as { port: number };
    await expect(startView({ folders: [paths.run], open: false, port: number }, tinyPage)).rejects.toThrow(
      `port ${number} is in use`,
    );
    await new Promise((resolve) => taken.close(resolve));
    const chosen = await startView({ folders: [paths.run], open: false, port: number }, tinyPage);
    expect(new URL(chosen.url).port).toBe(`${number}`);
    await chosen.close();
  });
});
