// The page's sources of data in a real browser: from the server, from an exported folder by file: and from a host, and what
// other pages in the same browser can do to the server.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PairDetails, ResultTable, RunDetails, RunSource, SourceChange } from '@ggb/web/view-data';
import { build, stop } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { browserAdvice, findBrowser } from '../../../../../tools/bootstrap/browser.mjs';
import { describeWhen } from '../../../../../tools/testing/skipping.ts';
import {
  outputColour,
  stepLine,
  viewedEvaluation,
  viewedPairs,
  writeFlatPicture,
  writeViewedRun,
} from '../../../testing/viewed-run.ts';
import { AllowedFolders } from './allowed-folders.ts';
import { exportView } from './export-view.ts';
import { RunFinder } from './find-sources.ts';
import { type RunningView, startView } from './view.ts';

const executablePath = findBrowser();

interface Seen {
  readonly table: ResultTable;
  /** Of the first pixel, and the width, as a canvas reads them. */
  readonly colours: Record<string, number[]>;
  readonly widths: Record<string, number>;
  readonly missing: unknown;
  readonly pair: PairDetails;
  readonly run: RunDetails;
}

/** What the page of this spec leaves for it. */
declare const page: {
  readonly source: RunSource;
  readonly changes: SourceChange[];
  colourOf(url: string): Promise<number[]>;
  lookAround(names: { evaluation: string; id: string; largeId: string }): Promise<Seen>;
};

const script = `
  import { openRunSource } from '@ggb/web/run-source';
  const source = openRunSource();

  async function loaded(url) {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  }

  async function colourOf(url) {
    const image = await loaded(url);
    const context = document.createElement('canvas').getContext('2d');
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).concat(image.naturalWidth);
  }

  // What every source must answer, whoever is behind it.
  async function lookAround({ evaluation, id, largeId }) {
    const [{ id: name }] = await source.sources();
    const table = await source.results(name);
    const key = (image, pair = id) => ({ evaluation, id: pair, image });
    const colours = {};
    for (const { name: image } of table.images) {
      colours[image] = await colourOf(await source.readableImageUrl(name, key(image)));
    }
    // What is only shown need not be readable.
    const widthOf = async (url) => (await loaded(url)).naturalWidth;
    const widths = {
      image: await widthOf(source.imageUrl(name, key('output', largeId))),
      thumb: await widthOf(source.thumbUrl(name, key('output', largeId), 100)),
      small: await widthOf(source.thumbUrl(name, key('output'), 100)),
      sample: await widthOf(source.sampleUrl(name, 3)),
    };
    const missing = await source.pair(name, evaluation, 'nobody').catch((error) => [error.name, error.code]);
    return { table, colours, widths, missing, pair: await source.pair(name, evaluation, id), run: await source.run(name) };
  }

  window.page = { source, changes: [], colourOf, lookAround };
`;

/** What a page of another port tries: to read, and to load what it cannot read. */
const attack = `
  const loads = (element, src) =>
    new Promise((resolve) => {
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('refused');
      element.src = src;
      document.head.append(element);
    });
  async function attack(base, image) {
    return {
      read: await fetch(base + '/api/sources', { credentials: 'include' }).then(() => 'read', () => 'refused'),
      image: await loads(new Image(), image),
      script: await loads(document.createElement('script'), base + '/api/sources'),
    };
  }
`;

describeWhen(executablePath !== undefined, executablePath === undefined ? browserAdvice() : '')('the page', () => {
  let folder: string;
  let run: string;
  let html: string;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Page;
  let view: RunningView | undefined;
  let requests: string[];
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'view-browser-'));
    ({ run } = await writeViewedRun(folder));
    await writeFlatPicture(join(run, 'evaluation', viewedEvaluation, `${viewedPairs[1]}.png`), outputColour, 300);
    const { outputFiles } = await build({
      stdin: { contents: script, resolveDir: __dirname },
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      conditions: ['@ggb/source'],
      minify: true,
      write: false,
    });
    html = `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>t</title></head><body><script>${outputFiles[0]?.text}</script></body></html>`;
    browser = await chromium.launch({
      executablePath: executablePath as string,
      // A name that leads to this machine, as an attacker's name server would give it; no other name leads anywhere.
      args: ['--host-resolver-rules=MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    [requests, complaints] = [[], []];
    context = await browser.newContext();
    tab = await context.newPage();
    tab.on('request', (request) => requests.push(request.url()));
    tab.on('pageerror', (error) => complaints.push(error.message));
    tab.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    await view?.close();
    view = undefined;
  });

  async function start(): Promise<RunningView> {
    jest.spyOn(console, 'error').mockImplementation(() => {});
    view = await startView({ folders: [run], open: false }, html);
    return view;
  }

  async function exported(): Promise<string> {
    const out = mkdtempSync(join(folder, 'out-'));
    await exportView(out, { sources: await RunFinder.open([run], new AllowedFolders()), page: html });
    return out;
  }

  const lookAround = () =>
    tab.evaluate((names) => page.lookAround(names), {
      evaluation: viewedEvaluation,
      id: viewedPairs[0] as string,
      largeId: viewedPairs[1] as string,
    });

  function expectWhole({
    table,
    colours,
    widths,
    missing,
    pair,
    run: details,
  }: Awaited<ReturnType<typeof lookAround>>) {
    expect(table.ids).toEqual(viewedPairs);
    // Background of the data's pictures, of a drawn pose, of output and level; and widths.
    expect(colours).toEqual({
      source: [232, 232, 230, 32],
      condition: [255, 255, 255, 256],
      output: [...outputColour, 32],
      truth: [232, 232, 230, 32],
      level3: [4, 5, 206, 16],
    });
    expect(widths).toEqual({ image: 300, thumb: 128, small: 32, sample: 32 });
    expect(missing).toEqual(['ViewDataError', 'not-found']);
    expect(pair.keypoints?.[2]).toEqual([16, 8]);
    expect(details.steps.step).toEqual([1, 2, 3]);
  }

  it('gets everything from the server, with the token out of its address, and asks nobody else', async () => {
    const { url } = await start();
    const { origin } = new URL(url);
    await tab.goto(`${url}#compare`);
    expect(tab.url()).toBe(`${origin}/#compare`);
    expectWhole(await lookAround());
    // The cookie is enough now.
    await tab.reload();
    expectWhole(await lookAround());
    expect(new Set(requests.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin))).toEqual(
      new Set([origin]),
    );
    // The one that was asked for: a pair that is not there.
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  it('follows a run, and learns that the server has gone', async () => {
    const { url } = await start();
    await tab.goto(url);
    await tab.evaluate(async () => {
      const [summary] = await page.source.sources();
      page.source.subscribe?.([summary?.id as string], (change) => page.changes.push(change));
    });
    const seen = (kind: string) =>
      tab.waitForFunction((wanted) => page.changes.some((change) => change.kind === wanted), kind);
    await seen('steps');
    await tab.evaluate(() => page.changes.splice(0));
    const steps = join(run, 'steps.jsonl');
    const before = readFileSync(steps);
    await appendFile(steps, stepLine(4));
    await seen('steps');
    const change = await tab.evaluate(() => page.changes.find(({ kind }) => kind === 'steps'));
    expect(change).toMatchObject({ replaces: false, columns: { step: [4] } });
    writeFileSync(steps, before);
    await view?.close();
    await tab.waitForFunction(() => page.changes.some((one) => one.kind === 'connection' && one.state === 'lost'));
  });

  it('gets everything from an exported folder by file:, pixels for canvases too, and nothing from elsewhere', async () => {
    const out = await exported();
    await tab.goto(`${pathToFileURL(join(out, 'index.html'))}`);
    expectWhole(await lookAround());
    const base = `${pathToFileURL(out)}/`;
    expect(requests.filter((url) => !url.startsWith(base) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('gets everything from an exported folder on a host', async () => {
    const out = await exported();
    const host = await serveFolder(out);
    await tab.goto(`${host.origin}/index.html`);
    expectWhole(await lookAround());
    expect(new Set(requests.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin))).toEqual(
      new Set([host.origin]),
    );
    expect(complaints).toEqual([]);
    host.server.close();
  });

  it('shows the built-in sample where nobody gave it data', async () => {
    const file = join(folder, 'alone.html');
    writeFileSync(file, html);
    await tab.goto(`${pathToFileURL(file)}`);
    const [pairs, colour] = await tab.evaluate(async () => {
      const [summary] = await page.source.sources();
      const { ids, evaluation } = await page.source.results(summary?.id as string);
      const key = { evaluation, id: ids[0] as string, image: 'output' as const };
      return [ids.length, await page.colourOf(page.source.imageUrl(summary?.id as string, key))] as const;
    });
    expect([pairs, colour]).toEqual([24, [226, 228, 224, 64]]);
    expect(complaints).toEqual([]);
  });

  it('is not reached by a name that was made to point here, nor by pages of other ports, though the browser has the cookie', async () => {
    const { url } = await start();
    const { origin, port } = new URL(url);
    await tab.goto(url);
    const rebound = await context.newPage();
    const answer = await rebound.goto(`http://evil.example:${port}/${new URL(url).search}`);
    expect(answer?.status()).toBe(421);

    const other = await serveText(`<!doctype html><title>other</title><script>${attack}</script>`);
    const attacker = await context.newPage();
    await attacker.goto(other.origin);
    const id = await tab.evaluate(async () => (await page.source.sources())[0]?.id as string);
    const picture = `${origin}/image/${id}/output?evaluation=${viewedEvaluation}&id=${viewedPairs[0]}`;
    const done = await attacker.evaluate(`attack(${JSON.stringify(origin)}, ${JSON.stringify(picture)})`);
    expect(done).toEqual({ read: 'refused', image: 'refused', script: 'refused' });
    other.server.close();
  });
});

async function serveText(text: string) {
  return listening(createServer((_request, response) => response.setHeader('content-type', 'text/html').end(text)));
}

/** As a plain host does, which sends nothing but types. */
async function serveFolder(folder: string) {
  const types: Record<string, string> = {
    html: 'text/html',
    js: 'text/javascript',
    png: 'image/png',
    webp: 'image/webp',
  };
  return listening(
    createServer((request, response) => {
      const name = (request.url as string).slice(1);
      response.setHeader('content-type', types[name.split('.').at(-1) as string] ?? 'application/octet-stream');
      response.end(readFileSync(join(folder, name)));
    }),
  );
}

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
