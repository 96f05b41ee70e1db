import { nearestName } from '@ggb/native-ops/messages';
import type { PairMetricName } from '../pair-metrics/pair-metric.ts';
import { pairMetrics } from '../pair-metrics/pair-metrics.ts';
import type { Protocol } from '../protocols/protocol.ts';

/** Pixels that images must have at least to be scored; what a pre-scan can say before a metric would refuse them. */
export function smallestImage(
  { window, padding }: Protocol,
  metrics: readonly PairMetricName[],
): { readonly width: number; readonly height: number } {
  const sides = metrics.map((name) => {
    if (name === 'ms-ssim') return 16 * (window.size - 1) + 1; // The window must fit into the fifth scale.
    return name === 'ssim' || name === 'ssim-inside' ? window.size : 1;
  });
  const side = Math.max(1, ...sides);
  const padded = padding === 'none' ? 0 : padding.left + padding.right;
  return { width: Math.max(1, side - padded), height: side };
}

/** A metric that nobody here knows by this name. */
export class UnknownMetricError extends Error {
  override readonly name = 'UnknownMetricError';

  constructor(
    readonly received: string,
    readonly known: readonly string[],
    /** The known name that was probably meant. */
    readonly nearest: string | undefined,
  ) {
    super(
      `Unknown metric "${received}".${nearest === undefined ? '' : ` Did you mean "${nearest}"?`} Known: ${known.join(', ')}.`,
    );
  }
}

/**
 * @param others  names of metrics of something else than pairs, which the message shall know too.
 * @throws UnknownMetricError
 */
export function pairMetricNamed(name: string, others: readonly string[] = []): PairMetricName {
  if (Object.hasOwn(pairMetrics, name)) return name as PairMetricName;
  const known = [...Object.keys(pairMetrics), ...others];
  throw new UnknownMetricError(name, known, nearestName(name, known));
}
