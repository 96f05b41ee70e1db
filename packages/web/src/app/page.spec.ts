// The page in a browser, on its built-in sample and from file:, where it has to work without any server.
import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { browserAdvice, findBrowser } from '../../../../tools/bootstrap/browser.mjs';
import { describeWhen } from '../../../../tools/testing/skipping.ts';
import {
  builtPage,
  builtPageUrl,
  drawnPane,
  type OpenedPage,
  openBrowser,
  openPage,
  type PageOptions,
  paneContent,
  seriousFindings,
} from '../../testing/open-page.ts';

const hasBrowser = findBrowser() !== undefined;
describeWhen(hasBrowser, hasBrowser ? '' : browserAdvice())('the page of the viewer', () => {
  let browser: Browser;
  let opened: OpenedPage;
  let page: Page;

  beforeAll(async () => {
    if (!existsSync(builtPage)) throw new Error(`${builtPage} is not built: npx nx run web:build`);
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const { complaints, requests } = opened;
    await page.close();
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
  });

  async function open(fragment: string, options: PageOptions = {}): Promise<void> {
    opened = await openPage(browser, `${builtPageUrl}${fragment}`, options);
    page = opened.page;
  }
  const results = () => page.getByRole('listbox', { name: 'Results' }).getByRole('option');
  const scores = async () => (await results().locator('b').allTextContents()).map(Number);
  const count = () => page.locator('.count');
  const inAddress = (text: string | RegExp) =>
    page.waitForFunction((part) => new RegExp(part).test(location.hash), typeof text === 'string' ? text : text.source);

  /** Until the maps are there, everything else has come. */
  const compared = () => page.getByText('SSIM computed here').waitFor();

  describe('to find results', () => {
    it('begins with the worst', async () => {
      await open('');
      await results().first().waitFor();
      const values = await scores();
      expect(values.length).toBeGreaterThanOrEqual(12);
      expect(values).toEqual([...values].sort((a, b) => a - b));
      expect(await count().textContent()).toMatch(/24 results · mean 0\.\d{4}/);
    });

    it('sorts by any metric, by keyboard', async () => {
      await open('#/find');
      await results().first().waitFor();
      await page.keyboard.press('s');
      await inAddress('metric=l1');
      const values = await scores();
      expect(values).toEqual([...values].sort((a, b) => b - a));
    });

    it('puts first what lost most against another evaluation', async () => {
      await open('#/find?order=regression&chart=regression');
      await results().first().waitFor();
      const gains = (await results().locator('.caption span:not(.id)').allTextContents()).map((text) =>
        Number(text.replace('−', '-')),
      );
      expect(gains.length).toBeGreaterThanOrEqual(12);
      expect(gains).toEqual([...gains].sort((a, b) => a - b));
      expect(gains[0]).toBeLessThan(0);
      await page.getByRole('application', { name: /ssim, B \(this run\) against ssim, A/ }).waitFor();
    });

    it('brushes the histogram to filter the grid, and takes the brush away with a click', async () => {
      await open('#/find');
      const chart = page.getByRole('img', { name: /^Histogram of ssim/ });
      await chart.waitFor();
      const box = await chart.boundingBox();
      if (box === null) throw new Error('The histogram has no place.');
      await page.mouse.move(box.x + 5, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2, box.y + 40, { steps: 4 });
      await page.mouse.up();
      await page.getByRole('button', { name: 'Take away the filter ssim' }).waitFor();
      const shown = Number(/^\s*(\d+)\s*of\s*24/.exec((await count().textContent()) ?? '')?.[1]);
      expect(shown).toBeGreaterThan(0);
      expect(shown).toBeLessThan(24);
      expect(await results().count()).toBe(shown);
      await page.mouse.click(box.x + box.width / 2, box.y + 40);
      await page.waitForFunction(() => /^\s*24 results/.test(document.querySelector('.count')?.textContent ?? ''));
    });

    it('filters by name after /, and shows all again after Escape', async () => {
      await open('#/find');
      await results().first().waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('figure-07');
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length > 1);
    });

    it('opens a result from the scatter of its pose change', async () => {
      await open('#/find?chart=pose');
      const chart = page.getByRole('application', { name: /ssim against pose change/ });
      await chart.focus();
      await page.keyboard.press('ArrowRight');
      const name = /^(figure-\d+):/.exec((await page.locator('figcaption').first().textContent()) ?? '')?.[1];
      await page.keyboard.press('Enter');
      await inAddress(`/compare.*pair=${name}`);
      await compared();
    });

    it('goes through the results and opens one without a mouse', async () => {
      await open('#/find');
      await results().first().waitFor();
      for (const key of ['j', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key);
      const chosen = await page.locator('[role=option][aria-selected=true] .id').textContent();
      await page.keyboard.press('Enter');
      await inAddress(`/compare.*pair=${chosen}`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(chosen);
    });
  });

  describe('to compare', () => {
    it('shows source, condition, output and truth in one row, and where the score was lost', async () => {
      await open('#/compare');
      await compared();
      const captions = await page.locator('figcaption b').allTextContents();
      expect(captions).toEqual(['source', 'condition', 'output', 'truth', 'SSIM map']);
      const tops = await page
        .locator('figure canvas')
        .evaluateAll((panes) => panes.map((pane) => pane.getBoundingClientRect().top));
      expect(new Set(tops).size).toBe(1);
      const contents = await Promise.all(captions.map((name) => paneContent(page, new RegExp(`^${name} of`))));
      expect(new Set(contents).size).toBe(5);
    });

    it('computes the score of the report', async () => {
      await open('#/compare?pair=figure-20');
      const text = await page.getByText('SSIM computed here').textContent();
      const [here, reported] = (text?.match(/0\.\d{6}/g) ?? []).map(Number);
      expect(here).toBe(reported);
    });

    it('has a mode on every number key', async () => {
      await open('#/compare');
      await compared();
      const modes = page.getByRole('group', { name: 'How to compare' }).getByRole('button');
      const titles = await modes.allTextContents();
      expect(titles.map((title) => title.replace(/\d/, ''))).toEqual([
        'Row',
        'Side by side',
        'Slider',
        'Flicker',
        'Onion skin',
        'Difference',
        'SSIM map',
        'Levels',
      ]);
      for (const [index, title] of titles.entries()) {
        await page.keyboard.press(`${index + 1}`);
        await page.locator('[aria-pressed=true]', { hasText: title.slice(1) }).waitFor();
        expect(await page.locator('.stage canvas').count()).toBeGreaterThan(0);
      }
      expect(await page.locator('figcaption b').allTextContents()).toEqual(
        expect.arrayContaining([expect.stringMatching(/^level \d$/), 'output', 'truth']),
      );
    });

    it('flickers for as long as Space is held', async () => {
      await open('#/compare?mode=flicker');
      const pane = /^output and truth of/;
      await page.getByRole('img', { name: pane }).waitFor();
      await page.locator('figcaption', { hasText: 'output' }).waitFor();
      const before = await drawnPane(page, pane);
      await page.keyboard.down(' ');
      await page.locator('figcaption b', { hasText: 'truth' }).waitFor();
      const held = await paneContent(page, pane);
      await page.keyboard.up(' ');
      await page.locator('figcaption b', { hasText: 'output' }).waitFor();
      expect(held).not.toBe(before);
      expect(await paneContent(page, pane)).toBe(before);
    });

    it('flickers also after a click on a button, which Space then does not press', async () => {
      await open('#/compare');
      await compared();
      await page.getByRole('button', { name: 'Flicker' }).click();
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.getByRole('button', { name: 'Whole image, now at 150 %' }).waitFor();
      await page.keyboard.down(' ');
      await page.locator('figcaption b', { hasText: 'truth' }).waitFor();
      await page.keyboard.up(' ');
      await page.locator('figcaption b', { hasText: 'output' }).waitFor();
      await page.getByRole('button', { name: 'Whole image, now at 150 %' }).waitFor();
      // Who comes to a button by Tab presses it by Space.
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press(' ');
      await page.getByRole('button', { name: 'Whole image, now at 225 %' }).waitFor();
    });

    it('says that the pair of a link is gone', async () => {
      await open('#/compare?pair=figure-99');
      await page.getByText('There is no pair figure-99 in these results.').waitFor();
    });

    it.each([
      [1280, 900],
      [900, 1000],
      [390, 844],
    ])('never shows output and truth across a corner: %d x %d', async (width, height) => {
      await open('#/compare', { width, height });
      await compared();
      const boxOf = async (name: RegExp) => {
        const box = await page.getByRole('img', { name }).boundingBox();
        if (box === null) throw new Error(`${name} has no place.`);
        return box;
      };
      const [output, truth] = [await boxOf(/^output of/), await boxOf(/^truth of/)];
      expect(output.y === truth.y || output.x === truth.x).toBe(true);
    });

    it('keeps the chosen mode on a narrow screen, and its caption whole', async () => {
      await open('#/compare?mode=difference', { width: 390, height: 844 });
      await page.getByText('Mean difference').waitFor();
      const bar = await page.getByRole('group', { name: 'How to compare' }).boundingBox();
      const chosen = await page.locator('.modes [aria-pressed=true]').boundingBox();
      if (bar === null || chosen === null) throw new Error('The bar has no place.');
      expect(chosen.x).toBeGreaterThanOrEqual(bar.x - 1);
      expect(chosen.x + chosen.width).toBeLessThanOrEqual(bar.x + bar.width + 1);
      const captions = page.locator('figcaption');
      expect(
        await captions.evaluateAll((all) => all.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)),
      ).toEqual([0, 0, 0]);
      expect(await captions.getByRole('img', { name: /^Absolute difference/ }).isVisible()).toBe(true);
    });

    it('moves the slider and the onion skin by keys', async () => {
      await open('#/compare?mode=slider');
      const pane = /^output and truth of/;
      await page.getByRole('img', { name: pane }).waitFor();
      const before = await drawnPane(page, pane);
      for (let i = 0; i < 4; i++) await page.keyboard.press(']');
      await inAddress('split=0\\.7');
      expect(await paneContent(page, pane)).not.toBe(before);
      await page.keyboard.press('5');
      await page.keyboard.press('[');
      await inAddress('blend=0\\.45');
    });

    it('zooms all panes at once, and stays there while stepping', async () => {
      await open('#/compare?mode=side');
      const source = page.getByRole('img', { name: /^output of figure/ });
      await source.waitFor();
      const truth = await drawnPane(page, /^truth of/);
      await source.hover({ position: { x: 200, y: 200 } });
      await page.mouse.wheel(0, -480);
      await page.getByRole('button', { name: 'Whole image, now at 400 %' }).waitFor();
      expect(await paneContent(page, /^truth of/)).not.toBe(truth);
      await inAddress(/at=/);
      const at = /at=([^&]*)/.exec(page.url())?.[1];
      const first = await page.getByRole('heading', { level: 1 }).textContent();
      await page.keyboard.press('j');
      await page.waitForFunction((name) => document.querySelector('h1')?.textContent !== name, first);
      await inAddress('pair=');
      expect(/at=([^&]*)/.exec(page.url())?.[1]).toBe(at);
      await page.keyboard.press('0');
      await page.getByRole('button', { name: 'Whole image, now at 100 %' }).waitFor();
    });

    it('reads the pixel under the pointer in every pane', async () => {
      await open('#/compare');
      await compared();
      const pane = page.getByRole('img', { name: /^output of/ });
      const { width = 0, height = 0 } = (await pane.boundingBox()) ?? {};
      await pane.hover({ position: { x: width / 2 + 1, y: height / 2 + 1 } });
      await page.locator('.reading .at').waitFor();
      expect(await page.locator('.reading').textContent()).toMatch(
        /x 32 y 32\s*source \d+ \d+ \d+\s*output \d+ \d+ \d+\s*truth \d+ \d+ \d+\s*SSIM here [−-]?\d\.\d{4}/,
      );
    });
  });

  it('comes back from its address to the same pixels', async () => {
    await open('#/compare');
    await compared();
    for (const key of ['j', 'j', '6', '+', '+', 'x', 't', 't']) await page.keyboard.press(key);
    await inAddress(/theme=dark/);
    await drawnPane(page, /^absolute difference/);
    const [url, before] = [page.url(), await page.screenshot()];
    const again = await openPage(browser, url);
    await drawnPane(again.page, /^absolute difference/);
    // What else the page shows, fonts and maps, comes in its own time.
    let after = await again.page.screenshot();
    for (let looks = 1; looks < 50 && !after.equals(before); looks++) {
      await again.page.waitForTimeout(200);
      after = await again.page.screenshot();
    }
    await again.page.close();
    expect(url).toMatch(/mode=difference/);
    expect(after.equals(before)).toBe(true);
  });

  it('goes back as the browser goes back', async () => {
    await open('#/find');
    await results().first().click();
    await compared();
    await page.keyboard.press('r');
    await page.getByRole('heading', { name: 'Results' }).waitFor();
    await page.goBack();
    await compared();
    await page.goBack();
    await results().first().waitFor();
  });

  it('goes back to the address that was seen last, however quickly another view was opened', async () => {
    await open('#/find');
    await results().first().waitFor();
    // The metric waits to be written into the address when the view changes.
    await page.evaluate(() => {
      for (const key of ['s', 'c']) window.dispatchEvent(new KeyboardEvent('keydown', { key }));
    });
    await compared();
    await page.goBack();
    await results().first().waitFor();
    expect(page.url()).toContain('metric=l1');
  });

  it('shows no run when the last one is unticked', async () => {
    await open('#/runs');
    const boxes = page.getByRole('row').getByRole('checkbox');
    await boxes.first().click();
    await page.locator('tr.idle').waitFor();
    expect(await boxes.first().isChecked()).toBe(false);
    await boxes.first().click();
    await page.getByRole('row', { name: /sample-b/ }).waitFor();
  });

  it('says nothing of a link that compares a run with itself', async () => {
    await open('#/find?source=sample&against=sample');
    await page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().waitFor();
    expect(await page.getByText('as the link names it').count()).toBe(0);
    await open('#/find?source=sample&against=sample&againstEvaluation=gone');
    await page.getByText('Built-in sample has no evaluation gone to compare with, as the link names it.').waitFor();
  });

  it('says that what a link names is not here, until another is chosen', async () => {
    await open('#/find?source=gone&chart=regression&against=also-gone');
    await page.getByText('There is no run gone here, as the link names it. Shown instead: Built-in sample.').waitFor();
    await page.getByText('There is no run also-gone here to compare with').waitFor();
    await page.getByLabel('Run and evaluation').selectOption({ index: 1 });
    await page.getByLabel('against A').selectOption({ index: 1 });
    await page.getByRole('alert').first().waitFor({ state: 'detached' });
  });

  it('shows every number of the table on a phone', async () => {
    await open('#/runs', { width: 390, height: 844 });
    await page.getByRole('row', { name: /sample-b/ }).waitFor();
    const rights = await page
      .locator('td.number')
      .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().right));
    expect(rights.length).toBe(6);
    expect(Math.max(...rights)).toBeLessThanOrEqual(390);
    expect(await page.getByRole('row').count()).toBe(3);
  });

  it('leaves room for a name to filter by on a phone', async () => {
    await open('#/find', { width: 390, height: 844 });
    const field = await page.getByRole('searchbox').boundingBox();
    expect(field?.width).toBeGreaterThan(140);
  });

  it('shows all columns of the means beside the grid', async () => {
    await open('#/find', { width: 900, height: 1000 });
    await results().first().waitFor();
    const aside = page.getByRole('complementary', { name: 'Charts' });
    expect(await aside.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  });

  it('compares the evaluations in a table', async () => {
    await open('#/runs');
    await page.getByRole('row', { name: /sample-b/ }).waitFor();
    const row = page.getByRole('row', { name: /sample-b/ });
    expect(await row.textContent()).toMatch(/\+0\.0\d{3}/);
    expect(await page.locator('td.best').count()).toBe(2);
    await row.getByRole('link').first().click();
    await inAddress('/find.*order=regression');
  });

  it('tells its keys, and can do without single letters', async () => {
    await open('#/find');
    await results().first().waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keys' });
    await help.waitFor();
    expect(await help.locator('dt').count()).toBeGreaterThan(12);
    await help.getByLabel('Single letters are commands').uncheck();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    await page.keyboard.press('c');
    await page.keyboard.press('End');
    await page.locator('[role=option][aria-selected=true]').waitFor();
    expect(page.url()).not.toContain('/compare');
  });

  it.each([
    ['#/find', {}],
    ['#/find?chart=regression&order=regression', { dark: true }],
    ['#/find', { width: 390, height: 844 }],
    ['#/compare', {}],
    ['#/compare?mode=slider', { dark: true }],
    ['#/compare', { width: 390, height: 844, dark: true }],
    ['#/runs', {}],
    ['#/runs', { dark: true, width: 390, height: 844 }],
  ])('is accessible at %s %p', async (fragment, options) => {
    await open(fragment, options);
    await page.locator('main canvas, main table, [role=option]').first().waitFor();
    await page.waitForTimeout(300);
    expect(await seriousFindings(page)).toEqual([]);
    // Nothing wider than the screen.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
});
