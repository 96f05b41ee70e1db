// `ggb data check`: what training would find wrong, without training.
import { type ConditionConfig, conditionSchema, type Pair } from '@ggb/core';
import { readImageHeader, readPairManifest, type ScanReport, scanPairs } from '@ggb/core/node';
import { scanText } from '../../data/scan-text.ts';

export interface CheckOptions {
  readonly size?: number;
  readonly condition?: ConditionConfig['kind'];
}

/** @throws DataProblems  that list what is wrong. */
export async function checkData(manifest: string, { size, condition }: CheckOptions): Promise<void> {
  const pairs = await readPairManifest(manifest);
  // A manifest without pairs is refused when it is read.
  const first = pairs[0] as Pair;
  const network = {
    image: { size: size ?? (await readImageHeader(first.source)).width },
    condition: conditionOf(first, condition),
  };
  const scan = await scanPairs(pairs, network);
  console.log(summary(pairs, network, scan));
}

function conditionOf(first: Pair, kind: ConditionConfig['kind'] | undefined): ConditionConfig {
  const found = first.keypoints !== undefined ? 'keypoints' : first.label !== undefined ? 'label' : 'image';
  const chosen = kind ?? found;
  return conditionSchema.parse(
    chosen === 'label' ? { kind: chosen, length: first.label?.length ?? 1 } : { kind: chosen },
  );
}

function summary(
  pairs: readonly Pair[],
  { image, condition }: { image: { size: number }; condition: ConditionConfig },
  scan: ScanReport,
): string {
  const images = new Set(pairs.flatMap(({ source, target }) => [source, target]));
  const identities = new Set(pairs.flatMap(({ identity }) => identity ?? []));
  const withMasks = pairs.filter(({ sourceMask, targetMask }) => sourceMask !== undefined && targetMask !== undefined);
  const lines = [
    `${pairs.length} pairs of ${images.size} images, ${scanText(scan)}, ${image.size} x ${image.size} pixels`,
    `condition: ${condition.kind}${condition.kind === 'label' ? ` of ${condition.length} numbers` : ''}`,
    ...splitLines(pairs),
    ...(identities.size > 0 ? [`identities: ${identities.size}${sharedIdentities(pairs)}`] : []),
    `silhouettes: ${withMasks.length === 0 ? 'none, so scores will be over the whole frame' : `${withMasks.length} pairs`}`,
  ];
  return lines.join('\n');
}

function splitLines(pairs: readonly Pair[]): string[] {
  const counts = new Map<string, number>();
  for (const { split = '(none)' } of pairs) counts.set(split, (counts.get(split) ?? 0) + 1);
  if (counts.size === 1 && counts.has('(none)')) return ['splits: none; all pairs are trained on'];
  return [
    `splits: ${[...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([split, count]) => `${split} ${count}`)
      .join(', ')}`,
  ];
}

/** An identity in two splits is allowed, and makes a test easier than it looks. */
function sharedIdentities(pairs: readonly Pair[]): string {
  const splits = new Map<string, Set<string>>();
  for (const { identity, split } of pairs) {
    if (identity === undefined || split === undefined) continue;
    splits.set(identity, (splits.get(identity) ?? new Set()).add(split));
  }
  const shared = [...splits].filter(([, found]) => found.size > 1);
  if (shared.length === 0) return '';
  return `; ${shared.length} of them in more than one split, for example ${shared[0]?.[0]}`;
}
