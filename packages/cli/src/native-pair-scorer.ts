// Scores pairs of image files in native threads where the addon for it is there, and in TypeScript where it is not, or
// where it cannot: the numbers are equal to 1e-6, the time is not.
import type { PairMetricName, Protocol } from '@ggb/metrics';
import {
  type PairFiles,
  type PairOutcome,
  type PairScorer,
  PortablePairScorer,
  type ScoreRequest,
  sharpVersion,
} from '@ggb/metrics/node';
import type * as Images from '@ggb/native-ops/images';

type NativeImages = typeof Images;

const nativeMetrics = ['ssim', 'psnr', 'l1'] as const satisfies readonly PairMetricName[];
type NativeMetric = (typeof nativeMetrics)[number];

export interface ChosenScorer {
  readonly scorer: PairScorer;
  /** One line: who scores, and why if it is not the fast one. */
  readonly reason: string;
}

export interface ScorerWish {
  readonly protocol: Protocol;
  readonly metrics: readonly PairMetricName[];
  readonly threads?: number | undefined;
  /** 'portable': TypeScript whatever there is. Default: native if possible. */
  readonly prefer?: 'native' | 'portable' | undefined;
}

/** The fastest scorer that computes this here. Never throws: without the addon there is the portable one. */
export async function choosePairScorer({ protocol, metrics, threads, prefer }: ScorerWish): Promise<ChosenScorer> {
  const portable = new PortablePairScorer();
  const because = (reason: string) => ({
    scorer: portable,
    reason: `Scorer: ${portable.description}, because ${reason}.`,
  });
  if (prefer === 'portable') return because('it was asked for');
  const why = whyNotNative(protocol, metrics);
  if (why !== undefined) return because(why);
  const images = await nativeImages();
  if ('missing' in images) return because(`native scoring is not available: ${images.missing}`);
  const scorer = new NativePairScorer(images.module, images.libraries, metrics, portable, threads);
  return { scorer, reason: `Scorer: ${scorer.description}.` };
}

const isNative = (name: PairMetricName): name is NativeMetric => (nativeMetrics as readonly string[]).includes(name);

/** Why the native scorer is of no use: of the protocol, or because it computes none of the metrics. */
export function whyNotNative(protocol: Protocol, metrics: readonly PairMetricName[]): string | undefined {
  if (!metrics.some(isNative)) return `${metrics.join(', ')} is computed in TypeScript`;
  if (protocol.mask !== 'none') return `protocol ${protocol.name} draws masks`;
  if (protocol.channels !== 'rgb-mean') return `protocol ${protocol.name} scores grey images`;
  if (protocol.downsample !== 'none') return `protocol ${protocol.name} shrinks images`;
  return undefined;
}

/** Native threads for JPEG and PNG; the portable scorer for pairs with another format, and for other metrics. */
export class NativePairScorer implements PairScorer {
  readonly description: string;

  constructor(
    private readonly images: NativeImages,
    libraries: readonly string[],
    metrics: readonly PairMetricName[],
    private readonly portable: PairScorer,
    private readonly threads: number | undefined,
  ) {
    const others = metrics.filter((name) => !isNative(name));
    const inTypeScript = others.length === 0 ? '' : `${others.join(', ')} in TypeScript; `;
    // Without the number of threads: it changes no number, and a run may go on with another one.
    this.description = `native (${libraries.join(', ')}; ${inTypeScript}other formats by ${sharpVersion()})`;
  }

  supports(protocol: Protocol, metrics: readonly PairMetricName[]): boolean {
    return whyNotNative(protocol, metrics) === undefined;
  }

  async score(pairs: readonly PairFiles[], request: ScoreRequest): Promise<readonly PairOutcome[]> {
    const metrics = request.metrics.filter(isNative);
    const others = request.metrics.filter((name) => !isNative(name));
    const [scored, more] = await Promise.all([
      this.scoreNatively(pairs, { ...request, metrics }),
      others.length === 0 ? undefined : this.portable.score(pairs, { ...request, metrics: others }),
    ]);
    if (more === undefined) return scored;
    return scored.map((outcome, i) => joined(outcome, more[i] as PairOutcome));
  }

  private async scoreNatively(
    pairs: readonly PairFiles[],
    request: ScoreRequest & { readonly metrics: readonly NativeMetric[] },
  ): Promise<readonly PairOutcome[]> {
    const { window, statistics, k1, k2, dataRange, scale, padding } = request.protocol;
    const { threads } = this;
    const results = await this.images.scorePairFiles(
      pairs,
      {
        ...{ window, statistics, k1, k2, dataRange, scale, padding },
        metrics: request.metrics,
        ...(threads === undefined ? {} : { threads }),
      },
      request.signal,
    );
    const outcomes = results.map(outcomeOf);
    const others = pairs.flatMap((_, i) => (outcomes[i]?.problem?.kind === 'unsupported-format' ? [i] : []));
    if (others.length === 0) return outcomes;
    const rescored = await this.portable.score(
      others.map((i) => pairs[i] as PairFiles),
      request,
    );
    for (const [at, i] of others.entries()) outcomes[i] = rescored[at] as PairOutcome;
    return outcomes;
  }
}

/** All of a pair's scores or none. */
function joined(outcome: PairOutcome, more: PairOutcome): PairOutcome {
  if (outcome.values === undefined) return outcome;
  if (more.values === undefined) return more;
  return { values: { ...outcome.values, ...more.values } };
}

function outcomeOf(result: Images.NativePairResult): PairOutcome {
  if ('values' in result) return { values: result.values };
  const { side, kind, message } = result.problem;
  return { problem: { side, kind: problemKinds[kind], message } };
}

const problemKinds = {
  missing: 'unreadable',
  unreadable: 'unreadable',
  empty: 'empty',
  'unsupported-format': 'unsupported-format',
  truncated: 'truncated',
  corrupt: 'corrupt',
  'too-large': 'too-large',
  'size-mismatch': 'size-mismatch',
  'too-small': 'too-small',
  'no-range': 'metric',
  'out-of-memory': 'too-large',
} as const satisfies Record<Images.NativeProblemKind, string>;

async function nativeImages(): Promise<
  { readonly module: NativeImages; readonly libraries: readonly string[] } | { readonly missing: string }
> {
  const module = await import('@ggb/native-ops/images');
  const backend = module.imagesBackend();
  return backend.available ? { module, libraries: backend.libraries } : { missing: backend.reason };
}
