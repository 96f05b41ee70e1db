import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type SsimProtocol, ssim, ssimProtocols } from '@ggb/metrics';
import { scoreImages } from '@ggb/native-ops/node';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { browserAdvice, findBrowser } from '../../tools/bootstrap/browser.mjs';
import { describeWhen } from '../../tools/testing/skipping.ts';

const executablePath = findBrowser();

// A browser on a busy machine takes its time.
jest.setTimeout(60_000);

const page = `
  import { SimilarityModule, similarityModuleHash } from '@ggb/native-ops/wasm';
  globalThis.scoreInPage = async (a, b, width, height, settings) => {
    const module = await SimilarityModule.load();
    const image = (data) => ({ data: Uint8Array.from(data), width, height });
    const { mean, map } = module.score(image(a), image(b), settings, { map: true });
    return { mean, map: [...map], hash: similarityModuleHash };
  };
`;

describeWhen(executablePath !== undefined, executablePath === undefined ? browserAdvice() : '')(
  'the SSIM kernels in a page that was opened from a file',
  () => {
    let folder: string;
    let browser: Browser;
    let opened: Page;
    const requests: string[] = [];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ggb-similarity-page-'));
      const { outputFiles } = await build({
        stdin: { contents: page, resolveDir: __dirname },
        bundle: true,
        format: 'iife',
        platform: 'browser',
        write: false,
      });
      writeFileSync(
        join(folder, 'index.html'),
        `<!doctype html><meta charset="utf-8"><script>${outputFiles[0]?.text}</script>`,
      );
      browser = await chromium.launch({ executablePath: executablePath as string });
      opened = await browser.newPage();
      opened.on('request', (request) => requests.push(request.url()));
      await opened.goto(pathToFileURL(join(folder, 'index.html')).href);
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each([
      ['tf', ssimProtocols.tf, 1e-6],
      // Integers up to the last division, in one order everywhere.
      ['ggb', ssimProtocols.ggb, 0],
    ] as [string, SsimProtocol, number][])(
      'give the numbers of the addon, protocol %s',
      async (_name, protocol, tolerance) => {
        const [width, height] = [61, 43];
        const pixels = (f: (x: number, y: number, c: number) => number) =>
          Uint8Array.from({ length: width * height * 3 }, (_, i) =>
            f(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
          );
        const a = pixels((x, y, c) => (x * 5 + y * 3 + c * 40 + ((x * y) % 7)) % 256);
        const b = pixels((x, y, c) => (x * 5 + y * 2 + c * 40) % 256);
        const received = await opened.evaluate(
          ([first, second, w, h, settings]) =>
            (
              globalThis as unknown as {
                scoreInPage(...args: unknown[]): Promise<{ mean: number; map: number[]; hash: string }>;
              }
            ).scoreInPage(first, second, w, h, settings),
          [[...a], [...b], width, height, { ...protocol }] as const,
        );
        const image = (data: Uint8Array) => ({ data, width, height });
        const native = scoreImages(image(a), image(b), { ...protocol, dataRange: 255 }, { map: true });
        expect(Math.abs(received.mean - native.mean)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(received.mean - ssim(image(a), image(b), protocol))).toBeLessThan(1e-6);
        // Or two flat maps would do.
        expect(new Set(received.map).size).toBeGreaterThan(100);
        expect(received.map).toBeAllClose(native.map as Float32Array, { absolute: 10 * tolerance });
      },
    );

    it('ask nobody for anything', () => {
      expect(requests).toEqual([pathToFileURL(join(folder, 'index.html')).href]);
    });
  },
);
