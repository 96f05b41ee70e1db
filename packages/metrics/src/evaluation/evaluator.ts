// Scores a set of pairs in batches, several under way, and hands out results one by one as they come.
import { sortedIndices } from '../image-set/sorted-indices.ts';
import type { PairMetricName } from '../pair-metrics/pair-metric.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { PairFiles, PairOutcome, PairScorer } from './pair-scorer.ts';

/** Pairs to score; `ImagePairs` is one, `pairsOf` makes one of an array. */
export interface PairSource {
  readonly length: number;
  files(index: number): PairFiles;
  /** The same number for pairs with the same real image. */
  reference(index: number): number;
}

export interface PairResult {
  /** Position in the source. */
  readonly index: number;
  readonly pair: PairFiles;
  readonly outcome: PairOutcome;
}

export interface EvaluatorOptions {
  readonly protocol: Protocol;
  readonly metrics: readonly PairMetricName[];
  readonly scorer: PairScorer;
  /** Pairs handed to the scorer at once; default 64: enough to fill its threads, and memory for few megabytes of pixels. */
  readonly batchSize?: number;
  /** Batches under way; default 2: one is scored while the results of the other are looked at. */
  readonly batchesInFlight?: number;
}

/** The scorer cannot compute what is asked for. */
export class UnsupportedScoringError extends Error {
  override readonly name = 'UnsupportedScoringError';

  constructor(
    readonly scorer: string,
    readonly protocol: string,
    readonly metrics: readonly string[],
  ) {
    super(
      `The scorer "${scorer}" does not compute ${metrics.join(', ')} under protocol ${protocol}. Take another scorer.`,
    );
  }
}

/**
 * Per-pair scores of a set of image files.
 *
 * ```ts
 * const evaluator = new Evaluator({ protocol: protocols.tf, metrics: ['ssim'], scorer: new PortablePairScorer() });
 * for await (const { pair, outcome } of evaluator.results(pairs, { signal })) ...
 * ```
 *
 * The numbers of a pair are the same bits for any batch size, number of threads and order of pairs.
 */
export class Evaluator {
  /** @throws UnsupportedScoringError */
  constructor(private readonly options: EvaluatorOptions) {
    const { protocol, metrics, scorer } = options;
    if (!scorer.supports(protocol, metrics)) {
      throw new UnsupportedScoringError(scorer.description, protocol.name, metrics);
    }
  }

  /**
   * Results in the order of real images, so that each of them is decoded once for all of its pairs; within one, in the order
   * of the source. Memory does not grow with the number of pairs, but for four bytes each where pairs of one real
   * image do not lie together.
   *
   * When `signal` is aborted, the batches that are finished are still handed out, then its reason is thrown. Leaving the
   * loop early stops the work as well.
   *
   * @param skip  true for pairs that need no scores, because an earlier run has them.
   */
  async *results(
    pairs: PairSource,
    { signal, skip = () => false }: { readonly signal?: AbortSignal; readonly skip?: (index: number) => boolean } = {},
  ): AsyncGenerator<PairResult, void, undefined> {
    const { batchesInFlight = 2 } = this.options;
    const stop = new AbortController();
    const anySignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const batches = this.batches(pairs, skip);
    const waiting: Promise<readonly PairResult[] | Failure>[] = [];
    const start = () => {
      if (anySignal.aborted) return;
      const batch = batches.next();
      // A batch that fails is looked at in its turn; until then its failure must not count as unhandled.
      if (!batch.done) waiting.push(this.score(pairs, batch.value, anySignal).catch((error) => new Failure(error)));
    };
    try {
      for (let i = 0; i < Math.max(1, batchesInFlight); i++) start();
      let failure: Failure | undefined;
      for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
        const results = await batch;
        if (results instanceof Failure) failure ??= results;
        else {
          start();
          yield* results;
        }
        if (failure !== undefined && !anySignal.aborted) stop.abort();
      }
      signal?.throwIfAborted();
      if (failure !== undefined) throw failure.error;
    } finally {
      stop.abort();
      await Promise.all(waiting);
    }
  }

  private async score(
    pairs: PairSource,
    batch: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly PairResult[]> {
    const { scorer, protocol, metrics } = this.options;
    const files = batch.map((index) => pairs.files(index));
    const outcomes = await scorer.score(files, { protocol, metrics, signal });
    return batch.map((index, i) => ({ index, pair: files[i] as PairFiles, outcome: outcomes[i] as PairOutcome }));
  }

  /** Pairs of one real image are not parted unless they alone fill a batch. */
  private *batches(pairs: PairSource, skip: (index: number) => boolean): Generator<readonly number[]> {
    const { batchSize = 64 } = this.options;
    const order = byReference(pairs);
    let batch: number[] = [];
    const { length } = pairs;
    for (let at = 0; at < length; ) {
      const reference = pairs.reference(order(at));
      let end = at;
      const group: number[] = [];
      for (; end < length && pairs.reference(order(end)) === reference; end++) {
        if (!skip(order(end))) group.push(order(end));
      }
      at = end;
      if (batch.length > 0 && batch.length + group.length > batchSize) {
        yield batch;
        batch = [];
      }
      for (const index of group) {
        batch.push(index);
        if (batch.length === batchSize) {
          yield batch;
          batch = [];
        }
      }
    }
    if (batch.length > 0) yield batch;
  }
}

/** What a batch ended with instead of results. */
class Failure {
  constructor(readonly error: unknown) {}
}

/** The place-th pair in order of reference and then as they are. Most sets have one pair a reference, in order already. */
function byReference(pairs: PairSource): (place: number) => number {
  let isSorted = true;
  for (let i = 1; i < pairs.length && isSorted; i++) isSorted = pairs.reference(i - 1) <= pairs.reference(i);
  if (isSorted) return (place) => place;
  const order = sortedIndices(pairs.length, (a, b) => pairs.reference(a) - pairs.reference(b));
  return (place) => order[place] as number;
}

/** A source of pairs at hand. */
export function pairsOf(pairs: readonly PairFiles[]): PairSource {
  const references = new Map<string, number>();
  for (const { real } of pairs) if (!references.has(real)) references.set(real, references.size);
  return {
    length: pairs.length,
    files: (index) => pairs[index] as PairFiles,
    reference: (index) => references.get((pairs[index] as PairFiles).real) as number,
  };
}
