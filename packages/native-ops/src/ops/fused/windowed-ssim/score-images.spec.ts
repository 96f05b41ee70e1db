import { float64Similarity } from '../../../../testing/similarity/float64-similarity.ts';
import { hardPairs } from '../../../../testing/similarity/hard-images.ts';
import { loadAddon } from '../../../backend/addon.ts';
import { settingsFromEnvironment } from '../../../backend/settings.ts';
import { scoreImageBatch, scoreImages } from './score-images.ts';
import { SimilarityModule } from './similarity-module.ts';
import { completeSettings, type SimilaritySettings } from './similarity-settings.ts';

const gaussian = (size: number, sigma: number) => ({ window: { kind: 'gaussian', size, sigma } }) as const;
const uniform = (size: number) => ({ window: { kind: 'uniform', size }, statistics: 'sample' }) as const;

const windows: readonly [string, SimilaritySettings][] = [
  ['Gaussian, 11 taps', gaussian(11, 1.5)],
  ['Gaussian, 9 taps', gaussian(9, 1.2)],
  ['Gaussian, 11 taps, wide', gaussian(11, 4)],
  ['Gaussian, 5 taps', gaussian(5, 0.7)],
  ['uniform, 7 pixels', uniform(7)],
  ['uniform, 51 pixels', uniform(51)],
  ['uniform, 129 pixels: sums beyond 31 bits', uniform(129)],
];

/** [width, height, channels]: multiples and rests of tiles, blocks, chunks and vectors; about as small as a window. */
const sizes = [
  [53, 52, 3],
  [37, 35, 1],
  [13, 11, 3],
] as const;

/** For comparing all values at once: Jest takes seconds for arrays. */
const bytesOf = (map: Float32Array | undefined) =>
  map === undefined ? undefined : Buffer.from(map.buffer, map.byteOffset, map.byteLength).toString('base64');

describe.each(windows)('similarity of 8-bit images, %s', (_name, settings) => {
  const { size } = settings.window as { size: number };
  const complete = completeSettings('expected', settings, 255);
  const fitting = size > 64 ? ([[131, 130, 1]] as const) : sizes.filter(([w, h]) => w >= size && h >= size);
  // The largest windows take long in JavaScript.
  const pairsOf = (...image: [number, number, 1 | 3]) => hardPairs(...image).slice(0, size > 40 ? 5 : 20);
  // Up to the last division exact; elsewhere what is promised.
  const tolerance = complete.window.kind === 'uniform' ? 1e-11 : 1e-6;

  it('is within its tolerance of float64 on hard images, mean, channels and map', () => {
    for (const [width, height, channels] of fitting) {
      for (const { name, a, b } of pairsOf(width, height, channels)) {
        const expected = float64Similarity(a, b, complete);
        const received = scoreImages(a, b, settings, { map: true });
        expect([name, width, Math.abs(received.mean - expected.mean) < tolerance]).toEqual([name, width, true]);
        expect(scoreImages(a, b, settings).mean).toBe(received.mean);
        const sums = new Float64Array(channels);
        let mapError = 0;
        for (let i = 0; i < expected.map.length; i += channels) {
          const pixel = expected.map.subarray(i, i + channels);
          for (const [c, value] of pixel.entries()) sums[c] = (sums[c] as number) + value;
          const mean = pixel.reduce((sum, value) => sum + value, 0) / channels;
          mapError = Math.max(mapError, Math.abs((received.map?.[i / channels] as number) - mean));
        }
        const expectedChannels = sums.map((sum) => (sum * channels) / expected.map.length);
        expect(received.perChannel).toBeAllClose(expectedChannels, { absolute: tolerance });
        // One window alone may be off by more than the mean: 255 levels from its pivot, 2e-5 (windowed-ssim.md).
        expect([name, mapError < (tolerance < 1e-6 ? 1.2e-7 : 3e-5)]).toEqual([name, true]);
      }
    }
  });

  it('is exactly 1 for equal images, and the same the other way round', () => {
    const [width, height] = fitting[0] as readonly [number, number, 1 | 3];
    for (const { a, b } of hardPairs(width, height).slice(0, 3)) {
      expect(scoreImages(a, a, settings).mean).toBe(1);
      expect(scoreImages(b, a, settings).mean).toBe(scoreImages(a, b, settings).mean);
    }
  });

  it('is the same in WebAssembly to 1e-6, with a uniform window to the bit', async () => {
    const module = await SimilarityModule.load();
    for (const [width, height, channels] of fitting) {
      for (const { name, a, b } of pairsOf(width, height, channels)) {
        const native = scoreImages(a, b, settings, { map: true });
        const wasm = module.score(a, b, settings, { map: true });
        if (complete.window.kind === 'uniform') {
          expect([name, wasm.mean, bytesOf(wasm.map)]).toEqual([name, native.mean, bytesOf(native.map)]);
        } else {
          expect([name, Math.abs(wasm.mean - native.mean) < 1e-6]).toEqual([name, true]);
          const far = wasm.map?.findIndex((value, i) => !(Math.abs(value - (native.map?.[i] as number)) <= 6e-5));
          expect([name, far]).toEqual([name, -1]);
        }
      }
    }
  });

  it('has the same bits on any number of threads', () => {
    const [width, height] = fitting[0] as readonly [number, number, 1 | 3];
    const pairs = hardPairs(width, height).slice(0, 7);
    const join = (side: 'a' | 'b') => Uint8Array.from(pairs.flatMap((pair) => [...pair[side].data]));
    const batch = { real: join('a'), generated: join('b'), count: pairs.length, width, height };
    const alone = Float64Array.from(pairs, ({ a, b }) => scoreImages(a, b, settings).mean);
    for (const threads of [1, 2, 3, 64]) expect(scoreImageBatch(batch, settings, threads)).toEqual(alone);
  });
});

it('has the same bits on every instruction set with a uniform window, and 1e-6 with a Gaussian', () => {
  const addon = loadAddon(settingsFromEnvironment().addonPath);
  const sets = ['baseline', 'avx2', 'avx512'];
  const available = sets.slice(0, sets.indexOf(addon.bestInstructionSet) + 1);
  const [width, height] = [97, 61];
  for (const size of [7, 51, 11]) {
    for (const { a, b } of hardPairs(width, height).slice(0, 12)) {
      const constants = Float64Array.of(size === 11 ? 1 : 0, size, 1.5, 1, 0.01, 0.03, 255);
      const means = available.map((set) => {
        const mean = new Float64Array(1);
        const channels = new Float64Array(3);
        const outcome = addon.scoreImages(
          a.data as Uint8Array,
          b.data as Uint8Array,
          [1, height, width, 3],
          constants,
          mean,
          channels,
          null,
          1,
          set,
        );
        expect(outcome).toBe(0);
        return [mean[0], ...channels];
      });
      for (const values of means) {
        if (size === 11) expect(values).toBeAllClose(means[0] as number[], { absolute: 1e-6 });
        else expect(values).toEqual(means[0]);
      }
    }
  }
});

describe('scoreImages refuses', () => {
  const image = (width: number, height: number, channels = 3) => ({
    data: new Uint8Array(width * height * channels),
    width,
    height,
  });

  it.each([
    ['images of different sizes', image(20, 20), image(20, 21), {}, /second image must be like the first, 20 x 20/],
    ['images smaller than the window', image(10, 20), image(10, 20), {}, /at least 11 x 11 pixels, the window/],
    ['two channels', image(20, 20, 2), image(20, 20, 2), {}, /first image must be width x height bytes/],
    ['an even window', image(20, 20), image(20, 20), { window: { kind: 'uniform', size: 6 } }, /window.size must be/],
    ['no range', image(20, 20), image(20, 20), { dataRange: Number.NaN }, /dataRange must be above 0/],
  ] as const)('%s', async (_name, a, b, settings, message) => {
    expect(() => scoreImages(a, b, settings as SimilaritySettings)).toThrow(message);
    const module = await SimilarityModule.load();
    expect(() => module.score(a, b, settings as SimilaritySettings)).toThrow(message);
  });

  it('a batch that is shorter than it says', () => {
    const bytes = new Uint8Array(2 * 20 * 20 * 3);
    const batch = { real: bytes, generated: bytes, count: 3, width: 20, height: 20 };
    expect(() => scoreImageBatch(batch)).toThrow(/images must be 3 x 20 x 20 x 3 bytes each, received 2400 and 2400/);
  });
});
