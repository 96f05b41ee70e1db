// The built page in a browser on what `ggb view` serves and exports: under its policy, live beside a growing run, and writing
// key points.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readPairManifest } from '@ggb/core/files';
import type { Browser, Page } from 'playwright-core';
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
import { outputColour, stepLine, viewedPairs, writeFlatPicture, writeViewedRun } from '../../../testing/viewed-run.ts';
import { type RunningView, view as runView, startView, type ViewOptions } from './view.ts';

const hasBrowser = findBrowser() !== undefined;
// A browser on a busy machine takes its time.
jest.setTimeout(60_000);

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

    it('is accessible, also on a phone', async () => {
      await open({ annotate: photos }, '#/annotate', { width: 390, height: 844 });
      await page.getByRole('application', { name: /a\.png/ }).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    });
  });
});
