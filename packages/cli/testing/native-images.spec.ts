// The native image path against the portable one: the same pixels as @ggb/core's decodeImage, the same scores as
// @ggb/metrics. Here, because only the command line depends on all three.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@ggb/core/node';
import { pairMetrics, protocolNames, protocols } from '@ggb/metrics';
import { decodeFile, imagesBackend, type NativePairRequest, scorePairFiles } from '@ggb/native-ops/images';
import sharp from 'sharp';
import { describeWhen } from '../../../tools/testing/skipping.ts';

const backend = imagesBackend();
const describeImages = describeWhen(backend.available, backend.available ? '' : backend.reason);

const folder = mkdtempSync(join(tmpdir(), 'native-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Odd, and above the window of 51 pixels of protocol gfla.
const [width, height] = [83, 61];

/** Smooth colours with edges and grain; the same for the same seed. */
function picture(seed: number): Buffer {
  const pixels = Buffer.alloc(3 * width * height);
  let state = seed;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    const shape = (x - 40) ** 2 + (y - 30 - seed) ** 2 < 400 ? 90 : 0;
    pixels[i] = (x + y * (c + 1) * 0.7 + shape + (state >>> 28) + 20 * seed) & 255;
  }
  return pixels;
}

const image = (seed: number) => sharp(picture(seed), { raw: { width, height, channels: 3 } });

/** Files as programs write them, by another encoder than that of the committed fixtures. */
async function encodings(): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const quality of [40, 92]) {
    for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
      for (const options of [{}, { progressive: true }, { mozjpeg: true }]) {
        const name = `${quality}-${chromaSubsampling.replaceAll(':', '')}-${Object.keys(options)}.jpg`;
        files[name] = await image(1)
          .jpeg({ quality, chromaSubsampling, ...options })
          .toBuffer();
      }
    }
  }
  for (const progressive of [false, true]) {
    const suffix = progressive ? '-interlaced.png' : '.png';
    files[`plain${suffix}`] = await image(1).png({ progressive, compressionLevel: 1 }).toBuffer();
    files[`adaptive${suffix}`] = await image(1).png({ progressive, adaptiveFiltering: true }).toBuffer();
    files[`alpha${suffix}`] = await image(1).ensureAlpha(0.4).png({ progressive, adaptiveFiltering: true }).toBuffer();
    files[`palette${suffix}`] = await image(1).png({ progressive, palette: true, colours: 200 }).toBuffer();
    files[`16-colours${suffix}`] = await image(1).png({ progressive, palette: true, colours: 16 }).toBuffer();
    files[`grey${suffix}`] = await image(1).greyscale().png({ progressive }).toBuffer();
    files[`16-bit${suffix}`] = await image(1).toColourspace('rgb16').png({ progressive }).toBuffer();
  }
  return files;
}

describeImages('decodeFile of @ggb/native-ops', () => {
  it('gives the pixels of decodeImage of @ggb/core, from files as sharp writes them', async () => {
    const files = await encodings();
    expect(Object.keys(files).length).toBeGreaterThan(20);
    for (const [name, bytes] of Object.entries(files)) {
      const file = join(folder, name);
      writeFileSync(file, bytes);
      const [native, portable] = [await decodeFile(file), await decodeImage(file)];
      expect([name, native.width, native.height]).toEqual([name, portable.width, portable.height]);
      // Buffers, because the comparison of large typed arrays takes a second each when they are equal.
      expect([name, Buffer.from(native.data).equals(Buffer.from(portable.data))]).toEqual([name, true]);
    }
  });

  it.each(['core', 'native-ops'])(
    'gives the pixels of decodeImage from every fixture that it takes: %s',
    async (name) => {
      const fixtures = join(__dirname, '..', '..', name, 'testing', 'decoded-by-pil');
      const left: string[] = [];
      for (const file of readdirSync(fixtures).filter((entry) => /\.(png|jpg)$/.test(entry))) {
        const native = await decodeFile(join(fixtures, file)).catch((error: { kind?: string }) => error.kind);
        if (typeof native !== 'object') {
          left.push(`${file}: ${native}`);
          continue;
        }
        const portable = await decodeImage(join(fixtures, file));
        expect([file, Buffer.from(native.data).equals(Buffer.from(portable.data))]).toEqual([file, true]);
      }
      // The second holds more data than its size needs, which libdeflate cannot skip.
      const expected = ['cmyk.jpg: unsupported-format', 'grey-4-bit.png: unsupported-format'];
      expect(left.sort()).toEqual(name === 'core' ? expected : []);
    },
  );
});

describeImages('scorePairFiles of @ggb/native-ops', () => {
  const supported = protocolNames.filter((name) => {
    const { channels, mask, downsample } = protocols[name];
    return channels === 'rgb-mean' && mask === 'none' && downsample === 'none';
  });

  it('is held against more than half a dozen protocols', () => {
    expect(supported.length).toBeGreaterThan(6);
  });

  it.each(supported)('gives the numbers of @ggb/metrics by protocol %s', async (name) => {
    const protocol = protocols[name];
    const paths = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const file = join(folder, `picture-${seed}.png`);
        await image(seed).png().toFile(file);
        return file;
      }),
    );
    const pairs = paths.flatMap((real) => paths.map((generated) => ({ real, generated })));
    const request: NativePairRequest = { ...protocol, metrics: ['ssim', 'psnr', 'l1'] };
    const results = await scorePairFiles(pairs, request);
    for (const [index, { real, generated }] of pairs.entries()) {
      const result = results[index];
      if (result === undefined || 'problem' in result) throw new Error(JSON.stringify(result));
      const decoded = { real: await decodeImage(real), generated: await decodeImage(generated) };
      const expected = (metric: 'ssim' | 'psnr' | 'l1') => pairMetrics[metric].compute(decoded, protocol);
      // The kernel's promise against float64.
      expect(Math.abs((result.values.ssim as number) - expected('ssim'))).toBeLessThanOrEqual(1e-6);
      expect(result.values.l1).toBe(expected('l1'));
      // The same formula on the same integers; log10 of two libraries may differ in the last bit, 1e-14 of 100 dB.
      if (real === generated) expect(result.values.psnr).toBe(Number.POSITIVE_INFINITY);
      else expect(Math.abs((result.values.psnr as number) - expected('psnr'))).toBeLessThan(1e-11);
    }
  });
});
