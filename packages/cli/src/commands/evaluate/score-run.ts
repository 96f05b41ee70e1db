// Scores the pairs of a split: the model's outputs, and two trivial answers to the same task. A pair that cannot be scored
// is told and left out: it does not take the scores of the others with it.
import {
  type EvaluationRecord,
  type Example,
  type Pair,
  type RgbImage,
  type Scores,
  SynthesisInputError,
  type SynthesizedImage,
  type Synthesizer,
} from '@ggb/core';
import { loadPair } from '@ggb/core/node';
import { figureMask, type Protocol, scorePair, ssimProtocols } from '@ggb/metrics';
import type { ProgressLine } from '../../progress-line.ts';
import { isUserError, UserError } from '../../user-error.ts';
import { synthesisInput } from '../synthesize/synthesis-input.ts';
import { NearestPose } from './nearest-pose.ts';

/** Pairs synthesized at once: enough to keep two cores busy, little memory at 256 pixels. */
const batchSize = 16;

/** Unless another one is asked for; a record carries its name. */
export const scoringProtocol = ssimProtocols.tf;

/** A pair that has no scores. The message says where the pair stands and what is wrong. */
export type FailedPair = NonNullable<EvaluationRecord['failed']>[number];

export interface ScoringOptions {
  readonly synthesizer: Synthesizer;
  readonly pairs: readonly Pair[];
  /** Where the nearest pose is looked for, or why that is not known. */
  readonly trainingPairs: readonly Pair[] | { readonly missing: string };
  readonly progress: Pick<ProgressLine, 'note' | 'update'>;
  /** Without a mask. Default: {@link scoringProtocol}. */
  readonly protocol?: Protocol;
  /** Sees every output, in order; waited for. */
  readonly onOutput?: (drawn: DrawnOutput) => Promise<void> | void;
}

export interface DrawnOutput {
  readonly output: RgbImage;
  /** What the heads of the guided levels drew, coarse to fine. */
  readonly levels: ReadonlyMap<number, RgbImage>;
  readonly example: Example;
}

export interface RunScores {
  readonly mean: Scores;
  readonly pairs: EvaluationRecord['pairs'];
  readonly baselines: { readonly copySource: Scores; readonly nearestPose?: Scores };
  /** In the order of the pairs. */
  readonly failed: readonly FailedPair[];
}

/** @throws UserError  if not one pair can be scored. */
export async function scoreRun(options: ScoringOptions): Promise<RunScores> {
  const { synthesizer, trainingPairs, progress, onOutput } = options;
  const nearest = synthesizer.info.condition.kind === 'keypoints' ? new NearestAnswers(trainingPairs) : undefined;
  const copied: Scores[] = [];
  const model: (Scores & { id: string })[] = [];
  const failed = await forEachOutput(options, async ({ pair, example, output, levels, score }) => {
    // All of a pair's scores or none: the means are over the same pairs.
    const [ofOutput, ofSource] = [score(output), score(example.source)];
    await nearest?.add(pair, score);
    model.push({ id: example.id, ...ofOutput });
    copied.push(ofSource);
    await onOutput?.({ output, levels, example });
  });
  if (nearest?.missing !== undefined) progress.note(`nearestPose is left out: ${nearest.missing}`);
  return {
    mean: meanScores(model),
    pairs: model,
    baselines: {
      copySource: meanScores(copied),
      ...(nearest === undefined || nearest.missing !== undefined ? {} : { nearestPose: meanScores(nearest.scores) }),
    },
    failed,
  };
}

/** The model's scores alone. @throws UserError  if not one pair can be scored. */
export async function scoreModel(
  options: Omit<ScoringOptions, 'trainingPairs'>,
): Promise<Omit<RunScores, 'baselines'>> {
  const model: (Scores & { id: string })[] = [];
  const failed = await forEachOutput(options, async ({ example, output, levels, score }) => {
    model.push({ id: example.id, ...score(output) });
    await options.onOutput?.({ output, levels, example });
  });
  return { mean: meanScores(model), pairs: model, failed };
}

/** @throws UserError  that lists the pairs without scores, if there are any. `kept` says where the other scores are. */
export function refuseFailed(failed: readonly FailedPair[], total: number, kept = ''): void {
  if (failed.length === 0) return;
  const shown = failed.slice(0, 20).map(({ message }) => message);
  if (shown.length < failed.length) shown.push(`... and ${failed.length - shown.length} more`);
  throw new UserError(`${failed.length} of ${total} pairs could not be scored${kept}`, { remedy: shown.join('\n') });
}

/** Scores of the images nearest in pose. What is wrong with one of them is not the pair's fault: this baseline goes. */
class NearestAnswers {
  readonly scores: Scores[] = [];
  private readonly nearestPose: NearestPose;
  private reason: string | undefined;

  constructor(trainingPairs: ScoringOptions['trainingPairs']) {
    const isKnown = !('missing' in trainingPairs);
    this.nearestPose = new NearestPose(isKnown ? trainingPairs : []);
    if (!isKnown) this.reason = trainingPairs.missing;
    else if (!this.nearestPose.isKnown) this.reason = 'no training pair has key points.';
  }

  /** Why there is no such answer to each of the pairs. */
  get missing(): string | undefined {
    return this.reason;
  }

  async add(pair: Pair, score: (image: RgbImage) => Scores): Promise<void> {
    if (this.reason !== undefined) return;
    try {
      const image = await this.nearestPose.image(pair);
      if (image === undefined) {
        this.reason = `${placeOf(pair)}: no image with a pose was trained on but those of the pair and its identity.`;
      } else {
        this.scores.push(score(image));
      }
    } catch (error) {
      if (!isUserError(error)) throw error;
      this.reason = error.message;
    }
  }
}

interface ScoredOutput {
  readonly pair: Pair;
  readonly example: Example;
  readonly output: RgbImage;
  readonly levels: ReadonlyMap<number, RgbImage>;
  /** Scores any image as an answer to this pair. */
  readonly score: (image: RgbImage) => Scores;
}

/** Returns the pairs that could not be loaded, drawn or visited. */
async function forEachOutput(
  { synthesizer, pairs, progress, protocol = scoringProtocol }: Omit<ScoringOptions, 'trainingPairs'>,
  visit: (scored: ScoredOutput) => Promise<void> | void,
): Promise<readonly FailedPair[]> {
  const { imageSize, condition } = synthesizer.info;
  const network = { image: { size: imageSize }, condition };
  const failures = new Map<Pair, FailedPair>();
  const fail = (pair: Pair, error: unknown) => {
    if (!isUserError(error)) throw error;
    // Some errors know the line themselves.
    const message = error.message.replace(`${pair.manifest}:${pair.line}:`, '');
    failures.set(pair, { id: pair.id, message: `${placeOf(pair)}: ${message}` });
  };
  for (let start = 0; start < pairs.length; start += batchSize) {
    const batch = pairs.slice(start, start + batchSize);
    const loaded = await Promise.all(
      batch.map((pair) =>
        loadPair(pair, network).then(
          (example) => ({ pair, example }),
          (error) => fail(pair, error),
        ),
      ),
    );
    const drawn = await drawEach(
      synthesizer,
      loaded.filter((entry) => entry !== undefined),
      fail,
    );
    for (const { pair, example, image } of drawn) {
      try {
        const inside = insideOf(example, imageSize);
        const score = (output: RgbImage) => scoresOf(scorePair({ output, truth: example.target, inside }, protocol));
        await visit({ pair, example, output: withoutAlpha(image), levels: levelsOf(image), score });
      } catch (error) {
        fail(pair, error);
      }
    }
    progress.update({ unit: 'pair', done: start + batch.length, total: pairs.length });
  }
  const failed = pairs.flatMap((pair) => failures.get(pair) ?? []);
  if (failed.length === pairs.length) refuseFailed(failed, pairs.length);
  return failed;
}

interface LoadedPair {
  readonly pair: Pair;
  readonly example: Example;
}

/** In one pass; again without it, where the model cannot take one of them. */
async function drawEach(
  synthesizer: Synthesizer,
  loaded: readonly LoadedPair[],
  fail: (pair: Pair, error: unknown) => void,
): Promise<readonly (LoadedPair & { readonly image: SynthesizedImage })[]> {
  try {
    const images = await synthesizer.synthesizeBatch(
      loaded.map(({ example: { source, variation } }) => synthesisInput(source, variation)),
      { withLevels: true },
    );
    return loaded.map((entry, index) => ({ ...entry, image: images[index] as SynthesizedImage }));
  } catch (error) {
    const index = error instanceof SynthesisInputError ? /^inputs\[(\d+)\]/.exec(error.argument)?.[1] : undefined;
    const culprit = index === undefined ? undefined : loaded[Number(index)];
    if (culprit === undefined) throw error;
    fail(culprit.pair, error);
    return drawEach(
      synthesizer,
      loaded.filter((entry) => entry !== culprit),
      fail,
    );
  }
}

function placeOf({ manifest, line, id }: Pair): string {
  return `${manifest}:${line}: pair ${id}`;
}

/** Mean of each score; one that some pair lacks is left out, because it would be a mean over other pairs. */
export function meanScores(scores: readonly Scores[]): Scores {
  const mean = (key: keyof Scores) => {
    const values = scores.flatMap((score) => score[key] ?? []);
    return values.length === scores.length ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
  };
  const [insideSsim, insideL1, sharpness] = [mean('insideSsim'), mean('insideL1'), mean('sharpness')];
  return {
    ssim: mean('ssim') as number,
    ...(insideSsim === undefined ? {} : { insideSsim }),
    ...(insideL1 === undefined ? {} : { insideL1 }),
    l1: mean('l1') as number,
    ...(sharpness === undefined ? {} : { sharpness }),
  };
}

/** What the record holds of a pair's scores. */
function scoresOf({ ssim, insideSsim, insideL1, l1, sharpness }: ReturnType<typeof scorePair>): Scores {
  return {
    ssim,
    ...(insideSsim === undefined ? {} : { insideSsim }),
    ...(insideL1 === undefined ? {} : { insideL1 }),
    l1,
    // Infinite beside a flat truth, which JSON has no number for.
    ...(Number.isFinite(sharpness) ? { sharpness } : {}),
  };
}

/** Silhouettes come as 0 and 1, metrics take grey. */
function insideOf({ sourceMask, targetMask }: Example, size: number) {
  if (sourceMask === undefined || targetMask === undefined) return undefined;
  const grey = (mask: Uint8Array) => ({ data: mask.map((value) => value * 255), width: size, height: size });
  return figureMask(grey(sourceMask), grey(targetMask));
}

function levelsOf({ levels = new Map() }: SynthesizedImage): ReadonlyMap<number, RgbImage> {
  return new Map([...levels].map(([level, image]) => [level, withoutAlpha(image)]));
}

function withoutAlpha({ data, width, height }: SynthesizedImage): RgbImage {
  const rgb = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb.set(data.subarray(4 * pixel, 4 * pixel + 3), 3 * pixel);
  }
  return { data: rgb, width, height };
}
