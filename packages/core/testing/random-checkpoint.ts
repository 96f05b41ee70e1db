// Checkpoints of tiny generators with random weights, for specs: as good as trained ones for all that is not beauty.

import type { StoredTensor } from '@ggb/native-ops/safetensors';
import * as tf from '@ggb/native-ops/tf';
import type { z } from 'zod';
import { writeGeneratorCheckpoint } from '../src/checkpoint/generator-checkpoint.ts';
import { type NetworkConfig, networkSchema } from '../src/config/model-config.ts';
import { resolveNetwork } from '../src/config/resolve-network.ts';
import { Generator } from '../src/model/generator.ts';
import { randomWeights } from '../src/model/weight-init.ts';

/** A generator of 16 x 16 pixels and some thousand weights, unless `overrides` say otherwise. */
export function tinyNetwork(overrides: z.input<typeof networkSchema> = {}): NetworkConfig {
  return resolveNetwork(
    networkSchema.parse({
      image: { size: 16 },
      model: { generator: { baseChannels: 8, maxChannels: 16 } },
      ...overrides,
    }),
  );
}

/** A generator whose normalisation does something: running statistics that are not those of a fresh network. */
export function randomGenerator(network: NetworkConfig, seed: number): Generator {
  const random = randomWeights('uniform', seed);
  return new Generator(network, {
    tensor: (name, shape, role) => {
      if (role.role === 'kernel' || role.role === 'bias') return random.tensor(name, shape, role);
      const isAroundZero = role.role === 'mean' || role.role === 'offset';
      const wave = Float32Array.from({ length: shape[0] as number }, (_, i) => 0.3 * Math.sin(i + 1));
      return tf.tensor1d(isAroundZero ? wave : wave.map((value) => 1 + value));
    },
  });
}

/** The bytes of a checkpoint with the weights of {@link randomGenerator}. */
export function randomCheckpoint(network: NetworkConfig, seed = 1): Uint8Array {
  const generator = randomGenerator(network, seed);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, variable] of generator.variables) {
    const data = new Uint8Array((variable.dataSync() as Float32Array).slice().buffer);
    tensors.set(name, { dtype: 'F32', shape: variable.shape, data });
  }
  generator.dispose();
  return writeGeneratorCheckpoint({ network, step: 7, seed, weights: 'average', tensors });
}

/** An RGB image of size x size pixels in which no two rows, columns or channels are alike. */
export function testImage(size: number) {
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 37 + ((i / 3) | 0) * 11) % 256);
  return { data, width: size, height: size };
}

/** A pose with every joint inside the image, but one hidden. */
export function testPose(size: number): ([number, number] | null)[] {
  return Array.from({ length: 18 }, (_, i) => (i === 4 ? null : [(i * 7) % size, (i * 5 + 3) % size]));
}
