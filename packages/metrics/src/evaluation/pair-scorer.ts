// Who scores pairs of files: the evaluator does not care whether JavaScript or native threads do.
import type { PairFiles } from '../image-set/image-pairs.ts';
import type { ProblemKind } from '../image-set/image-set-problem.ts';
import type { PairMetricName } from '../pair-metrics/pair-metric.ts';
import type { Protocol } from '../protocols/protocol.ts';

export type { PairFiles } from '../image-set/image-pairs.ts';

export interface ScoreRequest {
  readonly protocol: Protocol;
  readonly metrics: readonly PairMetricName[];
  /** Aborted: reject with its reason as soon as possible. */
  readonly signal?: AbortSignal | undefined;
}

/** What keeps a pair from being scored although its headers were fine. */
export interface PairProblem {
  readonly side: 'real' | 'generated';
  /** 'unsupported-format': this scorer does not decode the file; another one may. */
  readonly kind: ProblemKind;
  readonly message: string;
}

export type PairOutcome =
  | { readonly values: Readonly<Partial<Record<PairMetricName, number>>>; readonly problem?: undefined }
  | { readonly problem: PairProblem; readonly values?: undefined };

/**
 * Scores pairs of image files. The result of a pair depends on its two files, protocol and metrics alone: not on the others
 * in the batch, their order, or the number of threads.
 */
export interface PairScorer {
  /** For reports: who computed, e.g. 'portable (TypeScript float64, sharp 0.35.5 with libvips 8.17.3)'. */
  readonly description: string;
  supports(protocol: Protocol, metrics: readonly PairMetricName[]): boolean;
  /** One outcome for each pair, in their order. Called with batches; several calls may be under way. */
  score(pairs: readonly PairFiles[], request: ScoreRequest): Promise<readonly PairOutcome[]>;
}
