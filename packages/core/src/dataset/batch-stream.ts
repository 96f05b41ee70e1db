// Where training gets its batches: shuffled epochs over the pairs of a manifest, decoded ahead of time.
import { setImmediate } from 'node:timers/promises';
import type { NetworkConfig } from '../config/model-config.ts';
import { ConfigError } from '../config/resolve-network.ts';
import type { DataConfig } from '../config/training-config.ts';
import { randomPurposes, SeededRandom } from '../random/seeded-random.ts';
import type { Batch, BatchSource } from './batch.ts';
import type { Example, Pair } from './example.ts';
import { ImageCache } from './image-cache.ts';
import { loadTrainingPair } from './load-pair.ts';
import { type Augmentation, makeBatch } from './make-batch.ts';

export interface BatchStreamOptions {
  readonly pairs: readonly Pair[];
  readonly network: Pick<NetworkConfig, 'image' | 'condition'>;
  readonly data: Pick<DataConfig, 'augmentation' | 'cacheMiB'>;
  readonly batchSize: number;
  readonly seed: number;
  /** How many later batches are decoded in the background; default 3. */
  readonly prefetch?: number;
}

/**
 * Batches of shuffled pairs. Training eats one sequence of pairs, epoch after epoch, each a new order of all pairs; a batch
 * is the next `batchSize` of them, so one at the end of an epoch goes on into the next. What a batch holds is a function of
 * seed and step.
 *
 * Images are decoded by sharp's threads and kept (`data.cacheMiB`). Conversion to float32 and condition maps happen in
 * `batch`, on the calling thread.
 */
export class BatchStream implements BatchSource {
  private readonly options: BatchStreamOptions;
  private readonly prefetch: number;
  private readonly cache: ImageCache;
  private readonly prepared = new Map<number, Promise<Example[]>>();
  private readonly orders = new Map<number, Uint32Array>();
  private isClosed = false;

  /**
   * @throws RangeError  without pairs.
   * @throws ConfigError  for mirroring under a condition other than key points: nobody knows what a label becomes.
   */
  constructor(options: BatchStreamOptions) {
    const { pairs, network, data } = options;
    if (pairs.length === 0) throw new RangeError('BatchStream: expected at least one pair, received none.');
    if (data.augmentation.flip && network.condition.kind !== 'keypoints') {
      const expected = 'false, because only key points can be mirrored with the images';
      throw new ConfigError('data.augmentation.flip', expected, `true with condition.kind ${network.condition.kind}`);
    }
    this.options = options;
    this.prefetch = options.prefetch ?? 3;
    this.cache = new ImageCache(data.cacheMiB * 2 ** 20);
  }

  /**
   * @throws ImageError  that names manifest, line and key, when an image cannot be read.
   * @throws ConditionError  when a pair lacks the condition of the network.
   */
  async batch(step: number): Promise<Batch> {
    if (this.isClosed) throw new Error('BatchStream: batch() was called after close().');
    for (const other of this.prepared.keys()) {
      if (other < step || other > step + this.prefetch) this.prepared.delete(other);
    }
    for (let ahead = step; ahead <= step + this.prefetch; ahead++) this.prepare(ahead);
    // Taken now: a call for another step may come while this one waits, and forgets what it does not need.
    const prepared = this.prepared.get(step) as Promise<Example[]>;
    // A training step holds the thread, and its microtasks with it: give decoded images a chance to arrive.
    if (this.cache.isBusy) await setImmediate();
    const examples = await prepared;
    const { network, batchSize } = this.options;
    const augmentations = Array.from({ length: batchSize }, (_, position) => this.augmentation(step, position));
    return makeBatch(examples, network, augmentations);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.prepared.clear();
    await this.cache.idle();
    this.cache.clear();
  }

  /** Places in `pairs` of the pairs of a step. */
  private indices(step: number): number[] {
    const { pairs, batchSize } = this.options;
    return Array.from({ length: batchSize }, (_, position) => {
      const place = step * batchSize + position;
      return this.order(Math.floor(place / pairs.length))[place % pairs.length] as number;
    });
  }

  /** The order of an epoch. */
  private order(epoch: number): Uint32Array {
    let order = this.orders.get(epoch);
    if (order === undefined) {
      order = new SeededRandom(this.options.seed, randomPurposes.epochOrder, epoch).permutation(
        this.options.pairs.length,
      );
      // Batches ahead may belong to the next epoch; nothing looks further back.
      for (const old of this.orders.keys()) if (Math.abs(old - epoch) > 1) this.orders.delete(old);
      this.orders.set(epoch, order);
    }
    return order;
  }

  private augmentation(step: number, position: number): Augmentation {
    const { flip, hue } = this.options.data.augmentation;
    const random = new SeededRandom(this.options.seed, randomPurposes.augmentation, step, position);
    // All are drawn whatever is switched on, so that one switch does not change what the other does.
    const [isFlipped, isTurned, angle] = [random.integer(2) === 1, random.integer(2) === 1, random.uniform()];
    return { flip: flip && isFlipped, hueAngle: hue && isTurned ? 2 * Math.PI * angle : 0 };
  }

  private prepare(step: number): void {
    if (this.prepared.has(step)) return;
    const { pairs, network } = this.options;
    const load = (index: number) => loadTrainingPair(pairs[index] as Pair, network, (path) => this.cache.image(path));
    const examples = Promise.all(this.indices(step).map(load));
    // Whoever asks for the batch sees the error; until then it is nobody's.
    examples.catch(() => {});
    this.prepared.set(step, examples);
  }
}
