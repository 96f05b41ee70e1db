import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { describeWhen, itWhen } from '../../../../tools/testing/skipping.ts';
import { BackendUnavailableError } from '../backend/errors.ts';
import { InvalidArgumentError } from '../ops/invalid-argument-error.ts';
import {
  decodeFile,
  ImageFileError,
  imagesBackend,
  type NativePairRequest,
  type NativePairResult,
  scorePairFiles,
} from './images.ts';
import { loadImagesAddon } from './images-addon.ts';

const backend = imagesBackend();
const describeImages = describeWhen(backend.available, backend.available ? '' : backend.reason);

const fixtures = join(__dirname, '..', '..', 'testing', 'decoded-by-pil');
const golden: { files: Record<string, { width: number; height: number; rgb: string }> } = JSON.parse(
  readFileSync(join(fixtures, 'pil.golden.json'), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'native-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string) => join(folder, name);

function chunk(kind: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(kind), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, check]);
}

interface PngParts {
  readonly width: number;
  readonly height: number;
  /** Filtered rows of 8-bit RGB. */
  readonly rows: Buffer;
  readonly extra?: readonly Buffer[];
}

function png({ width, height, rows, extra = [] }: PngParts): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Writes a PNG of which `value` says every byte. */
function writePng(
  name: string,
  width: number,
  height: number,
  value: (x: number, y: number, c: number) => number,
): string {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0, at = 0; y < height; y++) {
    at++;
    for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) rows[at++] = value(x, y, c);
  }
  writeFileSync(inFolder(name), png({ width, height, rows }));
  return inFolder(name);
}

const flat = (value: number, size = 16) => writePng(`flat-${value}-${size}.png`, size, size, () => value);
const noise = (seed: number, width = 40, height = 32) =>
  writePng(
    `noise-${seed}-${width}x${height}.png`,
    width,
    height,
    (x, y, c) => (Math.imul(x + 57 * y + 971 * c + seed, 2654435761) >>> 13) & 255,
  );

const ssimOnly: NativePairRequest = {
  window: { kind: 'gaussian', size: 11, sigma: 1.5 },
  statistics: 'population',
  k1: 0.01,
  k2: 0.03,
  dataRange: 255,
  scale: 255,
  metrics: ['ssim'],
};
const everything: NativePairRequest = { ...ssimOnly, metrics: ['ssim', 'psnr', 'l1'] };

async function score(real: string, generated: string, request = everything): Promise<NativePairResult> {
  const [result] = await scorePairFiles([{ real, generated }], request);
  return result as NativePairResult;
}

async function valuesOf(real: string, generated: string, request = everything): Promise<Record<string, number>> {
  const result = await score(real, generated, request);
  if ('problem' in result) throw new Error(`${result.problem.side}: ${result.problem.message}`);
  return result.values as Record<string, number>;
}

async function problemOf(path: string): Promise<{ kind: string; received: string }> {
  const error = await decodeFile(path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ImageFileError);
  const { kind, received } = error as ImageFileError;
  return { kind, received };
}

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(inFolder(name), bytes);
  return inFolder(name);
}

describeImages('decodeFile', () => {
  it.each(Object.keys(golden.files))("gives the pixels of Pillow's convert('RGB'): %s", async (name) => {
    const { data, width, height } = await decodeFile(join(fixtures, name));
    const expected = golden.files[name];
    expect({ width, height }).toEqual({ width: expected?.width, height: expected?.height });
    expect(data).toEqual(new Uint8Array(inflateSync(Buffer.from(expected?.rgb as string, 'base64'))));
  });

  it('goes by the content of a file, not by its name', async () => {
    copyFileSync(join(fixtures, '420-90.jpg'), inFolder('really-jpeg.png'));
    expect((await decodeFile(inFolder('really-jpeg.png'))).width).toBe(golden.files['420-90.jpg']?.width);
  });

  it('reads names in any script, and in both ways to write an accent', async () => {
    for (const name of ['ポーズ 1.png', 'cafe\u0301.png', 'caf\u00e9.png', '🧍.png']) {
      copyFileSync(join(fixtures, 'rgb-8.png'), inFolder(name));
      expect((await decodeFile(inFolder(name))).height).toBe(golden.files['rgb-8.png']?.height);
    }
  });

  // Every length: what is missing may be a header, a checksum, the last row or the mark of the end.
  it.each(['rgb-8.png', 'palette-4-interlaced.png', '420-30.jpg', '420-30-progressive.jpg'])(
    'refuses every beginning of a file: %s',
    async (name) => {
      const bytes = readFileSync(join(fixtures, name));
      const file = written(`beginning-${name}`, bytes);
      for (let length = bytes.length - 1; length >= 0; length--) {
        truncateSync(file, length);
        const { kind } = await problemOf(file);
        const expected = length === 0 ? ['empty'] : length < 4 ? ['unsupported-format', 'truncated'] : ['truncated'];
        expect([length, expected.includes(kind) ? 'as expected' : kind]).toEqual([length, 'as expected']);
      }
    },
  );

  it('refuses every changed byte of what makes a PNG, by its checksums', async () => {
    const bytes = readFileSync(join(fixtures, 'rgb-8-3x2.png'));
    for (let at = 8; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x10;
      const { kind } = await problemOf(written('changed.png', changed));
      // A length that is changed leads beyond the end of the file, anything else to a wrong checksum.
      expect([at, kind]).toEqual([at, expect.stringMatching(/^(corrupt|truncated)$/)]);
    }
  });

  it('refuses more than 100 megapixels, and what its data cannot fill, by the header', async () => {
    const rows = Buffer.alloc(10);
    expect(await problemOf(written('huge.png', png({ width: 20_000, height: 5_001, rows })))).toEqual({
      kind: 'too-large',
      received: '20000 x 5001 pixels, expected at most 100 megapixels',
    });
    expect((await problemOf(written('bomb.png', png({ width: 2 ** 32 - 1, height: 2 ** 32 - 1, rows })))).kind).toBe(
      'too-large',
    );
    const before = process.memoryUsage().rss;
    expect((await problemOf(written('hollow.png', png({ width: 10_000, height: 10_000, rows })))).kind).toBe(
      'truncated',
    );
    // 300 MB would have been the picture.
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('inflates no more than the size in the header needs', async () => {
    const bomb = png({ width: 1, height: 1, rows: Buffer.alloc(50_000_000) });
    expect(await problemOf(written('surplus.png', bomb))).toEqual({
      kind: 'unsupported-format',
      received: 'a PNG with more data than its size needs',
    });
  });

  it('leaves to other decoders what it does not surely decode as Pillow does', async () => {
    const core = join(__dirname, '..', '..', '..', 'core', 'testing', 'decoded-by-pil');
    for (const name of ['cmyk.jpg', 'animated.gif', 'lossless.webp', 'rgb.tiff']) {
      expect([name, (await problemOf(join(core, name))).kind]).toEqual([name, 'unsupported-format']);
    }
    const rows = Buffer.from([0, 1, 2, 3]);
    const animated = png({ width: 1, height: 1, rows, extra: [chunk('acTL', Buffer.alloc(8))] });
    expect((await problemOf(written('animated.png', animated))).received).toBe('an animated PNG');
    const unknown = png({ width: 1, height: 1, rows, extra: [chunk('CgBI', Buffer.alloc(4))] });
    expect((await problemOf(written('apple.png', unknown))).kind).toBe('unsupported-format');
    expect((await problemOf(written('text.png', Buffer.from('hello, world')))).kind).toBe('unsupported-format');
  });

  it('says what is there instead of a file', async () => {
    symlinkSync(inFolder('loop.png'), inFolder('loop.png'));
    mkdirSync(inFolder('folder.png'));
    spawnSync('mkfifo', [inFolder('pipe.png')]);
    expect(await problemOf(inFolder('none.png'))).toEqual({ kind: 'missing', received: 'nothing there' });
    expect(await problemOf(inFolder('folder.png'))).toEqual({ kind: 'unreadable', received: 'a folder' });
    expect((await problemOf(inFolder('loop.png'))).received).toBe('a symbolic link that leads to itself');
    // Nobody writes into it: opening it in the usual way would wait for ever.
    expect((await problemOf(inFolder('pipe.png'))).received).toBe('no regular file');
    expect((await problemOf('/dev/zero')).received).toBe('no regular file');
  });

  itWhen(process.getuid?.() !== 0, 'root may read everything')('says that a file may not be read', async () => {
    const file = flat(1);
    chmodSync(file, 0);
    expect((await problemOf(file)).received).toBe('a file without read permission');
  });

  it('names the file in its message', async () => {
    await expect(decodeFile(inFolder('none.png'))).rejects.toThrow(
      `${inFolder('none.png')}: expected a JPEG or PNG image, received nothing there [missing].`,
    );
  });
});

describeImages('scorePairFiles', () => {
  it('scores equal images with the best there is', async () => {
    expect(await valuesOf(noise(1), noise(1))).toEqual({ ssim: 1, psnr: Number.POSITIVE_INFINITY, l1: 0 });
  });

  it('computes L1 and PSNR of two flat images as by hand, and SSIM as its luminance term', async () => {
    const { ssim, psnr, l1 } = await valuesOf(flat(100), flat(150));
    expect(l1).toBe(50);
    expect(psnr).toBeCloseTo(20 * Math.log10(255 / 50), 12);
    const c1 = (0.01 * 255) ** 2;
    // 1e-6 is what the kernel promises against float64.
    expect(Math.abs((ssim as number) - (2 * 100 * 150 + c1) / (100 ** 2 + 150 ** 2 + c1))).toBeLessThan(1e-6);
  });

  it('gives only what was asked for', async () => {
    expect(Object.keys(await valuesOf(noise(1), noise(2), { ...everything, metrics: ['l1'] }))).toEqual(['l1']);
  });

  it('gives the same bits whatever the threads, the order and the number of pairs in a call', async () => {
    const names = Object.keys(golden.files).filter((name) =>
      /^(rgb(-alpha)?-8-filter|4[0-9-]+(-progressive)?\.jpg)/.test(name),
    );
    const pairs = names.flatMap((real) => names.map((generated) => ({ real, generated })));
    const paths = pairs.map((pair) => ({ real: join(fixtures, pair.real), generated: join(fixtures, pair.generated) }));
    const whole = await scorePairFiles(paths, { ...everything, threads: 1 });
    expect(whole.filter((result) => 'values' in result).length).toBeGreaterThan(200);
    expect(await scorePairFiles(paths, { ...everything, threads: 7 })).toEqual(whole);
    const reversed = await scorePairFiles([...paths].reverse(), everything);
    expect([...reversed].reverse()).toEqual(whole);
    // Several calls in flight, as the evaluator has them.
    const batches = Array.from({ length: Math.ceil(paths.length / 13) }, (_, i) => paths.slice(13 * i, 13 * (i + 1)));
    expect((await Promise.all(batches.map((batch) => scorePairFiles(batch, everything)))).flat()).toEqual(whole);
  });

  it('decodes a real image once for all of its pairs in a call, wherever they stand', async () => {
    const reals = Array.from({ length: 80 }, (_, i) => noise(1000 + i, 12, 12));
    const pairs = Array.from({ length: 400 }, (_, i) => ({
      real: reals[i % 80] as string,
      generated: noise(2, 12, 12),
    }));
    const before = loadImagesAddon().statistics().decodedRealImages;
    await scorePairFiles(pairs, ssimOnly);
    const decoded = loadImagesAddon().statistics().decodedRealImages - before;
    expect(decoded).toBeGreaterThanOrEqual(80);
    // 400 without the cache. A thread that was stopped while the other went through the 32 images that are kept decodes its
    // image again; on a busy machine that happens.
    expect(decoded).toBeLessThan(100);
  });

  it('remembers the last real images over calls', async () => {
    const real = noise(3000, 12, 12);
    await score(real, noise(2, 12, 12));
    const before = loadImagesAddon().statistics().decodedRealImages;
    await score(real, noise(4, 12, 12));
    expect(loadImagesAddon().statistics().decodedRealImages).toBe(before);
  });

  it('sees a real image that was replaced under the same name', async () => {
    const file = inFolder('replaced.png');
    copyFileSync(flat(100), file);
    expect((await valuesOf(file, flat(100))).l1).toBe(0);
    copyFileSync(flat(150), file);
    expect((await valuesOf(file, flat(100))).l1).toBe(50);
  });

  it('scores padded images as images that were drawn with the padding', async () => {
    const value = (seed: number) => (x: number, y: number, c: number) =>
      (Math.imul(x + 31 * y + 7 * c + seed, 2654435761) >>> 11) & 255;
    const padded = (seed: number) => (x: number, y: number, c: number) =>
      x < 5 || x >= 25 ? 255 : value(seed)(x - 5, y, c);
    const request: NativePairRequest = { ...everything, dataRange: 'generated-range' };
    const expected = await valuesOf(
      writePng('padded-1.png', 28, 18, padded(1)),
      writePng('padded-2.png', 28, 18, padded(2)),
      request,
    );
    const [real, generated] = [writePng('bare-1.png', 20, 18, value(1)), writePng('bare-2.png', 20, 18, value(2))];
    const padding = { left: 5, right: 3, value: 255 };
    expect(await valuesOf(real, generated, { ...request, padding })).toEqual(expected);
  });

  it('takes the data range from the real or the generated image of each pair', async () => {
    const real = writePng('range-real.png', 20, 20, (x, y) => 40 + ((x * y) % 101));
    const generated = writePng('range-generated.png', 20, 20, (x, y) => 30 + ((x + y * y) % 61));
    const of = (dataRange: NativePairRequest['dataRange']) => valuesOf(real, generated, { ...everything, dataRange });
    expect(await of('real-range')).toEqual(await of(100));
    expect((await of('generated-range')).ssim).toBe((await of(60)).ssim);
    // The programs that take SSIM's range from the generated image compute PSNR with white.
    expect((await of('generated-range')).psnr).toBe((await of(255)).psnr);
  });

  it('does not change its numbers with the scale', async () => {
    const unit: NativePairRequest = { ...everything, dataRange: 1, scale: 1 };
    expect(await valuesOf(noise(1), noise(2), unit)).toEqual(await valuesOf(noise(1), noise(2)));
  });

  it('says for each pair what is wrong with it, and on which side, and scores the others', async () => {
    const good = noise(5);
    const results = await scorePairFiles(
      [
        { real: good, generated: noise(6) },
        { real: inFolder('none.png'), generated: good },
        { real: good, generated: inFolder('none.png') },
        { real: good, generated: noise(6, 40, 31) },
        { real: noise(7, 10, 40), generated: noise(8, 10, 40) },
        { real: good, generated: written('text.jpg', Buffer.from('hello, world')) },
        { real: good, generated: noise(9) },
      ],
      ssimOnly,
    );
    const problems = results.map((result) =>
      'problem' in result ? `${result.problem.side} ${result.problem.kind}` : 'scored',
    );
    expect(problems).toEqual([
      'scored',
      'real missing',
      'generated missing',
      'generated size-mismatch',
      'real too-small',
      'generated unsupported-format',
      'scored',
    ]);
    expect(results[3]).toMatchObject({ problem: { message: '40 x 31 pixels, the real image has 40 x 32' } });
  });

  it('refuses an image of one value where the range is taken from it', async () => {
    const result = await score(noise(1, 16, 16), flat(7), { ...ssimOnly, dataRange: 'generated-range' });
    expect(result).toMatchObject({ problem: { side: 'generated', kind: 'no-range' } });
  });

  it('scores no pairs as no results', async () => {
    expect(await scorePairFiles([], ssimOnly)).toEqual([]);
  });

  it('stops soon when it is aborted, with the reason of the signal', async () => {
    const pair = { real: noise(1, 400, 300), generated: noise(2, 400, 300) };
    const pairs = Array.from({ length: 20_000 }, () => pair);
    const controller = new AbortController();
    const scoring = scorePairFiles(pairs, ssimOnly, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const start = performance.now();
    await expect(scoring).rejects.toThrow('enough');
    // All of them take more than a minute; one takes milliseconds.
    expect(performance.now() - start).toBeLessThan(5_000);
    await expect(scorePairFiles(pairs, ssimOnly, controller.signal)).rejects.toThrow('enough');
    // The next call is not held up by what was left.
    await score(noise(1), noise(2));
  });

  it.each([
    ['threads', { threads: 0 }],
    ['window.size', { window: { kind: 'uniform', size: 8 } }],
    ['window.sigma', { window: { kind: 'gaussian', size: 11, sigma: 0 } }],
    ['dataRange', { dataRange: 0 }],
    ['padding.left', { padding: { left: -1, right: 0, value: 0 } }],
    ['metrics', { metrics: [] }],
  ] as [string, Partial<NativePairRequest>][])(
    'refuses a request that cannot be computed: %s',
    async (argument, wrong) => {
      const error = await scorePairFiles([], { ...ssimOnly, ...wrong }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(error).toMatchObject({ argument });
    },
  );

  it.each([
    ['the program exits', 'process.exit(0);'],
    [
      'its worker is terminated',
      `const { Worker } = require('node:worker_threads');
       const worker = new Worker(work + 'require("node:worker_threads").parentPort.postMessage(0); setInterval(() => {}, 1000);', { eval: true });
       worker.on('message', () => worker.terminate());`,
    ],
  ])('ends its threads when %s while it scores', (_, end) => {
    const work = `const addon = require(${JSON.stringify(addonFile)});
      const paths = Array.from({ length: 40000 }, () => ${JSON.stringify(noise(1))});
      addon.scorePairFiles(paths, Float64Array.of(1, 11, 1.5, 0, 0.01, 0.03, 0, 255, 0, 0, 0, 1, 0, 0), 2);`;
    const program = `const work = ${JSON.stringify(work)}; eval(work); setTimeout(() => {}, 50); ${end}`;
    const isWorker = end.includes('Worker');
    const { status, stderr } = spawnSync(
      process.execPath,
      ['-e', isWorker ? program.replace('eval(work);', '') : program],
      {
        encoding: 'utf8',
        timeout: 20_000,
      },
    );
    expect([status, stderr]).toEqual([0, '']);
  });
});

const addonFile =
  process.env.GGB_NATIVE_IMAGES_ADDON || join(__dirname, '..', '..', 'build', 'Release', 'native_images.node');

describeImages('imagesBackend', () => {
  it('names the libraries and the threads', () => {
    expect(backend).toEqual({
      available: true,
      libraries: [expect.stringMatching(/^libjpeg-turbo \d/), expect.stringMatching(/^libdeflate \d/)],
      threads: expect.any(Number),
    });
  });
});

describe('an image addon that cannot be loaded', () => {
  const unavailable = (path: string, ownBuild?: string): BackendUnavailableError => {
    try {
      loadImagesAddon(path, ownBuild);
    } catch (error) {
      if (error instanceof BackendUnavailableError) return error;
    }
    throw new Error(`${path} was loaded`);
  };

  it('is named with what to do: a file that is not there, one that is no addon, the addon of the engine', () => {
    expect(unavailable('/none/native_images.node').message).toContain('GGB_NATIVE_IMAGES_ADDON');
    expect(unavailable(written('text.node', Buffer.from('no library'))).reason).toContain('could not be loaded');
    const engine = join(__dirname, '..', '..', 'build', 'Release', 'native_ops.node');
    expect(unavailable(engine).reason).toContain('is not the image addon');
  });

  it('says which packages bring the libraries where it was not built', () => {
    const { reason, remedy } = unavailable('', '/none/native_images.node');
    expect(reason).toContain('libjpeg-turbo and libdeflate');
    expect(remedy).toContain('apt-get install libjpeg62-turbo-dev libdeflate-dev && npm run build');
  });

  it('is told by imagesBackend without an error', async () => {
    const before = process.env.GGB_NATIVE_IMAGES_ADDON;
    process.env.GGB_NATIVE_IMAGES_ADDON = '/none.node';
    try {
      await jest.isolateModulesAsync(async () => {
        const fresh = await import('./images.ts');
        expect(fresh.imagesBackend()).toEqual({
          available: false,
          reason: 'the addon /none.node does not exist',
          remedy: expect.stringContaining('GGB_NATIVE_IMAGES_ADDON'),
        });
      });
    } finally {
      if (before === undefined) delete process.env.GGB_NATIVE_IMAGES_ADDON;
      else process.env.GGB_NATIVE_IMAGES_ADDON = before;
    }
  });
});
