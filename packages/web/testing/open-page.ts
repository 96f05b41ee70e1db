/// <reference lib="dom" />
// The built page in a real browser, for specs here and in the CLI: what it asked for and complained about is kept.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../../tools/bootstrap/browser.mjs';

export const builtPage = join(__dirname, '..', 'dist', 'app', 'index.html');
export const builtPageUrl = pathToFileURL(builtPage).href;

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findBrowser() as string,
    // Nothing but this machine has a name, whoever in the browser asks.
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** Addresses that are neither data: nor blob:. */
  readonly requests: string[];
  /** Errors, warnings and requests that failed. */
  readonly complaints: string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<OpenedPage> {
  const { width = 1280, height = 800, dark = false } = options;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  // Long enough for a busy machine, short enough to say what is missing before the test runs out of time.
  page.setDefaultTimeout(60_000);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url())) requests.push(request.url());
  });
  page.on('requestfailed', (request) => {
    // Thumbnails that are scrolled away are not waited for; neither is the event stream of a page that goes.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()}`);
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, requests, complaints };
}

const axeSource = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds serious or worse, one line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // As a program of the debugger: the page's policy would refuse a script element.
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
        }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
      );
  });
}

/** The pixels of a pane, as a text that tells pictures apart. */
export async function paneContent(page: Page, label: RegExp): Promise<string> {
  return page.getByRole('img', { name: label }).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** The same once the pane shows a picture, of more than one colour, that has been the same at two looks. */
export async function drawnPane(page: Page, label: RegExp): Promise<string> {
  const look = () =>
    page.getByRole('img', { name: label }).evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      if (copy === null || canvas.width === 0 || canvas.height === 0) return undefined;
      copy.drawImage(canvas, 0, 0);
      const colours = new Set(new Uint32Array(copy.getImageData(0, 0, canvas.width, canvas.height).data.buffer));
      return colours.size > 2 ? canvas.toDataURL() : undefined;
    });
  for (let before = await look(); ; ) {
    await page.waitForTimeout(100);
    const now = await look();
    if (now !== undefined && now === before) return now;
    before = now;
  }
}
