// The README's two pictures of the viewer, from the demo's run of drawn figures:
//   npx nx run web:take-pictures --args=RUN, by default demo/00001/run
// Needs `npm run demo` before, and Chromium. What they show follows from the run; that the page can show it, from the specs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { browserAdvice, findBrowser } from '../../../tools/bootstrap/browser.mjs';

/** sharp belongs to the command line; the page does without it. */
const sharp = createRequire(new URL('../../cli/package.json', import.meta.url))('sharp');

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = process.argv[2] ?? join(root, 'demo', '00001', 'run');
const folder = join(root, 'docs', 'pictures');

const executablePath = findBrowser();
if (executablePath === undefined) throw new Error(browserAdvice());
if (!existsSync(run)) throw new Error(`${run} is not there. Run: npm run demo`);

const server = spawn(process.execPath, [join(root, 'packages', 'cli', 'bin', 'ggb.mjs'), 'view', run, '--no-open'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath });
try {
  const [url] = await Promise.race([
    createInterface({ input: server.stdout })
      [Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value]),
    new Promise((_, reject) => server.once('exit', () => reject(new Error('ggb view ended.')))),
  ]);
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1 });
  await page.goto(`${url}#/find?chart=pose`);
  await page.getByRole('option').first().waitFor();
  await page.waitForLoadState('networkidle').catch(() => {});
  await settled(page);
  await save(page, 'viewer-find.png');
  await page.goto(`${url}#/compare`);
  await page.reload();
  await page.getByText('SSIM computed here').waitFor();
  await settled(page);
  await save(page, 'viewer-compare.png');
} finally {
  await browser.close();
  server.kill('SIGTERM');
}

/** With 256 colours a third of the bytes, and nothing that anyone would see. */
async function save(/** @type {import('playwright-core').Page} */ page, /** @type {string} */ name) {
  await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toFile(join(folder, name));
}

/** @param {import('playwright-core').Page} page */
async function settled(page) {
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
  await page.waitForTimeout(500);
}
