import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@ggb/native-ops/tf';
import sharp from 'sharp';
import { jointCount, type Keypoints } from '../condition/keypoints.ts';
import { conditionSchema } from '../config/model-config.ts';
import { ConfigError } from '../config/resolve-network.ts';
import { SeededRandom } from '../random/seeded-random.ts';
import type { Batch } from './batch.ts';
import { BatchStream, type BatchStreamOptions } from './batch-stream.ts';
import { ImageError } from './decode-image.ts';
import type { Example, Pair } from './example.ts';
import { ImageCache } from './image-cache.ts';
import { loadPair } from './load-pair.ts';
import { makeBatch } from './make-batch.ts';

const size = 16;
const imageCount = 7;
const folder = mkdtempSync(join(tmpdir(), 'batch-stream-'));
const imagePath = (i: number) => join(folder, `${i}.png`);
const network = { image: { size }, condition: conditionSchema.parse({ kind: 'keypoints', radiusAt256: 16 }) };

/** Joint j of image i: no two images share a pose. */
const poseOf = (i: number): Keypoints =>
  Array.from({ length: jointCount }, (_, j) => (j === i ? null : ([(i + j) % size, (2 * j) % size] as const)));

const pairs: Pair[] = Array.from({ length: imageCount }, (_, i) => ({
  id: `pair-${i}`,
  source: imagePath(i),
  target: imagePath((i + 1) % imageCount),
  keypoints: poseOf(i),
  manifest: 'pairs.jsonl',
  line: i + 1,
}));

beforeAll(async () => {
  for (let i = 0; i < imageCount; i++) {
    const random = new SeededRandom(i, 99);
    const data = Uint8Array.from({ length: size * size * 3 }, () => random.integer(256));
    await sharp(data, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toFile(imagePath(i));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const open: BatchStream[] = [];
afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close();
});

function stream(
  values: Partial<BatchStreamOptions> & { flip?: boolean; hue?: boolean; cacheMiB?: number } = {},
): BatchStream {
  const { flip = false, hue = false, cacheMiB = 1, ...rest } = values;
  const data = { augmentation: { flip, hue }, cacheMiB };
  const made = new BatchStream({ pairs, network, data, batchSize: 4, seed: 5, ...rest });
  open.push(made);
  return made;
}

/** What a batch holds, its tensors disposed. */
function taken(batch: Batch) {
  const { source, target, condition, ids } = batch;
  const values = [source, target, condition].map((tensor) => ({ shape: tensor.shape, data: [...tensor.dataSync()] }));
  tf.dispose([source, target, condition]);
  return { source: values[0], target: values[1], condition: values[2], ids };
}

/** All bytes of a batch in a few: comparing them one by one takes Jest seconds. */
function digest(batch: Batch): string {
  const { source, target, condition, ids } = taken(batch);
  const hash = createHash('sha256').update(ids.join());
  for (const values of [source, target, condition]) hash.update(Float32Array.from(values?.data ?? []));
  return hash.digest('hex');
}

async function idsOf(made: BatchStream, steps: number): Promise<string[]> {
  const ids: string[] = [];
  for (let step = 0; step < steps; step++) ids.push(...taken(await made.batch(step)).ids);
  return ids;
}

describe('BatchStream', () => {
  it('gives images in -1..1, condition maps and ids', async () => {
    const { source, target, condition, ids } = taken(await stream().batch(0));
    const examples = await Promise.all(ids.map((id) => loadPair(pairs[Number(id.slice(5))] as Pair, network)));
    const values = (images: Uint8Array[]) =>
      images.flatMap((image) => [...image].map((byte) => Math.fround(byte / 127.5 - 1)));
    expect(source).toEqual({ shape: [4, size, size, 3], data: values(examples.map((example) => example.source.data)) });
    expect(target).toEqual({ shape: [4, size, size, 3], data: values(examples.map((example) => example.target.data)) });
    expect(condition?.shape).toEqual([4, size, size, 18]);
    for (const [i, example] of examples.entries()) {
      for (const [j, joint] of (example.variation.keypoints ?? []).entries()) {
        if (joint) expect(condition?.data[((i * size + joint[1]) * size + joint[0]) * 18 + j]).toBe(1);
      }
    }
  });

  it('shows every pair once an epoch, each epoch in an order of its own', async () => {
    const ids = await idsOf(stream(), imageCount); // 28 pairs: four epochs of seven
    const epochs = [0, 1, 2, 3].map((epoch) => ids.slice(epoch * imageCount, (epoch + 1) * imageCount));
    for (const epoch of epochs) expect([...epoch].sort()).toEqual(pairs.map(({ id }) => id));
    expect(new Set(epochs.map((epoch) => epoch.join())).size).toBe(4);
  });

  it('goes through the same pairs whatever the batch size', async () => {
    const small = await idsOf(stream({ batchSize: 2 }), 12);
    expect(await idsOf(stream({ batchSize: 8 }), 3)).toEqual(small);
  });

  it('is a function of seed and step: no other step need come before', async () => {
    const inOrder = stream({ flip: true, hue: true });
    const batches: string[] = [];
    for (let step = 0; step < 6; step++) batches.push(digest(await inOrder.batch(step)));
    const alone = stream({ flip: true, hue: true, prefetch: 0, cacheMiB: 0 });
    expect(digest(await alone.batch(5))).toBe(batches[5]);
    expect(digest(await alone.batch(2))).toBe(batches[2]);
    expect(digest(await stream({ flip: true, hue: true, seed: 6 }).batch(5))).not.toBe(batches[5]);
  });

  it('serves several steps asked for at once, in any order', async () => {
    const asked = stream();
    const [third, first, second] = await Promise.all([2, 0, 1].map(async (step) => digest(await asked.batch(step))));
    const alone = [];
    for (const step of [0, 1, 2]) alone.push(digest(await stream().batch(step)));
    expect([first, second, third]).toEqual(alone);
  });

  it('serves data sets smaller than a batch', async () => {
    const ids = await idsOf(stream({ pairs: pairs.slice(0, 3), batchSize: 8 }), 3);
    for (const pair of pairs.slice(0, 3)) expect(ids.filter((id) => id === pair.id)).toHaveLength(8);
  });

  it('keeps no tensors', async () => {
    const made = stream();
    taken(await made.batch(0));
    const before = tf.memory().numTensors;
    taken(await made.batch(1));
    await made.batch(2).then(({ source, target, condition }) => tf.dispose([source, target, condition]));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('mirrors about half of the pairs, turns the hue of about half, independently', async () => {
    const [plain, changed] = [stream({ batchSize: 100 }), stream({ batchSize: 100, flip: true, hue: true })];
    const [before, after] = [taken(await plain.batch(0)), taken(await changed.batch(0))];
    expect(after.ids).toEqual(before.ids);
    const sample = (batch: typeof before, key: 'source' | 'condition', i: number) => {
      const length = (batch[key]?.data.length as number) / 100;
      return batch[key]?.data.slice(i * length, (i + 1) * length);
    };
    const counts = { flipped: 0, turned: 0, both: 0 };
    for (let i = 0; i < 100; i++) {
      const isFlipped = !equal(sample(before, 'condition', i), sample(after, 'condition', i));
      const mirrored = mirrorRows(sample(after, 'source', i) as number[]);
      const isTurned = !equal(sample(before, 'source', i), isFlipped ? mirrored : sample(after, 'source', i));
      if (isFlipped) counts.flipped++;
      if (isTurned) counts.turned++;
      if (isFlipped && isTurned) counts.both++;
    }
    // Binomial(100, 1/2) has a standard deviation of 5, Binomial(100, 1/4) of 4.3; three of them. The seed is fixed.
    expect(Math.abs(counts.flipped - 50)).toBeLessThan(15);
    expect(Math.abs(counts.turned - 50)).toBeLessThan(15);
    expect(Math.abs(counts.both - 25)).toBeLessThan(13);
  }, 30_000); // 100 pairs on TF.js's CPU backend inside Jest, perhaps beside other suites

  it('changes one thing alike whether or not the other is switched on', async () => {
    const { condition: alone } = taken(await stream({ flip: true }).batch(3));
    const { condition: together } = taken(await stream({ flip: true, hue: true }).batch(3));
    expect(equal(together?.data, alone?.data)).toBe(true);
  });

  it('refuses to mirror what has no key points, and a manifest without pairs', () => {
    const labels = { ...network, condition: conditionSchema.parse({ kind: 'label', length: 2 }) };
    expect(() => stream({ network: labels, flip: true })).toThrow(ConfigError);
    expect(() => stream({ pairs: [] })).toThrow('expected at least one pair');
  });

  it('fails where an image cannot be read, for the step that needs it and not before', async () => {
    const broken = pairs.map((pair, i) => (i === 0 ? { ...pair, source: join(folder, 'none.png') } : pair));
    const reference = await idsOf(stream({ batchSize: 1 }), imageCount);
    const first = reference.indexOf('pair-0');
    const made = stream({ pairs: broken, batchSize: 1, prefetch: imageCount });
    for (let step = 0; step < first; step++) taken(await made.batch(step));
    const failing = made.batch(first);
    await expect(failing).rejects.toThrow(ImageError);
    const { manifest, line } = pairs[0] as Pair;
    await expect(failing).rejects.toThrow(`${manifest}:${line}:source: expected an image`);
  });

  it('gives nothing after close', async () => {
    const made = stream();
    taken(await made.batch(0));
    await made.close();
    await expect(made.batch(1)).rejects.toThrow('after close()');
  });
});

describe('makeBatch', () => {
  const blank = (image: Uint8Array): Example => ({
    id: 'x',
    source: { data: image, width: size, height: size },
    target: { data: image, width: size, height: size },
    variation: { keypoints: poseOf(0) },
  });
  const noise = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 97) % 256);

  it('mirrors both images and the pose together', () => {
    const plain = taken(makeBatch([blank(noise)], network));
    const mirrored = taken(makeBatch([blank(noise)], network, [{ flip: true, hueAngle: 0 }]));
    expect(mirrored.source?.data).toEqual(mirrorRows(plain.source?.data as number[]));
    expect(mirrored.target?.data).toEqual(mirrorRows(plain.target?.data as number[]));
    // The right wrist (4) is drawn as the left one (7), on the other side.
    const [x, y] = poseOf(0)[4] as readonly [number, number];
    expect(plain.condition?.data[(y * size + x) * 18 + 4]).toBe(1);
    expect(mirrored.condition?.data[(y * size + size - 1 - x) * 18 + 7]).toBe(1);
  });

  it('turns hues: by a third of a circle, red becomes green', () => {
    const red = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i % 3 === 0 ? 255 : 0));
    const { source } = taken(makeBatch([blank(red)], network, [{ flip: false, hueAngle: (2 * Math.PI) / 3 }]));
    // Sine and cosine of float64, stored as float32.
    for (const [c, value] of [-1, 1, -1].entries()) expect(source?.data[c]).toBeCloseTo(value, 6);
  });

  it('leaves grey as it is in every bit, whatever the angle, and all values in range', () => {
    const grey = Uint8Array.from({ length: size * size * 3 }, (_, i) => Math.floor(i / 3) % 256);
    const plain = taken(makeBatch([blank(grey)], network));
    for (const hueAngle of [0.1, 1, 2.5, 4, 6]) {
      expect(taken(makeBatch([blank(grey)], network, [{ flip: false, hueAngle }])).source).toEqual(plain.source);
      const turned = taken(makeBatch([blank(noise)], network, [{ flip: false, hueAngle }])).source?.data as number[];
      expect(turned.every((value) => value >= -1 && value <= 1)).toBe(true);
    }
  });

  it('refuses images of another size, and says which pair', () => {
    const small = { ...blank(noise), target: { data: new Uint8Array(8 * 8 * 3), width: 8, height: 8 } };
    expect(() => makeBatch([small], network)).toThrow('pair x: target: expected 16 x 16 pixels, received 8 x 8.');
  });
});

describe('ImageCache', () => {
  const bytes = size * size * 3;

  it('decodes each image once while there is room, and again when there is none', async () => {
    const cache = new ImageCache(2 * bytes);
    const [a, again, b, c] = await Promise.all([0, 0, 1, 2].map((i) => cache.image(imagePath(i))));
    expect(again).toBe(a);
    expect(cache.usedBytes).toBe(2 * bytes);
    const later = await Promise.all([0, 1, 2].map((i) => cache.image(imagePath(i))));
    expect(later).toEqual([a, b, c]);
    expect(later.map((image, i) => image === [a, b, c][i]).filter(Boolean)).toHaveLength(2);
  });

  it('forgets a failure', async () => {
    const cache = new ImageCache(bytes);
    await expect(cache.image(join(folder, 'none.png'))).rejects.toThrow(ImageError);
    expect(cache.isBusy).toBe(false);
  });
});

describe('loadPair', () => {
  it('reads masks as 1 above 127 and condition images where the network wants them', async () => {
    const data = Uint8Array.from({ length: size * size }, (_, i) => i);
    const mask = join(folder, 'mask.png');
    await sharp(data, { raw: { width: size, height: size, channels: 1 } })
      .png()
      .toFile(mask);
    const pair = { ...(pairs[0] as Pair), sourceMask: mask, condition: imagePath(3) };
    const example = await loadPair(pair, { ...network, condition: { kind: 'image' } });
    expect(example.sourceMask).toEqual(data.map((value) => (value > 127 ? 1 : 0)));
    expect(example.targetMask).toBeUndefined();
    expect(example.variation.image).toEqual((await loadPair(pairs[3] as Pair, network)).source);
  });

  it('refuses images of another size, by line, key and path', async () => {
    await expect(loadPair(pairs[0] as Pair, { ...network, image: { size: 32 } })).rejects.toThrow(
      `:${pairs[0]?.line}:source: expected 32 x 32 pixels (image.size), received 16 x 16 (${imagePath(0)}).`,
    );
  });
});

function equal(a: number[] | undefined, b: number[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((value, i) => value === b?.[i]);
}

function mirrorRows(values: number[]): number[] {
  return values.map((_, i) => {
    const [pixel, c] = [Math.floor(i / 3), i % 3];
    const [y, x] = [Math.floor(pixel / size), pixel % size];
    return values[(y * size + size - 1 - x) * 3 + c] as number;
  });
}
