import { checkPrecisionPage, MeasuredErrors } from '../../../../../../tools/testing/precision-page.ts';
import { itWhen } from '../../../../../../tools/testing/skipping.ts';
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

const errors = new MeasuredErrors();

/** Largest difference of a map from the means over the channels of another, whose channels stand beside each other. */
function largestMapError(map: Float32Array, expected: Float64Array, channels: number): number {
  let largest = 0;
  for (let i = 0; i < map.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += expected[i * channels + c] as number;
    const difference = (map[i] as number) - sum / channels;
    if (!(difference <= largest && -difference <= largest)) largest = difference < 0 ? -difference : difference;
  }
  return largest;
}

function channelMeans(map: Float64Array, channels: number): Float64Array {
  const means = new Float64Array(channels);
  for (let i = 0; i < map.length; i++) means[i % channels] = (means[i % channels] as number) + (map[i] as number);
  return means.map((sum) => (sum * channels) / map.length);
}

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

  // One window alone may be off by more than the mean: 255 levels from its pivot, 2e-5 (windowed-ssim.md). Maps are float32.
  const mapTolerance = complete.window.kind === 'uniform' ? 1.2e-7 : 3e-5;

  it('is within its tolerance of float64 on hard images, mean, channels and map, natively and in WebAssembly', async () => {
    const module = await SimilarityModule.load();
    const programs = [
      ['addon', scoreImages],
      ['WebAssembly', module.score.bind(module)],
    ] as const;
    for (const [width, height, channels] of fitting) {
      for (const { name, a, b } of pairsOf(width, height, channels)) {
        const expected = float64Similarity(a, b, complete);
        const expectedChannels = channelMeans(expected.map, channels);
        for (const [program, score] of programs) {
          const received = score(a, b, settings, { map: true });
          const error = Math.abs(received.mean - expected.mean);
          const mapError = largestMapError(received.map as Float32Array, expected.map, channels);
          const row = { reference: 'float64 in TypeScript', versions: 'this repository' };
          const metric = `ssim of 8-bit images, ${complete.window.kind} window, ${program}`;
          errors.record({ ...row, metric, tolerance, error });
          errors.record({ ...row, metric: `${metric}, places of the map`, tolerance: mapTolerance, error: mapError });
          const [isClose, isMapClose] = [error < tolerance, mapError < mapTolerance];
          expect({ program, name, width, isClose, isMapClose }).toEqual({
            ...{ program, name, width },
            ...{ isClose: true, isMapClose: true },
          });
          expect(received.perChannel).toBeAllClose(expectedChannels, { absolute: tolerance });
          expect(score(a, b, settings).mean).toBe(received.mean);
        }
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
          const mapError = largestMapError(wasm.map as Float32Array, Float64Array.from(native.map as Float32Array), 1);
          expect([name, mapError <= 2 * mapTolerance]).toEqual([name, true]);
        }
      }
    }
  });

  it('has the same bits on any number of threads', () => {
    const [width, height] = fitting[0] as readonly [number, number, 1 | 3];
    const pairs = hardPairs(width, height).slice(0, 7);
    const join = (side: 'a' | 'b') => new Uint8Array(Buffer.concat(pairs.map((pair) => pair[side].data as Uint8Array)));
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

// Another instruction set, or a build of its own, has other errors within the same tolerances.
const isUsualBuild = process.env.GGB_ISA === undefined && process.env.GGB_NATIVE_OPS_ADDON === undefined;

itWhen(isUsualBuild, 'errors are those of the usual build')('docs/precision.md says what was measured', () => {
  checkPrecisionPage('ssim of 8-bit images', errors.rows, 'npx nx run native-ops:precision');
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
