// The scorer that runs wherever Node and sharp do: decoding in sharp's threads, metrics in TypeScript, float64.
import { createRequire } from 'node:module';
import { ImageInputError } from '../image/image-input-error.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { decodeImage, ImageReadError } from '../image-set/decode-image.ts';
import { pairMetrics } from '../pair-metrics/pair-metrics.ts';
import { maskOfPair } from './pair-mask.ts';
import type { PairFiles, PairOutcome, PairProblem, PairScorer, ScoreRequest } from './pair-scorer.ts';

/** Decoding keeps this many pairs ahead of the scoring, which is one thread: more would only hold memory. */
const pairsUnderWay = 4;

export class PortablePairScorer implements PairScorer {
  /** With the versions of the decoders: another one may give other pixels, and so other bits. */
  get description(): string {
    return `portable (TypeScript float64, ${sharpVersion()})`;
  }

  supports(): boolean {
    return true;
  }

  async score(pairs: readonly PairFiles[], request: ScoreRequest): Promise<readonly PairOutcome[]> {
    const references = new References(pairs);
    const outcomes = new Array<PairOutcome>(pairs.length);
    let next = 0;
    const worker = async () => {
      for (let at = next++; at < pairs.length; at = next++) {
        request.signal?.throwIfAborted();
        outcomes[at] = await scorePair(pairs[at] as PairFiles, references, request);
      }
    };
    await Promise.all(Array.from({ length: pairsUnderWay }, worker));
    return outcomes;
  }
}

/** `sharp 0.35.5 with libvips 8.17.3`. Loads sharp, which the first image would do anyway. */
export function sharpVersion(): string {
  const { versions } = createRequire(import.meta.url)('sharp') as typeof import('sharp');
  return `sharp ${versions.sharp} with libvips ${versions.vips}`;
}

async function scorePair(
  pair: PairFiles,
  references: References,
  { protocol, metrics }: ScoreRequest,
): Promise<PairOutcome> {
  // Both are asked for at once; both are waited for, or the other's failure would be nobody's.
  const [real, generated] = await Promise.all([
    references.decoded(pair.real),
    decodeImage(pair.generated).catch((error: unknown) => problemOf(error, 'generated')),
  ]);
  if ('kind' in real) return { problem: real };
  if ('kind' in generated) return { problem: generated };
  try {
    const mask = maskOfPair(pair, real, protocol, metrics);
    const images = { real, generated, mask };
    return { values: Object.fromEntries(metrics.map((name) => [name, pairMetrics[name].compute(images, protocol)])) };
  } catch (error) {
    if (!(error instanceof ImageInputError)) throw error;
    return { problem: { side: 'generated', kind: 'metric', message: error.message } };
  }
}

function problemOf(error: unknown, side: PairProblem['side']): PairProblem {
  if (!(error instanceof ImageReadError)) throw error;
  return { side, kind: 'corrupt', message: error.reason };
}

/** Real images, each decoded once for all pairs of a batch and forgotten after the last of them. */
class References {
  private readonly uses = new Map<string, number>();
  private readonly images = new Map<string, Promise<RgbImage | PairProblem>>();

  constructor(pairs: readonly PairFiles[]) {
    for (const { real } of pairs) this.uses.set(real, (this.uses.get(real) ?? 0) + 1);
  }

  decoded(path: string): Promise<RgbImage | PairProblem> {
    const image = this.images.get(path) ?? decodeImage(path).catch((error: unknown) => problemOf(error, 'real'));
    const left = (this.uses.get(path) ?? 0) - 1;
    this.uses.set(path, left);
    if (left > 0) this.images.set(path, image);
    else this.images.delete(path);
    return image;
  }
}
