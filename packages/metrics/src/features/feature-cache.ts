// Features of images that were seen before, found by the content of the file and by everything the features depend on: a
// changed image, other weights or another setting is another key, and nothing has to be cleared.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSafetensors, SafetensorsError, writeSafetensors } from '@ggb/native-ops/safetensors';
import type { FeatureNetwork, ImageFeatures } from './feature-network.ts';

/** Goes up when the same image, weights and settings give other features than before. */
const formatVersion = 1;

let writes = 0;

/** One small file for each image and network below `folder`; several processes may share it. */
export class FeatureCache {
  readonly #folder: string;
  readonly #network: FeatureNetwork;

  constructor(folder: string, network: FeatureNetwork) {
    const { name, weightsSha256, settings, dimensions, classes } = network;
    const sorted = Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = { formatVersion, name, weightsSha256, settings: sorted, dimensions, classes };
    const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex');
    this.#folder = join(folder, `${name.replaceAll(/[^\w.-]/g, '_')}-${hash.slice(0, 16)}`);
    this.#network = network;
  }

  /** What was kept for the file with this SHA-256; undefined for nothing, or for what a crash or a full disk has damaged. */
  async find(sha256: string): Promise<ImageFeatures | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await readFile(this.#path(sha256)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const { tensors } = readSafetensors(bytes);
      const values = (name: string, length: number) => {
        const tensor = tensors.get(name);
        if (tensor?.dtype !== 'F32' || tensor.data.byteLength !== 4 * length) return undefined;
        // A copy, since the data may lie unaligned.
        return new Float32Array(new Uint8Array(tensor.data).buffer);
      };
      const features = values('features', this.#network.dimensions);
      const logits = values('logits', this.#network.classes);
      return features === undefined || logits === undefined ? undefined : { features, logits };
    } catch (error) {
      if (error instanceof SafetensorsError) return undefined;
      throw error;
    }
  }

  /** Keeps the features of one image; the file is there whole or not at all. */
  async keep(sha256: string, { features, logits }: ImageFeatures): Promise<void> {
    const path = this.#path(sha256);
    const stored = (values: Float32Array) => {
      const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return { dtype: 'F32', shape: [values.length], data } as const;
    };
    const bytes = writeSafetensors(
      new Map([
        ['features', stored(features)],
        ['logits', stored(logits)],
      ]),
    );
    await mkdir(dirname(path), { recursive: true });
    const unfinished = `${path}.${process.pid}-${writes++}.tmp`;
    try {
      await writeFile(unfinished, bytes);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** Two levels, since some file systems are slow with ten thousand names in one folder. */
  #path(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), `${sha256}.safetensors`);
  }
}
