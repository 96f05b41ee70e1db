// Scores the pairs of a split: the model's outputs, and two trivial answers to the same task.
import type { EvaluationRecord, Example, Pair, RgbImage, Scores, Synthesizer } from '@ggb/core';
import { loadPair } from '@ggb/core/node';
import { figureMask, scorePair } from '@ggb/metrics';
import type { ProgressLine } from '../../progress-line.ts';
import { synthesisInput } from '../synthesize/synthesis-input.ts';
import { NearestPose } from './nearest-pose.ts';

/** Pairs synthesized at once: enough to keep two cores busy, little memory at 256 pixels. */
const batchSize = 16;

export interface ScoringOptions {
  readonly synthesizer: Synthesizer;
  readonly pairs: readonly Pair[];
  /** Where the nearest pose is looked for. */
  readonly trainingPairs: readonly Pair[];
  readonly progress: ProgressLine;
  /** Sees every output, in order. */
  readonly onOutput?: (output: RgbImage, example: Example, nearest: RgbImage | undefined) => void;
}

export interface RunScores {
  readonly mean: Scores;
  readonly pairs: EvaluationRecord['pairs'];
  readonly baselines: { readonly copySource: Scores; readonly nearestPose?: Scores };
}

/** @throws ImageError, DataProblems  for pairs that the model cannot take. */
export async function scoreRun(options: ScoringOptions): Promise<RunScores> {
  const { synthesizer, pairs, trainingPairs, progress, onOutput } = options;
  const { imageSize, condition } = synthesizer.info;
  const network = { image: { size: imageSize }, condition };
  const nearestPose = condition.kind === 'keypoints' ? new NearestPose(trainingPairs) : undefined;
  const model: (Scores & { id: string })[] = [];
  const copied: Scores[] = [];
  const nearest: Scores[] = [];
  for (let start = 0; start < pairs.length; start += batchSize) {
    const batch = pairs.slice(start, start + batchSize);
    const examples = await Promise.all(batch.map((pair) => loadPair(pair, network)));
    const outputs = await synthesizer.synthesizeBatch(
      examples.map(({ source, variation }) => synthesisInput(source, variation)),
    );
    for (const [index, example] of examples.entries()) {
      const output = withoutAlpha(outputs[index] as (typeof outputs)[number]);
      const inside = insideOf(example, imageSize);
      const score = (image: RgbImage) => scoresOf(scorePair({ output: image, truth: example.target, inside }));
      model.push({ id: example.id, ...score(output) });
      copied.push(score(example.source));
      const { keypoints } = example.variation;
      const pose = nearestPose?.isKnown && keypoints !== undefined ? await nearestPose.image(keypoints) : undefined;
      if (pose !== undefined) nearest.push(score(pose));
      onOutput?.(output, example, pose);
    }
    progress.update({ unit: 'pair', done: model.length, total: pairs.length });
  }
  return {
    mean: meanScores(model),
    pairs: model,
    baselines: {
      copySource: meanScores(copied),
      ...(nearest.length === pairs.length ? { nearestPose: meanScores(nearest) } : {}),
    },
  };
}

/** Mean of each score; one that some pair lacks is left out, because it would be a mean over other pairs. */
export function meanScores(scores: readonly Scores[]): Scores {
  const mean = (key: keyof Scores) => {
    const values = scores.flatMap((score) => score[key] ?? []);
    return values.length === scores.length ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
  };
  const [insideSsim, insideL1] = [mean('insideSsim'), mean('insideL1')];
  return {
    ssim: mean('ssim') as number,
    ...(insideSsim === undefined ? {} : { insideSsim }),
    ...(insideL1 === undefined ? {} : { insideL1 }),
    l1: mean('l1') as number,
  };
}

/** What the record holds of a pair's scores. */
function scoresOf({ ssim, insideSsim, insideL1, l1 }: ReturnType<typeof scorePair>): Scores {
  return {
    ssim,
    ...(insideSsim === undefined ? {} : { insideSsim }),
    ...(insideL1 === undefined ? {} : { insideL1 }),
    l1,
  };
}

/** Silhouettes come as 0 and 1, metrics take grey. */
function insideOf({ sourceMask, targetMask }: Example, size: number) {
  if (sourceMask === undefined || targetMask === undefined) return undefined;
  const grey = (mask: Uint8Array) => ({ data: mask.map((value) => value * 255), width: size, height: size });
  return figureMask(grey(sourceMask), grey(targetMask));
}

function withoutAlpha({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }): RgbImage {
  const rgb = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb.set(data.subarray(4 * pixel, 4 * pixel + 3), 3 * pixel);
  }
  return { data: rgb, width, height };
}
