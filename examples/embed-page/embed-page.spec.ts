import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Synthesizer } from '@ggb/core';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { browserAdvice, findBrowser } from '../../tools/bootstrap/browser.mjs';
import { describeWhen } from '../../tools/testing/skipping.ts';
import { makeRandomModel, type RandomModel } from '../testing/random-model.ts';
import { serve } from './serve.mjs';

const executablePath = findBrowser();

// The wasm kernels sum float32 in another order than TF.js's plain ones: a byte may fall on the other side of a half.
const tolerance = 1;

// A browser on a busy machine takes its time.
jest.setTimeout(60_000);

describeWhen(executablePath !== undefined, executablePath === undefined ? browserAdvice() : '')(
  'examples/embed-page',
  () => {
    let model: RandomModel;
    let server: Awaited<ReturnType<typeof serve>>;
    let browser: Browser;
    let page: Page;
    const requests: string[] = [];
    const complaints: string[] = [];

    beforeAll(async () => {
      model = await makeRandomModel();
      const out = join(model.folder, 'site');
      const build = spawnSync(process.execPath, [join(__dirname, 'build.mjs'), ...model.options, '--out', out], {
        encoding: 'utf8',
      });
      expect([build.stderr, build.status]).toEqual(['', 0]);
      server = await serve(out);
      browser = await chromium.launch({
        executablePath: executablePath as string,
        // Nothing but this machine has a name, whoever in the browser asks.
        args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
      });
      page = await browser.newPage();
      page.on('request', (request) => requests.push(request.url()));
      page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() !== 'log' && message.type() !== 'info') complaints.push(message.text());
      });
      await page.goto(server.url);
      await waitUntilDrawn();
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      server?.close();
      if (model !== undefined) rmSync(model.folder, { recursive: true });
    });

    async function waitUntilDrawn() {
      await page.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('drawn'), null, {
        timeout: 60_000,
      });
    }

    async function pixelsOf(id: string): Promise<number[]> {
      const url = await page.evaluate(
        (canvas) => (document.getElementById(canvas) as HTMLCanvasElement).toDataURL(),
        id,
      );
      return Array.from(
        await sharp(Buffer.from(url.split(',')[1] ?? '', 'base64'))
          .ensureAlpha()
          .raw()
          .toBuffer(),
      );
    }

    async function drawnInNode(keypoints: RandomModel['keypoints'][number] | undefined) {
      const synthesizer = await Synthesizer.load(model.checkpoint);
      const { data } = await synthesizer.synthesize({ image: model.picture, keypoints: keypoints as [] });
      synthesizer.dispose();
      return data;
    }

    it('gives the model the very bytes of the picture', async () => {
      const rgba = Array.from({ length: 16 * 16 * 4 }, (_, i) =>
        i % 4 === 3 ? 255 : model.picture.data[((i / 4) | 0) * 3 + (i % 4)],
      );
      expect(await pixelsOf('source')).toEqual(rgba);
    });

    it('draws what Node draws', async () => {
      const expected = await drawnInNode(model.keypoints[0]);
      // Or two black pictures would do.
      expect(new Set(expected).size).toBeGreaterThan(50);
      expect(await pixelsOf('output')).toBeAllClose(expected, { absolute: tolerance });
      expect(await page.textContent('#status')).toMatch(/16 pixels, \d+ weights, on wasm$/);
    });

    it('draws another pose when the slider moves, without the network', async () => {
      const before = await pixelsOf('output');
      await page.context().setOffline(true);
      await page.fill('#pose', '1');
      await waitUntilDrawn();
      const drawn = await pixelsOf('output');
      expect(drawn).not.toEqual(before);
      expect(drawn).toBeAllClose(await drawnInNode(model.keypoints[1]), { absolute: tolerance });
      expect(await page.textContent('#name')).toBe('pose 1');
    });

    it('asks nobody but the server it came from, and complains about nothing', () => {
      const files = requests.map((url) => new URL(url)).filter(({ protocol }) => protocol !== 'data:');
      expect(new Set(files.map(({ origin }) => `${origin}/`))).toEqual(new Set([server.url]));
      expect(files.map(({ pathname }) => pathname)).toContain('/tfjs-backend-wasm-simd.wasm');
      expect(complaints).toEqual([]);
    });
  },
);
