import '@ggb/native-ops/node';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@ggb/native-ops/tf';
import sharp from 'sharp';
import { drawnImage } from '../../testing/drawn-numbers.ts';
import { FeatureStatistics } from '../frechet-distance/feature-statistics.ts';
import { frechetDistance } from '../frechet-distance/frechet-distance.ts';
import { writeStatistics } from '../frechet-distance/statistics-file.ts';
import { InceptionScore } from '../inception-score/inception-score.ts';
import { customFeatures } from './custom-features.ts';
import { type DistributionRequest, evaluateDistribution } from './evaluate-distribution.ts';
import { type DecodeImage, extractFeatures, ImageFeaturesError, imageFilesOf } from './extract-features.ts';
import type { FeatureNetwork } from './feature-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'ggb-distribution-'));
const [real, generated] = [join(folder, 'real'), join(folder, 'generated')];
afterAll(() => rmSync(folder, { recursive: true }));

const decode: DecodeImage = async (bytes) => {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
};

/** Names in an order that is neither that of writing nor that of numbers. */
async function writeImages(to: string, count: number, size: number) {
  mkdirSync(to, { recursive: true });
  for (let i = 0; i < count; i++) {
    const { data, width, height } = drawnImage(i % 2 === 0 ? 'noise' : 'ramp', size + i, 2 * size);
    const shifted = data.map((value, at) => (value * (1 + (at % 3) * i)) % 256);
    const bytes = await sharp(shifted, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    writeFileSync(join(to, `${(i * 7) % count}.png`), bytes);
  }
  writeFileSync(join(to, 'notes.txt'), 'no image');
}

beforeAll(async () => {
  await writeImages(real, 24, 9);
  await writeImages(generated, 23, 12);
});

let calls = 0;

/** A network that is real and small: means of colours and their contrast in quarters of the image. */
function quarters(weightsSha256 = 'a'.repeat(64)): FeatureNetwork {
  return customFeatures({
    name: 'quarters',
    weightsSha256,
    dimensions: 12,
    imageSize: 16,
    resize: 'half-pixel',
    range: [-1, 1],
    model: (images) => {
      calls += images.shape[0];
      return tf.reshape(tf.avgPool(tf.square(images), 8, 8, 'valid'), [-1, 12]);
    },
  });
}

const quartersWithClasses = (): FeatureNetwork => {
  const network = quarters();
  return {
    ...network,
    classes: 12,
    extract: async (images) => {
      const { features } = await network.extract(images);
      return { features, logits: features.map((value) => 4 * value) };
    },
  };
};

const request = (change: Partial<DistributionRequest> = {}): DistributionRequest => ({
  real,
  generated,
  features: quarters(),
  metrics: ['fid'],
  decode,
  batchSize: 5,
  ...change,
});

describe('evaluateDistribution', () => {
  it('has the distance and the score of the features, in the order of the names', async () => {
    const network = quartersWithClasses();
    const scores = await evaluateDistribution(request({ features: network, metrics: ['fid', 'is'] }));
    const sets = await Promise.all(
      [real, generated].map(async (set) => {
        const statistics = new FeatureStatistics(12);
        const score = new InceptionScore(set === real ? 24 : 23, 12);
        for (const name of readdirSync(set)
          .filter((file) => file.endsWith('png'))
          .sort()) {
          const { features, logits } = await network.extract([await decode(readFileSync(join(set, name)))]);
          statistics.add(features);
          score.add(logits);
        }
        return { statistics: statistics.result(), is: score.result() };
      }),
    );
    const fid = await frechetDistance(sets[0]?.statistics as never, sets[1]?.statistics as never);
    // One image a call here, five there: the last bits of float32 features.
    expect(scores.fid?.value).toBeCloseTo(fid.value, 6);
    expect(fid.value).toBeGreaterThan(0.01);
    expect(scores.is?.mean).toBeCloseTo(sets[1]?.is.mean as number, 6);
    expect(scores.is?.splits).toHaveLength(10);
  });

  it('says which network and which weights, and that other networks than Inception are not comparable', async () => {
    const { network, count, warnings, engine } = await evaluateDistribution(request());
    expect(network).toEqual({
      name: 'custom:quarters',
      weightsSha256: 'a'.repeat(64),
      comparable: false,
      label: 'not comparable: not the Inception graph of 2015-12-05',
    });
    expect(count).toEqual({ real: 24, generated: 23 });
    expect(engine).toBe('TypeScript with ml-matrix');
    // Below 2,048 images, of either set.
    expect(warnings).toHaveLength(4);
    expect(warnings[1]).toContain('FID from 23 generated images');
    expect(warnings[3]).toBe(`${generated}: left out, as no images by name or in a folder below: notes.txt.`);
  });

  it('takes statistics of pytorch-fid for either set', async () => {
    const file = join(folder, 'real.npz');
    const statistics = new FeatureStatistics(12);
    for await (const { features } of extractFeatures(await imageFilesOf(real), request())) statistics.add(features);
    await writeStatistics(file, statistics.result());
    const [fromFile, fromImages] = [
      await evaluateDistribution(request({ real: file })),
      await evaluateDistribution(request()),
    ];
    expect(fromFile.fid?.value).toBe(fromImages.fid?.value);
    // A network that may be compared; its file does not say so, unless someone answers for it.
    const features: FeatureNetwork = { ...quarters(), comparability: { comparable: true, reason: 'published' } };
    const labelled = async (more: Partial<DistributionRequest>) =>
      (await evaluateDistribution(request({ features, real: file, ...more }))).network;
    expect(await labelled({})).toMatchObject({
      comparable: false,
      label: `not comparable: ${file} does not say which network and resizing made it`,
    });
    expect(await labelled({ statisticsNetwork: features.name })).toMatchObject({
      comparable: true,
      label: 'published',
    });
    expect(await labelled({ real })).toMatchObject({ comparable: true });
    await expect(labelled({ statisticsNetwork: 'inception-pytorch-fid' })).rejects.toThrow(
      /real\.npz: expected statistics of custom:quarters.*received of inception-pytorch-fid/,
    );
    await expect(
      evaluateDistribution(request({ generated: file, features: quartersWithClasses(), metrics: ['is'] })),
    ).rejects.toThrow('is: expected images');
  });

  it('says what is missing: real images, classes, images, files that are images', async () => {
    const { real: _, ...withoutReal } = request();
    await expect(evaluateDistribution(withoutReal)).rejects.toThrow('fid: expected real images, received none');
    await expect(evaluateDistribution(request({ metrics: ['is'] }))).rejects.toThrow(
      'is: expected a network with classes, received custom:quarters, which has none',
    );
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await expect(evaluateDistribution(request({ real: empty }))).rejects.toThrow('expected image files (.jpg, .jpeg');
    writeFileSync(join(empty, 'x.bmp'), 'BM');
    expect(await imageFilesOf(empty)).toEqual([join(empty, 'x.bmp')]);
    const broken = join(folder, 'broken.png');
    writeFileSync(broken, readFileSync(join(real, '3.png')).subarray(0, 60));
    const failure = evaluateDistribution(request({ real: [join(real, '1.png'), broken] }));
    await expect(failure).rejects.toThrow(ImageFeaturesError);
    await expect(failure).rejects.toThrow('broken.png: its features could not be computed:');
  });

  it('tells its progress, and stops when it is told to', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ set, done }: { set: string; done: number }) => {
      seen.push(done);
      if (set === 'generated' && done === 10) stop.abort();
    };
    await expect(evaluateDistribution(request({ onProgress, signal: stop.signal }))).rejects.toThrow('aborted');
    expect(seen).toEqual([5, 10]);
  });
});

describe('the cache of features', () => {
  const cache = join(folder, 'cache');
  const filesIn = (path: string) =>
    readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(path, name)).isFile());
  const run = async (change: Partial<DistributionRequest> = {}) => {
    calls = 0;
    const { fid } = await evaluateDistribution(request({ cache, ...change }));
    return { fid, calls };
  };

  it('spares the network images it has seen, and changes no bit of the score', async () => {
    const first = await run();
    expect(first.calls).toBe(47);
    const second = await run();
    expect(second).toEqual({ fid: first.fid, calls: 0 });
    expect(filesIn(cache)).toHaveLength(47);
  });

  it('computes anew what has changed, and nothing else', async () => {
    writeFileSync(join(real, '5.png'), await sharp(join(generated, '2.png')).negate().png().toBuffer());
    expect((await run()).calls).toBe(1);
    expect((await run({ batchSize: 50 })).calls).toBe(0);
  });

  it('knows an image under another name, and no features of other weights', async () => {
    const copy = join(folder, 'copy.png');
    writeFileSync(copy, readFileSync(join(real, '5.png')));
    expect((await run({ real: [join(real, '1.png'), copy] })).calls).toBe(0);
    expect((await run({ features: quarters('b'.repeat(64)) })).calls).toBe(47);
  });

  it('replaces files that were damaged', async () => {
    const before = await run();
    const sha256 = createHash('sha256')
      .update(readFileSync(join(real, '5.png')))
      .digest('hex');
    const damaged = filesIn(cache).filter((name) => name.includes(sha256));
    expect(damaged).toHaveLength(2);
    for (const name of damaged) truncateSync(join(cache, name), 90);
    expect((await run()).calls).toBe(1);
    expect(await run()).toEqual({ fid: before.fid, calls: 0 });
  });
});

describe('customFeatures', () => {
  it('takes any model with predict, and the output that is named', async () => {
    const network = customFeatures({
      name: 'two outputs',
      weightsSha256: 'c'.repeat(64),
      dimensions: 3,
      imageSize: 4,
      resize: 'pillow',
      range: [0, 1],
      output: 'colours',
      model: { predict: (images) => ({ other: images, colours: tf.mean(images, [1, 2], true) }) },
    });
    const { data } = drawnImage('ramp', 4, 4);
    const { features } = await network.extract([{ data, width: 4, height: 4 }]);
    const mean = (c: number) =>
      Array.from(data).reduce((sum, value, i) => sum + (i % 3 === c ? value : 0), 0) / 16 / 255;
    expect(features).toBeAllClose([mean(0), mean(1), mean(2)], { absolute: 1e-6, relative: 1e-6 }); // float32
    expect(tf.memory().numTensors).toBe(0);
  });

  it('refuses an output of another shape, with both', async () => {
    const network = customFeatures({
      name: 'wrong',
      weightsSha256: 'd'.repeat(64),
      dimensions: 5,
      imageSize: 4,
      resize: 'corner',
      range: [0, 1],
      model: (images) => tf.mean(images, [1, 2]),
    });
    await expect(network.extract([drawnImage('ramp', 4, 4)])).rejects.toThrow(
      'custom:wrong: expected features [1, 5], received [1, 3]',
    );
  });
});
