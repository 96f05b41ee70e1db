import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  float32Values,
  readSafetensors,
  SafetensorsError,
  type StoredTensor,
  writeSafetensors,
} from '@ggb/native-ops/safetensors';
import * as tf from '@ggb/native-ops/tf';
import sharp from 'sharp';
import {
  randomCheckpoint,
  randomGenerator,
  testImage,
  testPose,
  tinyNetwork,
} from '../../testing/random-checkpoint.ts';
import { averagePrefix, CheckpointError, formatMetadata } from '../checkpoint/checkpoint.ts';
import { asHalfPrecision } from '../checkpoint/half-precision.ts';
import { conditionChannels, drawCondition } from '../condition/condition.ts';
import type { VariationInput } from '../dataset/example.ts';
import { loadGeneratorCheckpoint } from './checkpoint-source.ts';
import {
  CheckpointSourceError,
  SynthesisBackendError,
  SynthesisInputError,
  SynthesizerDisposedError,
} from './errors.ts';
import { Synthesizer } from './synthesizer.ts';

const network = tinyNetwork();
const size = network.image.size;
const checkpoint = randomCheckpoint(network);
const image = testImage(size);
const keypoints = testPose(size);

const loaded: Synthesizer[] = [];
afterAll(() => {
  for (const synthesizer of loaded) synthesizer.dispose();
});

async function load(...args: Parameters<typeof Synthesizer.load>): Promise<Synthesizer> {
  const synthesizer = await Synthesizer.load(...args);
  loaded.push(synthesizer);
  return synthesizer;
}

/** What the generator draws, worked out here from its own output: RGBA bytes. */
function expectedPixels(config = network, variation: VariationInput = { keypoints }): number[] {
  const map = new Float32Array(size * size * conditionChannels(config.condition));
  drawCondition(config.condition, variation, size, map);
  const generator = randomGenerator(config, 1);
  const values = tf.tidy(() => {
    const x = tf.tensor4d(
      Array.from(image.data, (byte) => byte / 127.5 - 1),
      [1, size, size, 3],
    );
    const c = tf.tensor4d(map, [1, size, size, conditionChannels(config.condition)]);
    return generator.forward(x, c).image.dataSync();
  });
  generator.dispose();
  const pixels = [];
  for (let i = 0; i < values.length; i += 3) {
    for (let channel = 0; channel < 3; channel++)
      pixels.push(Math.round(((values[i + channel] as number) + 1) * 127.5));
    pixels.push(255);
  }
  return pixels;
}

describe('a Synthesizer', () => {
  it('draws what the generator draws, as opaque RGBA', async () => {
    const synthesizer = await load(checkpoint);
    const drawn = await synthesizer.synthesize({ image, keypoints });
    expect(drawn).toMatchObject({ width: size, height: size, channels: 4 });
    expect(drawn.data).toBeInstanceOf(Uint8ClampedArray);
    const expected = expectedPixels();
    expect(Array.from(drawn.data)).toEqual(expected);
    // Or the comparison would hold for a generator that draws nothing.
    expect(new Set(expected).size).toBeGreaterThan(50);
  });

  it('depends on the image and on the pose', async () => {
    const synthesizer = await load(checkpoint);
    const drawn = await synthesizer.synthesize({ image, keypoints });
    const mirrored = { ...image, data: image.data.slice().reverse() };
    expect((await synthesizer.synthesize({ image: mirrored, keypoints })).data).not.toEqual(drawn.data);
    const moved = keypoints.map((joint) => joint && ([joint[1], joint[0]] as const));
    expect((await synthesizer.synthesize({ image, keypoints: moved })).data).not.toEqual(drawn.data);
  });

  it('takes what a canvas gives, RGBA, and drops its alpha; what it gives is taken as well', async () => {
    const synthesizer = await load(checkpoint);
    const drawn = await synthesizer.synthesize({ image, keypoints });
    const rgba = new Uint8ClampedArray(size * size * 4).fill(99);
    image.data.forEach((byte, i) => {
      rgba[((i / 3) | 0) * 4 + (i % 3)] = byte;
    });
    const imageData = { data: rgba, width: size, height: size };
    expect((await synthesizer.synthesize({ image: imageData, keypoints })).data).toEqual(drawn.data);
    const again = await synthesizer.synthesize({ image: drawn, keypoints });
    expect(again.data).toHaveLength(size * size * 4);
  });

  it('gives what sharp writes, and takes what sharp reads', async () => {
    const synthesizer = await load(checkpoint);
    const { data, width, height, channels } = await synthesizer.synthesize({ image, keypoints });
    const png = await sharp(data, { raw: { width, height, channels } }).png().toBuffer();
    const read = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect(Array.from(read.data)).toEqual(Array.from(data));
    const input = { data: read.data, ...read.info };
    await expect(synthesizer.synthesize({ image: input, keypoints })).resolves.toMatchObject({ width: size });
  });

  it('draws several at once as it draws them one by one', async () => {
    const synthesizer = await load(checkpoint);
    const inputs = [0, 1, 2].map((turn) => ({
      image: { ...image, data: image.data.map((byte) => (byte + 80 * turn) % 256) },
      keypoints: [...keypoints.slice(turn), ...keypoints.slice(0, turn)],
    }));
    const batch = await synthesizer.synthesizeBatch(inputs);
    const single = await Promise.all(inputs.map((input) => synthesizer.synthesize(input)));
    expect(batch).toEqual(single);
    expect(single[0]?.data).not.toEqual(single[1]?.data);
    expect(await synthesizer.synthesizeBatch([])).toEqual([]);
  });

  it('says what it is', async () => {
    const synthesizer = await load(checkpoint);
    const generator = randomGenerator(network, 1);
    const parameters = generator.trainable.reduce((sum, { size: values }) => sum + values, 0);
    generator.dispose();
    expect(synthesizer.info).toEqual({
      backend: 'cpu',
      backendReason: "TensorFlow.js's current backend when the checkpoint was loaded",
      imageSize: 16,
      condition: network.condition,
      joints: expect.arrayContaining(['nose', 'leftAnkle']),
      weights: 'average',
      weightsHash: createHash('sha256').update(checkpoint).digest('hex'),
      parameters,
      step: 7,
    });
    expect(synthesizer.info.joints).toHaveLength(18);
  });
});

describe('conditions', () => {
  it.each<[string, Parameters<typeof tinyNetwork>[0], object]>([
    ['a label', { condition: { kind: 'label', length: 3 } }, { label: [0, 1, 0] }],
    [
      'both poses',
      { condition: { kind: 'keypoints', sourceKeypoints: true } },
      { keypoints, sourceKeypoints: keypoints },
    ],
    ['an image', { condition: { kind: 'image' } }, { image: testImage(size) }],
  ])('of a model conditioned on %s reach the generator', async (_, config, variation) => {
    const conditioned = tinyNetwork(config);
    const synthesizer = await load(randomCheckpoint(conditioned));
    const { image: condition, ...others } = variation as VariationInput;
    const drawn = await synthesizer.synthesize({ image, ...others, ...(condition && { condition }) });
    expect(Array.from(drawn.data)).toEqual(expectedPixels(conditioned, variation));
  });
});

describe('inputs that the model cannot take', () => {
  const small = testImage(8);
  const cases: [string, object, Partial<SynthesisInputError>][] = [
    [
      'an image of another size',
      { image: small, keypoints },
      { argument: 'image', expected: '16 x 16 pixels', received: '8 x 8' },
    ],
    [
      'one channel',
      { image: { ...image, data: new Uint8Array(256) }, keypoints },
      { argument: 'image.data', expected: '768 bytes (RGB) or 1024 (RGBA) for 16 x 16 pixels', received: '256' },
    ],
    ['floats', { image: { ...image, data: new Float32Array(768) }, keypoints }, { argument: 'image.data' }],
    ['no image', { keypoints }, { argument: 'image', received: 'none' }],
    ['no pose', { image }, { argument: 'keypoints', received: 'none' }],
    ['17 joints', { image, keypoints: keypoints.slice(1) }, { argument: 'keypoints', received: '17' }],
  ];

  it.each(cases)('are refused by name: %s', async (_, input, fields) => {
    const synthesizer = await load(checkpoint);
    const error = await synthesizer.synthesize(input as never).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(SynthesisInputError);
    expect(error).toMatchObject(fields);
    expect(error.message).toContain(`expected ${error.expected}, received ${error.received}`);
  });

  it('are named by their place in a batch', async () => {
    const synthesizer = await load(checkpoint);
    const inputs = [{ image, keypoints }, { image }];
    await expect(synthesizer.synthesizeBatch(inputs)).rejects.toMatchObject({ argument: 'inputs[1].keypoints' });
  });
});

describe('ending', () => {
  it('by a signal rejects with its reason, before and during a call', async () => {
    const synthesizer = await load(checkpoint);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(synthesizer.synthesize({ image, keypoints }, { signal })).rejects.toBe(reason);
    await expect(Synthesizer.load(checkpoint, { signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const before = tf.memory().numTensors;
    const call = synthesizer.synthesize({ image, keypoints }, { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('by dispose frees everything, lets a call under way end, and refuses later ones', async () => {
    const before = tf.memory().numTensors;
    const synthesizer = await Synthesizer.load(checkpoint);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    const call = synthesizer.synthesize({ image, keypoints });
    synthesizer.dispose();
    synthesizer[Symbol.dispose]();
    expect((await call).data).toHaveLength(size * size * 4);
    expect(tf.memory().numTensors).toBe(before);
    await expect(synthesizer.synthesize({ image, keypoints })).rejects.toBeInstanceOf(SynthesizerDisposedError);
  });

  it('of a call keeps no tensor', async () => {
    const synthesizer = await load(checkpoint);
    const before = tf.memory().numTensors;
    await synthesizer.synthesizeBatch([
      { image, keypoints },
      { image, keypoints },
    ]);
    await synthesizer.synthesize({ image }).catch(() => {});
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a checkpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synthesizer-spec-'));
  const path = join(folder, 'tiny generator.safetensors');
  writeFileSync(path, checkpoint);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = request.url === '/tiny.safetensors' ? 200 : 404;
    response.end(response.statusCode === 200 ? checkpoint : 'no such file');
  });
  let origin: string;

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const sources: [string, () => Parameters<typeof Synthesizer.load>[0]][] = [
    ['bytes', () => checkpoint],
    // A Buffer's `slice` does not copy, unlike a Uint8Array's; and this one begins somewhere in a larger memory.
    ['a Buffer', () => Buffer.concat([Buffer.from('before'), checkpoint]).subarray(6)],
    ['an ArrayBuffer', () => checkpoint.slice().buffer as ArrayBuffer],
    ['a Blob', () => new Blob([checkpoint as Uint8Array<ArrayBuffer>])],
    ['the path of a file', () => path],
    ['a file: URL', () => pathToFileURL(path)],
    ['an http: URL', () => new URL('/tiny.safetensors', origin)],
    ['an http: URL as a string', () => `${origin}/tiny.safetensors`],
  ];

  it.each(sources)('comes from %s', async (_, source) => {
    const synthesizer = await load(source());
    expect(synthesizer.info.weightsHash).toBe(createHash('sha256').update(checkpoint).digest('hex'));
    expect(Array.from((await synthesizer.synthesize({ image, keypoints })).data)).toEqual(expectedPixels());
  });

  it("of a training is read from its file without what is not the generator's; its hash is that of all", async () => {
    const { tensors } = readSafetensors(checkpoint);
    const half = (name: string, tensor: StoredTensor) => asHalfPrecision(name, tensor, float32Values(name, tensor));
    // Raw weights and averages that differ, and moments that are most of the file.
    const all = new Map<string, StoredTensor>([
      ...[...tensors].map(([name, tensor]) => [name, half(name, tensor)] as const),
      ...[...tensors].map(([name, tensor]) => [averagePrefix + name, tensor] as const),
      ['optimizer/moments', { dtype: 'F32', shape: [1_500_000], data: new Uint8Array(6e6).fill(7) }],
    ]);
    const metadata = formatMetadata({ kind: 'training', network, step: 7, seed: 1, counters: {} });
    const training = writeSafetensors(all, metadata);
    const trainingPath = join(folder, 'training.safetensors');
    writeFileSync(trainingPath, training);
    for (const weights of ['average', 'raw'] as const) {
      const read = await loadGeneratorCheckpoint(trainingPath, { weights });
      expect(read.sha256).toBe(createHash('sha256').update(training).digest('hex'));
      expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
      for (const [name, { data }] of read.tensors) {
        const stored = all.get(weights === 'average' ? averagePrefix + name : name) as StoredTensor;
        expect(Buffer.compare(data, stored.data)).toBe(0);
        // In memory of its own: a view would keep the whole file.
        expect(data.buffer.byteLength).toBe(data.byteLength);
      }
    }
  });

  it('can come through a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writing = writeFile(pipe, checkpoint);
    const synthesizer = await load(pipe);
    await writing;
    expect(synthesizer.info.weightsHash).toBe(createHash('sha256').update(checkpoint).digest('hex'));
  });

  it('in a file that is cut is refused', async () => {
    const cut = join(folder, 'cut.safetensors');
    for (const length of [0, 5, 100, checkpoint.length - 1]) {
      writeFileSync(cut, checkpoint.subarray(0, length));
      await expect(Synthesizer.load(cut)).rejects.toBeInstanceOf(SafetensorsError);
    }
  });

  it('is fetched only when its address was given', async () => {
    asked.length = 0;
    const real = globalThis.fetch;
    const fetched: unknown[] = [];
    globalThis.fetch = ((...args: Parameters<typeof fetch>) => {
      fetched.push(args[0]);
      return real(...args);
    }) as typeof fetch;
    try {
      for (const [, source] of sources) await load(source());
    } finally {
      globalThis.fetch = real;
    }
    expect(fetched.map(String)).toEqual([`${origin}/tiny.safetensors`, `${origin}/tiny.safetensors`]);
    expect(asked).toHaveLength(2);
  });

  it.each<[string, () => string | URL, RegExp]>([
    ['a missing file', () => join(folder, 'none'), /none: expected a file that can be read, received ENOENT/],
    ['a folder', () => folder, /: expected a file that can be read, received EISDIR/],
    ['a missing page', () => `${origin}/none`, /none: expected an answer .* 200, received status 404/],
    ['a server that is not there', () => 'http://127.0.0.1:1/x', /127\.0\.0\.1:1\/x: expected an answer of the server/],
  ])('that is %s is an error that names it', async (_, source, message) => {
    const error = await Synthesizer.load(source()).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CheckpointSourceError);
    expect(error.message).toMatch(message);
  });

  it('by path is refused, with the way out, where there is no Node', async () => {
    const { getBuiltinModule } = process;
    Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true });
    try {
      await expect(Synthesizer.load('tiny.safetensors')).rejects.toThrow(
        /give a URL: new URL\(path, document\.baseURI\)/,
      );
    } finally {
      Object.defineProperty(process, 'getBuiltinModule', { value: getBuiltinModule, configurable: true });
    }
  });

  it('that is none, or lacks weights, is refused, and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    await expect(Synthesizer.load(new Uint8Array(3))).rejects.toBeInstanceOf(SafetensorsError);
    await expect(Synthesizer.load(checkpoint, { weights: 'raw' })).rejects.toBeInstanceOf(CheckpointError);
    const { metadata, tensors } = readSafetensors(checkpoint);
    const last = [...tensors.keys()].at(-1) as string;
    const lacking = writeSafetensors(new Map([...tensors].filter(([name]) => name !== last)), metadata);
    await expect(Synthesizer.load(lacking)).rejects.toThrow(last);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a backend that is not there', () => {
  it('is refused with the import that brings it and those that are there', async () => {
    const error = await Synthesizer.load(checkpoint, { backend: 'tensorflow' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(SynthesisBackendError);
    expect(error).toMatchObject({ backend: 'tensorflow', problem: 'not registered' });
    expect(error.registered).toContain('cpu');
    expect(error.message).toContain('Import @tensorflow/tfjs-node (Node only) first, in version 4.22.0.');
    await expect(Synthesizer.load(checkpoint, { backend: 'wsam' })).rejects.toThrow('Correct the name');
  });

  it('is refused when it does not start, and the current one stays', async () => {
    // TF.js prints the error of the factory.
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    tf.registerBackend('broken', () => {
      throw new Error('no device');
    });
    try {
      const error = await Synthesizer.load(checkpoint, { backend: 'broken' }).catch((thrown) => thrown);
      expect(error).toMatchObject({ name: 'SynthesisBackendError', problem: 'did not start' });
      expect(tf.getBackend()).toBe('cpu');
    } finally {
      tf.removeBackend('broken');
      warn.mockRestore();
    }
  });
});
