// What is kept of an evaluation, and under which name: scores are worth what is known of how they came about.
import { createHash } from 'node:crypto';
import { type EvaluationRecord, type Pair, runRecordVersion, type Scores, type SynthesizerInfo } from '@ggb/core';
import { stepName } from '@ggb/core/node';
import { type Protocol, protocolHash } from '@ggb/metrics';
import { bootstrapIntervals } from '@ggb/metrics/node';
import { scoreKinds } from '../../report/score-kinds.ts';
import { type RunScores, scoringProtocol } from './score-run.ts';

export interface EvaluationSource {
  /** As the record names it. */
  readonly checkpoint: string;
  readonly info: Pick<SynthesizerInfo, 'weights' | 'weightsHash'>;
  readonly preset: string;
  /** The manifest, and SHA-256 of its bytes. */
  readonly data: { readonly manifest: Pair['manifest']; readonly manifestSha256: string };
  readonly split: string;
  /** If it is not the usual one. */
  readonly protocol?: Protocol;
}

/** In the form of a report of image folders, and with what belongs to a run. */
export function evaluationRecord(source: EvaluationSource, scores: RunScores): EvaluationRecord {
  const { checkpoint, info, preset, data, split, protocol = scoringProtocol } = source;
  const { mean, pairs, baselines, failed } = scores;
  return {
    version: runRecordVersion,
    checkpoint,
    ...(info.weightsHash === undefined ? {} : { checkpointSha256: info.weightsHash }),
    preset,
    protocol: { name: protocol.name, hash: protocolHash(protocol) },
    data,
    weights: info.weights,
    split,
    mean,
    metrics: summariesOf(scores),
    pairs: pairs.map(({ id, ...values }) => ({ id, name: id, ...values })),
    baselines,
    ...(failed.length === 0 ? {} : { failed }),
  };
}

/** Of every score that has a mean: one that each pair has. */
function summariesOf({ mean, pairs }: RunScores): NonNullable<EvaluationRecord['metrics']> {
  const names = (Object.keys(scoreKinds) as (keyof Scores)[]).filter((name) => mean[name] !== undefined);
  const intervals = bootstrapIntervals(names.map((name) => Float64Array.from(pairs, (pair) => pair[name] as number)));
  return Object.fromEntries(
    names.map((name, i) => {
      const { direction, unit } = scoreKinds[name];
      const summary = { mean: mean[name], n: pairs.length, interval: intervals[i], direction };
      return [name, { ...summary, unit: unit === '' ? 'none' : unit }];
    }),
  );
}

export interface EvaluationName {
  readonly split: string;
  readonly step: number;
  readonly weights: 'average' | 'raw';
  /** Name of the protocol. */
  readonly protocol?: string;
  /** Pairs that were scored, if they are a part of the split. */
  readonly count?: number;
  /** What tells data or checkpoint from the run's own, if they are others. */
  readonly others?: readonly string[];
}

/**
 * `test-step-000500-average`, `-pg2` behind it for a protocol that is not the usual one, `-16` for a part of the split. With a hash at the end where data or checkpoint are
 * not the run's own, so that the run's own record is not overwritten. A split may be called anything; what is special in
 * file names becomes `%` and its code.
 */
export function evaluationName(name: EvaluationName): string {
  const { split, step, weights, protocol = scoringProtocol.name, count, others = [] } = name;
  const escaped = split.replace(
    /[^A-Za-z0-9_-]/gu,
    (sign) => `%${Buffer.from(sign).toString('hex').toUpperCase().match(/../g)?.join('%')}`,
  );
  const hash = createHash('sha256').update(JSON.stringify(others)).digest('hex').slice(0, 8);
  return [
    escaped,
    stepName(step),
    weights,
    ...(protocol === scoringProtocol.name ? [] : [protocol]),
    ...(count === undefined ? [] : [`${count}`]),
    ...(others.length === 0 ? [] : ['other', hash]),
  ].join('-');
}
