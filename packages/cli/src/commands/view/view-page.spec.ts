// The built page in a browser on what `ggb view` serves and exports: under its policy, live beside a growing run, and writing
// key points.
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeImage, readPairManifest } from '@ggb/core/files';
import { protocols, ssim } from '@ggb/metrics';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { browserAdvice, findBrowser } from '../../../../../tools/bootstrap/browser.mjs';
import { describeWhen } from '../../../../../tools/testing/skipping.ts';
import {
  builtPage,
  type OpenedPage,
  openBrowser,
  openPage,
  type PageOptions,
  seriousFindings,
} from '../../../../web/testing/open-page.ts';
import { runGgb } from '../../../testing/run-ggb.ts';
import { tinySettings, writeTinyPairs } from '../../../testing/tiny-pairs.ts';
import { outputColour, stepLine, viewedPairs, writeFlatPicture, writeViewedRun } from '../../../testing/viewed-run.ts';
import { type RunningView, view as runView, startView, type ViewOptions } from './view.ts';

const hasBrowser = findBrowser() !== undefined;
describeWhen(hasBrowser, hasBrowser ? '' : browserAdvice())('the page that ggb view serves', () => {
  let folder: string;
  let run: string;
  let browser: Browser;
  let running: RunningView | undefined;
  let opened: OpenedPage;
  let page: Page;

  beforeAll(async () => {
    if (!existsSync(builtPage)) throw new Error(`${builtPage} is not built: npx nx run web:build`);
    folder = mkdtempSync(join(tmpdir(), 'view-page-'));
    run = (await writeViewedRun(folder)).run;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await page.close();
    await running?.close();
    running = undefined;
    // The policy of the page would complain here about anything that it refused.
    expect(opened.complaints).toEqual([]);
  });

  async function open(what: Partial<ViewOptions>, fragment: string, options: PageOptions = {}): Promise<void> {
    jest.spyOn(console, 'error').mockImplementation(() => {});
    running = await startView({ folders: [], open: false, ...what });
    opened = await openPage(browser, `${running.url}${fragment}`, options);
    page = opened.page;
  }

  it('shows a run, keeps the token out of the address, and asks nobody else', async () => {
    await open({ folders: [run] }, '#/find');
    const results = page.getByRole('listbox', { name: 'Results' }).getByRole('option');
    await results.first().waitFor();
    expect(await results.locator('.id').allTextContents()).toEqual([...viewedPairs].reverse());
    expect(page.url()).not.toContain('token');
    const { origin } = new URL((running as RunningView).url);
    expect(new Set(opened.requests.map((url) => new URL(url).origin))).toEqual(new Set([origin]));
  });

  it('reads the pixels that were scored', async () => {
    await open({ folders: [run] }, `#/compare?pair=${viewedPairs[0]}`);
    const pane = page.getByRole('img', { name: /^output of/ });
    await page.getByText('SSIM computed here').waitFor();
    const { width = 0, height = 0 } = (await pane.boundingBox()) ?? {};
    await pane.hover({ position: { x: width / 2, y: height / 2 } });
    await page.locator('.reading .at').waitFor();
    expect(await page.locator('.reading').textContent()).toContain(`output ${outputColour.join(' ')}`);
  });

  it('shows what every guided level drew', async () => {
    await open({ folders: [run] }, '#/compare');
    await page.getByRole('button', { name: 'Levels' }).click();
    await page.getByRole('img', { name: /^level 3 of/ }).waitFor();
    expect(await page.locator('figcaption b').allTextContents()).toEqual(['level 3', 'output', 'truth']);
  });

  it('says why there is no source and no truth', async () => {
    const { data, run: alone } = await writeViewedRun(join(folder, 'alone'));
    rmSync(data, { recursive: true });
    await open({ folders: [alone] }, '#/compare');
    await page.getByText(/^Not shown: source, truth\. Sources and truths cannot be shown: /).waitFor();
    expect(await page.locator('figcaption b').allTextContents()).toEqual(['output']);
  });

  it('shows an equal run as neither better nor worse', async () => {
    const equal = (await writeViewedRun(join(folder, 'equal'))).run;
    await open({ folders: [run, equal] }, '#/find?order=regression&chart=regression');
    const gains = page.locator('.caption .same');
    await gains.first().waitFor();
    expect(await gains.allTextContents()).toEqual(viewedPairs.map(() => '0.0000'));
    // All in one bar, in the middle, where the axis has its 0.
    const chart = page.getByRole('img', { name: /^Histogram of gain/ });
    const { x = 0, width = 0 } = (await chart.boundingBox()) ?? {};
    const middles = await chart
      .locator('rect.all')
      .evaluateAll((bars) =>
        bars
          .map((bar) => bar.getBoundingClientRect())
          .flatMap(({ height, left, right }) => (height > 1 ? [(left + right) / 2] : [])),
      );
    expect(middles).toHaveLength(1);
    // Of forty bars the one beside the middle.
    expect(Math.abs((middles[0] as number) - (x + width / 2))).toBeLessThan(width / 40);
  });

  it('shows losses, samples and settings of a run, copies its table, and is accessible', async () => {
    await open({ folders: [run] }, '#/runs', { dark: true });
    await page.getByRole('img', { name: /^generator.reconstruction over steps/ }).waitFor();
    await page.getByRole('img', { name: /^output of .* for person-2-pose-0/ }).waitFor();
    await page.getByRole('rowheader', { name: 'image.size' }).waitFor();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Markdown' }).click();
    await page.getByRole('button', { name: 'copied' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toMatch(/^\| run \| pairs \| ssim ↑/);
    expect(text).toMatch(/Protocol: tf \([0-9a-f]{8}\)\./);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('draws new steps while the run grows', async () => {
    await open({ folders: [run] }, '#/runs');
    const chart = page.getByRole('img', { name: /^discriminator over steps/ });
    await chart.waitFor();
    expect(await chart.getAttribute('aria-label')).toContain('0.5030');
    appendFileSync(join(run, 'steps.jsonl'), stepLine(400));
    await page.getByRole('img', { name: /^discriminator over steps.*0\.9000/ }).waitFor();
    await page.getByRole('cell', { name: 'step 400' }).waitFor();
  });

  it('loses no step that is written while the run is being read', async () => {
    const racing = (await writeViewedRun(join(folder, 'racing'))).run;
    await open({ folders: [racing] }, '#/find');
    await page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().waitFor();
    await page.route('**/api/sources/*/run', async (route) => {
      const response = await route.fetch();
      appendFileSync(join(racing, 'steps.jsonl'), stepLine(4));
      // Until the stream has told of it.
      await page.waitForTimeout(1500);
      await route.fulfill({ response });
    });
    await page.keyboard.press('r');
    await page.getByRole('img', { name: /^discriminator over steps.*0\.5040/ }).waitFor();
  });

  it('keeps the part of a curve that was dragged out while the run grows', async () => {
    const growing = (await writeViewedRun(join(folder, 'growing'))).run;
    await open({ folders: [growing] }, '#/runs');
    const chart = page.getByRole('img', { name: /^discriminator over steps/ });
    await chart.waitFor();
    const box = await chart.locator('.u-over').boundingBox();
    if (box === null) throw new Error('The chart has no place.');
    const at = (share: number) => [box.x + share * box.width, box.y + box.height / 2] as const;
    // From step 1.2 to step 2.2.
    await page.mouse.move(...at(0.1));
    await page.mouse.down();
    await page.mouse.move(...at(0.6), { steps: 4 });
    await page.mouse.up();
    const reading = page.locator('figure', { has: chart }).locator('figcaption');
    const readAtEnd = async () => {
      await page.mouse.move(...at(0.9));
      await page.mouse.move(...at(0.97));
      return reading.textContent();
    };
    expect(await readAtEnd()).toContain('2: 0.5020');
    appendFileSync(join(growing, 'steps.jsonl'), stepLine(400));
    await page.getByRole('img', { name: /^discriminator over steps.*0\.9000/ }).waitFor();
    expect(await readAtEnd()).toContain('2: 0.5020');
  });

  it('says that scores under different protocols are not comparable', async () => {
    const other = (await writeViewedRun(join(folder, 'other'))).run;
    const record = join(other, 'evaluation', 'test-step-000003-average.json');
    const text = readFileSync(record, 'utf8').replace('"protocol":{"name":"tf"}', '"protocol":"ggb"');
    rmSync(record);
    appendFileSync(record, text);
    await open({ folders: [run, other] }, '#/runs');
    const banner = page.getByRole('alert');
    await banner.waitFor();
    expect(await banner.textContent()).toMatch(/not comparable: tf \([0-9a-f]{8}\), ggb \([0-9a-f]{8}\)/);
    expect(await page.locator('td.best').count()).toBe(0);
  });

  it('opens as an exported folder from file:, maps included', async () => {
    const out = join(folder, 'exported');
    jest.spyOn(console, 'log').mockImplementation(() => {});
    await runView({ folders: [run], export: out, open: false });
    jest.restoreAllMocks();
    opened = await openPage(browser, `${pathToFileURL(join(out, 'index.html')).href}#/compare`);
    page = opened.page;
    await page.getByText('SSIM computed here').waitFor();
    await page.getByRole('img', { name: /^SSIM map of/ }).waitFor();
    const inside = pathToFileURL(out).href;
    expect(opened.requests.filter((url) => !url.startsWith(inside))).toEqual([]);
    await page.keyboard.press('r');
    await page.getByRole('img', { name: /^generator.reconstruction over steps/ }).waitFor();
  });

  it('opens as an exported folder from a host, and asks nobody else', async () => {
    const out = join(folder, 'hosted');
    jest.spyOn(console, 'log').mockImplementation(() => {});
    await runView({ folders: [run], export: out, open: false });
    jest.restoreAllMocks();
    const host = await serveFolder(out);
    opened = await openPage(browser, `${host.origin}/index.html#/compare`);
    page = opened.page;
    await page.getByText('SSIM computed here').waitFor();
    await page.keyboard.press('f');
    await page.getByRole('listbox', { name: 'Results' }).locator('img').first().waitFor();
    await page.keyboard.press('r');
    await page.getByRole('img', { name: /^generator.reconstruction over steps/ }).waitFor();
    expect(new Set(opened.requests.map((url) => new URL(url).origin))).toEqual(new Set([host.origin]));
    host.server.close();
  });

  it('has the pose changes of a large manifest when they have been read', async () => {
    const { data, run: late } = await writeViewedRun(join(folder, 'late'));
    const manifest = join(data, 'pairs.jsonl');
    const [line] = readFileSync(manifest, 'utf8').split('\n');
    const more = Array.from({ length: 2500 }, (_, i) => (line as string).replace(/"id":"[^"]*"/, `"id":"other-${i}"`));
    appendFileSync(manifest, `${more.join('\n')}\n`);
    await open({ folders: [late] }, '#/find');
    await page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().waitFor();
    await page.getByRole('tab', { name: 'Pose' }).click();
    await page.getByRole('application', { name: /ssim against pose change/ }).waitFor();
  });

  it('computes the SSIM that the command reports and that the reference has, of PNG and of JPEG', async () => {
    const [real, generated] = [join(folder, 'real'), join(folder, 'generated')];
    for (const path of [real, generated]) mkdirSync(path);
    for (const [seed, path] of [real, generated].entries()) {
      await sharp(waves(seed), { raw: { width: 72, height: 56, channels: 3 } }).toFile(join(path, 'a.png'));
      await sharp(waves(seed), { raw: { width: 72, height: 56, channels: 3 } })
        .jpeg({ quality: 85 })
        .toFile(join(path, 'b.jpg'));
    }
    const report = join(folder, 'report.json');
    const args = ['evaluate', '--real', real, '--generated', generated, '--metrics', 'ssim', '--json', report];
    const { code, stderr } = await runGgb(args, { cwd: folder });
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    const { pairs } = JSON.parse(readFileSync(report, 'utf8')) as { pairs: { name: string; ssim: number }[] };
    expect(pairs.map(({ name }) => name)).toEqual(['a.png', 'b.jpg']);
    await open({ folders: [report] }, '#/compare');
    for (const { name, ssim: reported } of pairs) {
      await page.evaluate((id) => {
        location.hash = `#/compare?pair=${id}`;
      }, name);
      await page.getByRole('heading', { level: 1, name }).waitFor();
      const inPage = Number(await page.locator('[data-ssim]').getAttribute('data-ssim'));
      const [x, y] = [await decodeImage(join(real, name)), await decodeImage(join(generated, name))];
      const reference = ssim(x, y, protocols.tf);
      expect(reference).toBeLessThan(0.9);
      // What the project promises between page, command and float64.
      expect([name, inPage, reported]).toEqual([name, expect.closeTo(reference, 6), expect.closeTo(reference, 6)]);
      expect(Math.abs(inPage - reference)).toBeLessThan(1e-6);
      expect(Math.abs(reported - reference)).toBeLessThan(1e-6);
    }
  });

  it('follows several runs over one stream, none while it is hidden, and catches up afterwards', async () => {
    const other = (await writeViewedRun(join(folder, 'second'))).run;
    await open({ folders: [run, other] }, '#/find?order=regression');
    await page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().waitFor();
    const streams = () => opened.requests.filter((url) => url.includes('/api/events'));
    while (streams().length === 0) await page.waitForTimeout(50);
    // Time for a second one, which there must not be.
    await page.waitForTimeout(500);
    expect(streams().map((url) => new URL(url).searchParams.getAll('source').length)).toEqual([2]);
    await page.keyboard.press('r');
    await page.getByRole('img', { name: /^discriminator over steps/ }).waitFor();
    const setVisible = (state: string) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await setVisible('hidden');
    appendFileSync(join(other, 'steps.jsonl'), stepLine(500));
    // Longer than the server needs to tell a page that listens.
    await page.waitForTimeout(1200);
    expect(await page.getByRole('cell', { name: 'step 500' }).count()).toBe(0);
    await setVisible('visible');
    await page.getByRole('cell', { name: 'step 500' }).waitFor();
    expect(streams()).toHaveLength(2);
  });

  it('says to open the new address when another start of the server answers', async () => {
    await open({ folders: [run] }, '#/find');
    await page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().waitFor();
    const { port } = new URL((running as RunningView).url);
    await (running as RunningView).close();
    await page.getByText('The server does not answer').waitFor();
    running = await startView({ folders: [run], open: false, port: Number(port) });
    await page.getByText('Open the new address').waitFor({ timeout: 20_000 });
    // The browser complains about connections that were refused: that is what this is about.
    opened.complaints.length = 0;
  });

  it('shows a real training while it goes on, from before its first step to after its last', async () => {
    const cwd = join(folder, 'training');
    await writeTinyPairs(join(cwd, 'data'));
    const settings = [...tinySettings, 'data.path=data', 'training.sampleEvery=100', 'training.steps=200'];
    // It waits before its first step until the page has seen that somebody is at work.
    let isHeld = false;
    let training: ReturnType<typeof runGgb> | undefined;
    const trainer = await new Promise<ChildProcess>((resolve, reject) => {
      const onStderr = (text: string, child: ChildProcess) => {
        if (isHeld || !/^Run: /m.test(text)) return;
        isHeld = child.kill('SIGSTOP');
        resolve(child);
      };
      training = runGgb(['train', ...settings], { cwd, onStderr });
      training.then(({ stderr }) => reject(new Error(`It ended before it was held: ${stderr}`)), reject);
    });
    const made = join(cwd, 'runs', '00001');
    try {
      await open({ folders: [join(cwd, 'runs')] }, '#/runs');
      await page.locator('header .live').waitFor();
    } finally {
      // Whatever was seen: a process that is held would outlive the test.
      trainer.kill('SIGCONT');
    }
    const stepShown = async () =>
      Number(/step (\d+)/.exec((await page.locator('tbody').first().textContent()) ?? '')?.[1]);
    await page.waitForFunction(() => /step \d/.test(document.querySelector('tbody')?.textContent ?? ''));
    const early = await stepShown();
    const { code, stderr } = await (training as ReturnType<typeof runGgb>);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(early).toBeLessThan(200);
    await page.getByRole('cell', { name: 'step 200' }).waitFor();
    await page.locator('header .live').waitFor({ state: 'detached' });
    // Every step once, in order: what the file holds.
    const last = readFileSync(join(made, 'steps.jsonl'), 'utf8').trimEnd().split('\n').at(-1) as string;
    const { losses } = JSON.parse(last) as { losses: Record<string, number> };
    const chart = page.getByRole('img', { name: /^discriminator over steps/ });
    await chart.waitFor();
    expect(await chart.getAttribute('aria-label')).toContain((losses.discriminator as number).toPrecision(4));
    await page
      .getByRole('img', { name: /^output of .* for person-2/ })
      .first()
      .waitFor();
  });

  describe('to annotate', () => {
    let photos: string;
    beforeEach(async () => {
      photos = mkdtempSync(join(folder, 'photos-'));
      mkdirSync(photos, { recursive: true });
      for (const name of ['a', 'b']) await writeFlatPicture(join(photos, `${name}.png`), [90, 120, 150], 100);
    });
    const saved = () => page.getByText('saved', { exact: true }).waitFor();
    const posesOf = async () =>
      new Map(
        (await readPairManifest(photos)).map(({ source, sourceKeypoints }) => [source.slice(-5), sourceKeypoints]),
      );

    it('takes joints by clicks, moves them by dragging, and writes the manifest', async () => {
      await open({ annotate: photos }, '#/annotate');
      const photo = page.getByRole('application', { name: /a\.png/ });
      await photo.waitFor();
      const box = await photo.boundingBox();
      if (box === null) throw new Error('The photo has no place.');
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.click(x, y);
      await page.mouse.click(x, y + 80);
      await page.getByText('click places: right shoulder').waitFor();
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + 60, y, { steps: 4 });
      await page.mouse.up();
      await saved();
      const pose = (await posesOf()).get('a.png');
      const [nose, neck] = [pose?.[0], pose?.[1]];
      // The photo is 100 pixels wide and as high as the pane: how many pixels a click is from another follows.
      const scale =
        Number(await page.locator('.photo img').evaluate((image) => image.getBoundingClientRect().width)) / 100;
      expect([nose?.[0], nose?.[1], neck?.[0], neck?.[1]]).toBeAllClose(
        [49.5 + 60 / scale, 49.5, 49.5, 49.5 + 80 / scale],
        { absolute: 1 / scale + 0.01 }, // a CSS pixel, and the rounding of what is written
      );
      expect(pose?.slice(2).every((joint) => joint === null)).toBe(true);
    });

    it('works by keyboard alone: place, hide, undo, mirror, copy from the photo before', async () => {
      await open({ annotate: photos }, '#/annotate');
      await page.getByRole('application', { name: /a\.png/ }).waitFor();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Shift+ArrowUp');
      await page.keyboard.press('.');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('h');
      await page.keyboard.press('u');
      await saved();
      expect((await posesOf()).get('a.png')?.slice(0, 3)).toEqual([[50.5, 39.5], [49.5, 50.5], null]);
      await page.keyboard.press('j');
      await page.getByRole('application', { name: /b\.png/ }).waitFor();
      await page.keyboard.press('p');
      await page.keyboard.press('m');
      await saved();
      const poses = await posesOf();
      expect(poses.get('b.png')?.slice(0, 2)).toEqual([
        [48.5, 39.5],
        [49.5, 50.5],
      ]);
      expect(poses.get('a.png')?.[0]).toEqual([50.5, 39.5]);
    });

    it('keeps a pose whose save failed while others are saved, says so, and saves it later', async () => {
      await open({ annotate: photos }, '#/annotate');
      await page.getByRole('application', { name: /a\.png/ }).waitFor();
      const first = '**/api/annotate/image/0';
      await page.route(first, (route) =>
        route.request().method() === 'POST'
          ? route.fulfill({ status: 500, json: { error: 'The disk is full.' } })
          : route.continue(),
      );
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('j');
      await page.getByRole('application', { name: /b\.png/ }).waitFor();
      await page.getByText('The disk is full.').waitFor();
      await page.keyboard.press('ArrowLeft');
      await saved();
      await page.getByRole('button', { name: '1 other photo not saved: try again' }).waitFor();
      expect([...(await posesOf()).keys()]).toEqual(['b.png']);
      await page.unroute(first);
      await page.getByRole('button', { name: '1 other photo not saved: try again' }).click();
      await page.getByRole('button', { name: /not saved/ }).waitFor({ state: 'detached' });
      const poses = await posesOf();
      expect([poses.get('a.png')?.[0], poses.get('b.png')?.[0]]).toEqual([
        [50.5, 49.5],
        [48.5, 49.5],
      ]);
      // The browser tells of the failed answers too.
      opened.complaints.length = 0;
    });

    it('says of each photo that training refuses what to do, and keeps to what it is for', async () => {
      await writeFlatPicture(join(photos, 'a.png'), [90, 120, 150], 64);
      await open({ annotate: photos }, '#/annotate');
      await page.getByRole('application', { name: /a\.png/ }).waitFor();
      await page.getByText('0 of 18 joints').waitFor();
      await page.getByText('click places: nose', { exact: true }).waitFor();
      expect(await page.getByText('Training refuses').count()).toBe(0);
      await page.keyboard.press('j');
      await page.getByText(/Training refuses this photo: .* received 100 x 100\. .*crop and scale first/).waitFor();
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keys' });
      expect(await help.getByText(/^(Find|Compare|Runs):/).count()).toBe(0);
      await help.getByText('Annotate: key points by hand').waitFor();
    });

    it('is accessible, also on a phone', async () => {
      await open({ annotate: photos }, '#/annotate', { width: 390, height: 844 });
      await page.getByRole('application', { name: /a\.png/ }).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    });
  });
});

/** Smooth enough for JPEG, and different for each seed. */
function waves(seed: number): Uint8Array {
  return Uint8Array.from({ length: 3 * 72 * 56 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % 72, Math.floor(i / 216), i % 3];
    return Math.round(128 + 70 * Math.sin((x + 9 * seed) / 5 + c) + 45 * Math.cos((y - 4 * seed) / (4 + c)));
  });
}

/** As a plain host does, which sends nothing but types. */
async function serveFolder(out: string): Promise<{ server: Server; origin: string }> {
  const types: Record<string, string> = {
    html: 'text/html',
    js: 'text/javascript',
    png: 'image/png',
    webp: 'image/webp',
  };
  const server = createServer((request, response) => {
    const name = new URL(request.url as string, 'http://host').pathname.slice(1);
    if (!existsSync(join(out, name))) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', types[name.split('.').at(-1) as string] ?? 'application/octet-stream');
    response.end(readFileSync(join(out, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
