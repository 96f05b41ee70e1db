// Tensors to a file and back, on TF.js's plain CPU backend.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, SafetensorsError } from '@ggb/native-ops/safetensors';
import * as tf from '@ggb/native-ops/tf';
import { resolveConfig } from '../config/presets.ts';
import { Generator } from '../model/generator.ts';
import { randomWeights } from '../model/weight-init.ts';
import { averagePrefix, CheckpointError, type CheckpointMetadata } from './checkpoint.ts';
import { withCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
import { readGeneratorCheckpoint, weightsFrom, writeGeneratorCheckpoint } from './generator-checkpoint.ts';

const { image, condition, model } = resolveConfig({
  image: { size: 16 },
  condition: { kind: 'label', length: 1 },
  model: { generator: { baseChannels: 4, maxChannels: 8 } },
});
const network = { image, condition, model };
const metadata: CheckpointMetadata = { kind: 'training', network, step: 12, seed: 5, counters: { generator: 12 } };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-checkpoint-'));
  path = join(folder, 'a.safetensors');
  tf.engine().startScope();
});

afterEach(() => {
  tf.engine().endScope();
  rmSync(folder, { recursive: true, force: true });
});

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

function withVariables(use: (variables: ReadonlyMap<string, tf.Variable>) => Promise<void>): Promise<void> {
  const variables = new Map<string, tf.Variable>([
    ['weight', tf.tensor2d([1.5, -0, 3e-39, 4], [2, 2]).variable()],
    ['count', tf.tensor1d([1, -(2 ** 31)], 'int32').variable(false)],
    ['mask', tf.tensor1d([1, 0], 'bool').variable(false)],
    ['scalar', tf.scalar(7).variable()],
  ]);
  return use(variables).finally(() => tf.dispose([...variables.values()]));
}

describe('a checkpoint file', () => {
  it('gives back every value and the metadata', async () =>
    withVariables(async (variables) => {
      await writeCheckpoint(path, variables, metadata);
      const before = [...variables.values()].map((variable) => variable.dataSync().slice());
      for (const variable of variables.values()) variable.assign(tf.zerosLike(variable));
      const read = await withCheckpoint(path, undefined, async (checkpoint) => {
        await checkpoint.restore(variables);
        return checkpoint.metadata;
      });
      expect(read).toEqual(metadata);
      expect([...variables.values()].map((variable) => variable.dataSync())).toEqual(before);
    }));

  it('is there when it is whole, with its hash told before, and nothing beside it', async () =>
    withVariables(async (variables) => {
      let told: string | undefined;
      await writeCheckpoint(path, variables, metadata, async (hash) => {
        told = hash;
        expect(readdirSync(folder)).toEqual([expect.stringMatching(/^a\.safetensors\..+\.tmp$/)]);
      });
      expect(told).toBe(sha256(path));
      expect(readdirSync(folder)).toEqual(['a.safetensors']);
    }));

  it('has the same bytes whatever the order of the tensors', async () =>
    withVariables(async (variables) => {
      await writeCheckpoint(path, variables, metadata);
      const turned = join(folder, 'b.safetensors');
      await writeCheckpoint(turned, new Map([...variables].reverse()), metadata);
      expect(sha256(turned)).toBe(sha256(path));
    }));

  it.each([Number.NaN, Infinity])('is not written over a good one with a value of %p', async (value) =>
    withVariables(async (variables) => {
      await writeCheckpoint(path, variables, metadata);
      const good = sha256(path);
      const bad = new Map<string, tf.Tensor>([...variables, ['moment', tf.tensor1d([1, value])]]);
      await expect(writeCheckpoint(path, bad, metadata)).rejects.toThrow(`moment holds ${value} at element 1`);
      expect(sha256(path)).toBe(good);
      expect(readdirSync(folder)).toEqual(['a.safetensors']);
    }),
  );

  it('leaves a model untouched that it does not fit', async () =>
    withVariables(async (variables) => {
      await writeCheckpoint(path, variables, metadata);
      const others = new Map<string, tf.Variable>([
        ['weight', tf.zeros([2, 2]).variable()],
        ['scalar', tf.zeros([1]).variable()],
        ...[...variables].filter(([name]) => name === 'count' || name === 'mask'),
      ]);
      await expect(withCheckpoint(path, undefined, ({ restore }) => restore(others))).rejects.toThrow(
        'scalar is [], but the model needs [1]',
      );
      expect([...(others.get('weight') as tf.Variable).dataSync()]).toEqual([0, 0, 0, 0]);
      tf.dispose([...others.values()]);
    }));

  it('is refused when it is cut, damaged, or something else', async () =>
    withVariables(async (variables) => {
      await writeCheckpoint(path, variables, metadata);
      const hash = sha256(path);
      const opened = () => withCheckpoint(path, hash, async () => 'opened');
      await expect(opened()).resolves.toBe('opened');
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] = 77;
      writeFileSync(path, bytes);
      await expect(opened()).rejects.toThrow(CheckpointError);
      truncateSync(path, bytes.length - 1);
      await expect(opened()).rejects.toThrow(SafetensorsError);
      writeFileSync(path, 'no');
      await expect(opened()).rejects.toThrow('length: expected 8 bytes, received a file of 2');
    }));
});

describe('the generator from a checkpoint', () => {
  /** A checkpoint of a training: G, its average with other values, and a moment. */
  async function trainingCheckpoint(): Promise<Uint8Array> {
    const generator = new Generator(network, randomWeights('normal', 5));
    const average = new Generator(network, randomWeights('normal', 6));
    const averages = [...average.variables].map(([name, variable]) => [averagePrefix + name, variable] as const);
    const moment = ['optimizer/generator/generator/encoder1/bias/first', tf.zeros([4])] as const;
    await writeCheckpoint(path, new Map<string, tf.Tensor>([...generator.variables, ...averages, moment]), metadata);
    generator.dispose();
    average.dispose();
    return new Uint8Array(readFileSync(path));
  }

  /** What a generator with these weights draws of a fixed input. */
  function drawn(source: Parameters<typeof weightsFrom>[0] | number): Float32Array {
    const weights = typeof source === 'number' ? randomWeights('normal', source) : weightsFrom(source);
    const generator = new Generator(network, weights);
    const output = tf.tidy(() =>
      generator.forward(tf.fill([1, 16, 16, 3], 0.5), tf.ones([1, 16, 16, 1])).image.dataSync(),
    );
    generator.dispose();
    return output as Float32Array;
  }

  it('has the moving average unless the weights themselves are asked for, and draws what they draw', async () => {
    const bytes = await trainingCheckpoint();
    const average = await readGeneratorCheckpoint(bytes);
    const raw = await readGeneratorCheckpoint(bytes, { weights: 'raw' });
    expect([average.weights, raw.weights]).toEqual(['average', 'raw']);
    expect(drawn(average.tensors)).toBeAllClose(drawn(6));
    expect(drawn(raw.tensors)).toBeAllClose(drawn(5));
    expect(drawn(5)).not.toBeAllClose(drawn(6));
    expect(average.network).toEqual(network);
    expect(average.sha256).toBe(sha256(path));
  });

  it('may come from a small file with nothing else', async () => {
    const { sha256: hash, ...checkpoint } = await readGeneratorCheckpoint(await trainingCheckpoint());
    const small = writeGeneratorCheckpoint(checkpoint);
    const names = [...readSafetensors(small).tensors.keys()];
    expect(names.every((name) => name.startsWith('generator/'))).toBe(true);
    const read = await readGeneratorCheckpoint(small);
    expect(drawn(read.tensors)).toBeAllClose(drawn(6));
    expect(read).toMatchObject({ network, step: 12, seed: 5, weights: 'average' });
    expect(read.sha256).not.toBe(hash);
    await expect(readGeneratorCheckpoint(small, { weights: 'raw' })).rejects.toThrow(
      'it holds the average weights of the generator, not the raw ones',
    );
  });

  it('says which weight is missing or has another shape', async () => {
    const { tensors } = await readGeneratorCheckpoint(await trainingCheckpoint());
    const source = weightsFrom(tensors);
    expect(() => source.tensor('generator/encoder9/kernel', [1], { role: 'scale' })).toThrow(
      'it lacks generator/encoder9/kernel',
    );
    expect(() => source.tensor('generator/encoder1/bias', [5], { role: 'scale' })).toThrow(
      'generator/encoder1/bias is [4], but the model needs [5]',
    );
  });

  it('is no checkpoint of something else', async () => {
    await writeCheckpoint(path, new Map([['weight', tf.zeros([1])]]), metadata);
    await expect(readGeneratorCheckpoint(new Uint8Array(readFileSync(path)))).rejects.toThrow(
      'holds no moving average',
    );
  });
});
