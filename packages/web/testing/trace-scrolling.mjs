// How smoothly 20,000 results scroll, and how soon the first are seen:
//   npx nx run web:trace-scrolling -- [count] [--json FILE]
// Prints JSON, and writes it for bench/results. No test:
// a busy machine drops frames that an idle one does not.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { browserAdvice, findBrowser } from '../../../tools/bootstrap/browser.mjs';
import { writeLargeEvaluation } from './large-evaluation.mjs';

const { values: options, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const count = Number(positionals[0] ?? 20_000);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const executablePath = findBrowser();
if (executablePath === undefined) throw new Error(browserAdvice());

const folder = mkdtempSync(join(tmpdir(), 'trace-scrolling-'));
const run = await writeLargeEvaluation(folder, count);
const start = performance.now();
const server = spawn(process.execPath, [join(root, 'packages', 'cli', 'bin', 'ggb.mjs'), 'view', run, '--no-open'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath });
try {
  const { value: url } = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
  const serving = performance.now() - start;
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const opening = performance.now();
  await page.goto(url);
  const grid = page.getByRole('listbox', { name: 'Results' });
  await grid.getByRole('option').first().waitFor();
  const firstResults = performance.now() - opening;
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name, duration }) => name.includes('/thumbs/') && duration > 0),
  );
  const firstPicture = performance.now() - opening;
  await page.waitForTimeout(2000);
  await grid.hover();
  const session = await page.context().newCDPSession(page);
  await page.evaluate(() => {
    const frames = /** @type {number[]} */ ([]);
    const long = /** @type {number[]} */ ([]);
    new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    });
    const tick = (/** @type {number} */ time) => {
      frames.push(time);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(globalThis, { frames, long });
  });
  for (let i = 0; i < 120; i++) {
    // As a hand turns the wheel: 60 notches a second down, the last third in large leaps.
    await session.send('Input.dispatchMouseEvent', {
      type: 'mouseWheel',
      x: 500,
      y: 500,
      deltaX: 0,
      deltaY: i < 80 ? 120 : 4000,
    });
    await page.waitForTimeout(16);
  }
  await page.waitForTimeout(300);
  const { frames, long, scrolled } = await page
    .evaluate(() => ({
      .../** @type {{ frames: number[], long: number[] }} */ (/** @type {unknown} */ (globalThis)),
      scrolled: document.querySelector('[role=listbox]')?.scrollTop,
    }))
    .then(({ frames, long, scrolled }) => ({ frames, long, scrolled }));
  const times = frames
    .slice(1)
    .map((time, i) => time - /** @type {number} */ (frames[i]))
    .sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  const round = (/** @type {number | undefined} */ value) => Math.round(10 * (value ?? 0)) / 10;
  const report = {
    name: 'trace-scrolling',
    command: 'npx nx run web:trace-scrolling',
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, system: `${process.platform} ${process.arch}` },
    versions: { node: process.versions.node, chromium: browser.version() },
    results: count,
    ms: {
      untilServing: round(serving),
      untilFirstResults: round(firstResults),
      untilFirstPicture: round(firstPicture),
    },
    frames: {
      count: times.length,
      medianMs: round(at(0.5)),
      p99Ms: round(at(0.99)),
      longestMs: round(times.at(-1)),
      over50Ms: times.filter((ms) => ms > 50).length,
    },
    longTasks: { count: long.length, longestMs: round(Math.max(0, ...long)) },
    scrolledPixels: scrolled,
  };
  console.log(JSON.stringify(report, null, 2));
  // npx runs this inside the package; a path is meant where the command was typed.
  if (options.json !== undefined) {
    const file = resolve(process.env.INIT_CWD ?? process.cwd(), options.json);
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  }
} finally {
  await browser.close();
  server.kill('SIGTERM');
  rmSync(folder, { recursive: true });
}
