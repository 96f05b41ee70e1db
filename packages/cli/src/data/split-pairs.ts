// Which pairs of a manifest a command is about.
import type { Pair, TrainingConfig } from '@ggb/core';
import { readPairManifest } from '@ggb/core/node';
import { ggb } from '../command-name.ts';
import { UserError } from '../user-error.ts';

export interface SplitPairs {
  readonly training: readonly Pair[];
  /** Empty where the manifest has no such split. */
  readonly evaluation: readonly Pair[];
}

/**
 * Reads the manifest of a config. Without any `split` in it, all pairs are trained on.
 *
 * @throws DataProblems  for a manifest that cannot be read.
 * @throws UserError  without data.path, or if no pair is in the split to train on.
 */
export async function readSplitPairs({ data }: Pick<TrainingConfig, 'data'>): Promise<SplitPairs> {
  if (data.path === undefined) {
    throw new UserError('data.path is not set', {
      expected: 'a manifest (.jsonl, .csv) or a folder with pairs.jsonl in it',
      remedy: `Give it as data.path=FOLDER. For figures drawn by ggb: ${ggb} data figures --out figures`,
    });
  }
  const pairs = await readPairManifest(data.path);
  if (pairs.every(({ split }) => split === undefined)) return { training: pairs, evaluation: [] };
  return {
    training: pairsOfSplit(pairs, data.split, 'data.split'),
    evaluation: pairs.filter(({ split }) => split === data.evaluationSplit),
  };
}

/** @throws UserError  that names the splits there are, if this one has no pair. */
export function pairsOfSplit(pairs: readonly Pair[], split: string, where: string): readonly Pair[] {
  const chosen = pairs.filter((pair) => pair.split === split);
  if (chosen.length > 0) return chosen;
  const splits = [...new Set(pairs.map((pair) => pair.split ?? '(none)'))];
  throw new UserError(`no pair of ${pairs[0]?.manifest} is in split ${JSON.stringify(split)}`, {
    where,
    expected: `one of ${splits.join(', ')}`,
    received: split,
  });
}

/** `count` items with about equal distances, first to last; all of them if there are no more. */
export function evenlySpaced<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor(((index + 0.5) * items.length) / count)] as T);
}
