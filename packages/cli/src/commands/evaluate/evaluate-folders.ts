// `ggb evaluate --real DIR --generated DIR`: two folders of images, one table. Reads them, and writes only what was asked.
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { protocolHash } from '@ggb/metrics';
import {
  describeProblems,
  Evaluator,
  type ImagePairs,
  ImageSetError,
  type ImageSetProblem,
  intervalMethod,
  type JournalConditions,
  type OpenedPairs,
  openImagePairs,
  type PairResult,
  type PairRow,
  type PairScorer,
  printable,
  reportJson,
  reportVersion,
  ScoreColumns,
  smallestImage,
} from '@ggb/metrics/node';
import { catchInterruption } from '../../interruption.ts';
import { choosePairScorer } from '../../native-pair-scorer.ts';
import { packageVersion } from '../../package-version.ts';
import { ProgressLine } from '../../progress-line.ts';
import { evaluationTable } from '../../report/evaluation-table.ts';
import { UserError } from '../../user-error.ts';
import { writeWhole } from '../../whole-file.ts';
import { keepYoungGenerationSmall } from '../../young-generation.ts';
import { badFilesAdvice } from './bad-files-advice.ts';
import { prepareOutputs, writeQuarantine } from './evaluation-outputs.ts';
import {
  allowedOf,
  type EvaluateFoldersOptions,
  type Folders,
  foldersOf,
  type OnBad,
  type Scoring,
  scoringOf,
} from './evaluation-request.ts';
import {
  checkCount,
  evaluateFeatures,
  type FeatureScores,
  type FeatureWork,
  featureScores,
  featuresText,
  openFeatures,
} from './feature-scores.ts';
import { KeptScores } from './kept-scores.ts';
import { writePairsCsv, writePairsParquet } from './pair-tables.ts';
import { ssimMapNames, writeSsimMap } from './ssim-map-image.ts';

/** @throws ImageSetError  and other errors of the user's; the signal's AbortError after Ctrl-C. */
export async function evaluateFolders(options: EvaluateFoldersOptions): Promise<void> {
  const scoring = scoringOf(options);
  keepYoungGenerationSmall();
  const progress = new ProgressLine();
  const interruption = catchInterruption(() =>
    progress.note('Stopping; what is computed is kept. Ctrl-C again ends at once.'),
  );
  const { signal } = interruption;
  try {
    if (scoring.metrics.length > 0) await evaluatePairs({ options, scoring, progress, signal });
    else await evaluateFeatures({ options, scoring, progress, signal });
  } finally {
    progress.finish();
    interruption.release();
  }
}

interface Task {
  readonly options: EvaluateFoldersOptions;
  readonly scoring: Scoring;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

async function evaluatePairs(task: Task): Promise<void> {
  const { options, scoring, progress } = task;
  const folders = foldersOf(options);
  const { onBad = 'fail' } = options;
  await prepareOutputs(options, [folders.real, folders.generated]);
  const network = scoring.featureMetrics.length === 0 ? undefined : await openFeatures(options, progress);
  try {
    const opened = await openFolders(folders, task);
    progress.finish();
    applyPolicy(opened, onBad, progress);
    if (network !== undefined) await checkCount(scoring, opened.pairs.length);
    const { scorer, reason } = await choosePairScorer({ ...scoring, threads: options.threads, prefer: options.scorer });
    progress.note(reason);
    const scored = await scorePairs({ ...task, folders, opened, scorer });
    const features =
      network === undefined
        ? undefined
        : await featureScores({ ...task, network, ...filesOf(opened.pairs, scored.columns) });
    await report({ ...task, folders, opened, scorer, features, ...scored });
  } finally {
    network?.dispose();
  }
}

/** The files of the pairs that are scored; real images of several pairs once. */
function filesOf(pairs: ImagePairs, columns: ScoreColumns): Pick<FeatureWork, 'real' | 'generated'> {
  const [real, generated] = [new Set<string>(), [] as string[]];
  for (let i = 0; i < pairs.length; i++) {
    if (!columns.isScored(i)) continue;
    const files = pairs.files(i);
    real.add(files.real);
    generated.push(files.generated);
  }
  return { real: [...real], generated };
}

async function openFolders(folders: Folders, { options, scoring, progress, signal }: Task): Promise<OpenedPairs> {
  return openImagePairs({
    ...folders,
    smallest: smallestImage(scoring.protocol, scoring.metrics),
    allow: allowedOf(options),
    signal,
    onProgress: ({ done, total }) => progress.update({ unit: 'file looked at', done, total }),
  });
}

/** @throws ImageSetError  that lists everything, if the policy is to fail or nothing is left. */
function applyPolicy({ pairs, problems }: OpenedPairs, onBad: OnBad, progress: ProgressLine): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const notes = problems.filter(({ severity }) => severity === 'note');
  if (errors.length > 0 && onBad === 'fail') {
    throw new ImageSetError(
      problems,
      `Nothing was scored. ${badFilesAdvice(pairs.length, ', or with --on-bad quarantine, which also writes the list to a file')}`,
    );
  }
  if (pairs.length === 0) {
    if (problems.length > 0) throw new ImageSetError(problems, 'No pair is left to score.');
    throw new UserError('the folders hold no images', { expected: 'image files with equal names in both' });
  }
  if (errors.length > 0) progress.note(`${describeProblems(problems)}\nThe other ${pairs.length} pairs are scored.`);
  else if (notes.length > 0) progress.note(describeProblems(notes));
}

interface Work extends Task {
  readonly folders: Folders;
  readonly opened: OpenedPairs;
  readonly scorer: PairScorer;
}

interface Scored {
  readonly columns: ScoreColumns;
  /** Found while scoring, for headers do not tell everything. */
  readonly late: readonly ImageSetProblem[];
  readonly kept: KeptScores | undefined;
}

async function scorePairs(work: Work): Promise<Scored> {
  const { options, folders, scoring, opened, scorer, progress, signal } = work;
  const { pairs } = opened;
  const columns = new ScoreColumns(pairs.length, scoring.metrics);
  const kept = options.json === undefined ? undefined : KeptScores.open(options, conditionsOf(work), pairs, columns);
  if (kept !== undefined && kept.resumed > 0)
    progress.note(`${kept.resumed} of ${pairs.length} pairs are there already.`);
  const late: ImageSetProblem[] = [];
  const maps = options.maps === undefined ? undefined : ssimMapNames(pairs);
  const evaluator = new Evaluator({ ...scoring, scorer });
  const begun = performance.now();
  let done = kept?.resumed ?? 0;
  try {
    for await (const result of evaluator.results(pairs, { signal, skip: (index) => columns.isScored(index) })) {
      const { index, outcome, pair } = result;
      if (outcome.values === undefined) late.push(lateProblem(result, folders, scoring));
      else {
        const map = maps?.[index];
        if (map !== undefined) await writeSsimMap(join(options.maps as string, map), pair, scoring.protocol);
        columns.set(index, outcome.values);
        kept?.add(index, outcome.values);
      }
      done++;
      const perPair = (performance.now() - begun) / 1000 / (done - (kept?.resumed ?? 0));
      progress.update({ unit: 'pair', done, total: pairs.length, secondsLeft: perPair * (pairs.length - done) });
    }
  } catch (error) {
    kept?.close();
    if (signal.aborted) sayWhatIsKept({ columns, options, scoring, progress });
    throw error;
  }
  progress.finish();
  kept?.flush();
  return { columns, late, kept };
}

function conditionsOf({ folders, scoring, scorer }: Work): JournalConditions {
  return {
    protocolHash: protocolHash(scoring.protocol),
    metrics: scoring.metrics,
    scorer: `${scorer.description}, ggb ${packageVersion}`,
    real: resolve(folders.real),
    generated: resolve(folders.generated),
  };
}

function lateProblem({ pair, outcome }: PairResult, folders: Folders, { protocol, metrics }: Scoring): ImageSetProblem {
  const { side, kind, message } = outcome.problem as NonNullable<typeof outcome.problem>;
  const smallest = smallestImage(protocol, metrics);
  return {
    kind,
    severity: 'error',
    side,
    file: printable(asNamed(folders[side], pair[side])),
    ...(lateAdvices[kind] ?? undecodable),
    ...(kind === 'too-small' ? { expected: `at least ${smallest.width} x ${smallest.height} pixels` } : {}),
    received: message,
  };
}

/** Within the folder as the user named it, as the look ahead tells of files; elsewhere the path of the list. */
function asNamed(folder: string, path: string): string {
  const within = relative(resolve(folder), path);
  return within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within) ? path : join(folder, within);
}

interface LateAdvice {
  readonly expected: string;
  readonly advice: string;
}

const undecodable: LateAdvice = {
  expected: 'an image that can be decoded to its end',
  advice: 'Write or copy the file again.',
};

const changed = 'The file was another one when it was looked at: let what writes into the folders end first.';

/** For kinds that scoring finds and that are no broken pixels. What the look ahead has let pass has changed since. */
const lateAdvices: Readonly<Partial<Record<ImageSetProblem['kind'], LateAdvice>>> = {
  metric: {
    expected: 'a pair that can be scored',
    advice: 'Choose another protocol or metric, or leave the pair out.',
  },
  unreadable: {
    expected: 'a file that can be opened',
    advice: 'Check that it is still there, its owner and permissions.',
  },
  empty: { expected: 'an image', advice: changed },
  'size-mismatch': { expected: 'two images of one size', advice: changed },
  'too-small': { expected: 'a larger image', advice: changed },
  'too-large': {
    expected: 'an image that memory can hold',
    advice: 'Resize the image, or give the machine more memory or fewer threads (--threads).',
  },
  'unsupported-format': { expected: 'a format that is read', advice: 'Save the images as PNG, which loses nothing.' },
};

function sayWhatIsKept(work: {
  readonly columns: ScoreColumns;
  readonly options: EvaluateFoldersOptions;
  readonly scoring: Scoring;
  readonly progress: ProgressLine;
}): void {
  const { columns, options, scoring, progress } = work;
  const { scoredCount, length } = columns;
  progress.finish();
  if (options.json !== undefined) {
    progress.note(`${scoredCount} of ${length} pairs are kept. The same command with --resume goes on from there.`);
  } else if (scoredCount > 0) {
    const { name } = scoring.protocol;
    const table = evaluationTable(columns.summaries(), { name, hash: protocolHash(scoring.protocol) });
    progress.note(
      `${table}\nThese are ${scoredCount} of ${length} pairs: stopped before the end. --json FILE would keep them.`,
    );
  }
}

/** Shown first: a full disk does not take what has been computed. */
async function report(work: Work & Scored & { readonly features: FeatureScores | undefined }): Promise<void> {
  const { options, folders, scoring, opened, scorer, columns, late, kept, features } = work;
  const { pairs } = opened;
  const { onBad = 'fail' } = options;
  if (late.length > 0 && (onBad === 'fail' || columns.scoredCount === 0)) {
    kept?.close();
    throw new ImageSetError(
      late,
      columns.scoredCount === 0
        ? 'No pair could be scored.'
        : `No report was written. --on-bad skip leaves these out${kept === undefined ? '' : '; with --resume the other scores are there already'}.`,
    );
  }
  if (late.length > 0) console.error(describeProblems(late));
  const problems = [...opened.problems, ...late];
  const metrics = { ...columns.summaries(), ...features?.metrics };
  const protocol = { name: scoring.protocol.name, hash: protocolHash(scoring.protocol) };
  console.log(evaluationTable(metrics, protocol));
  if (features !== undefined) console.log(featuresText(features));
  const bad = problems.filter(({ severity }) => severity === 'error').length;
  console.log(`${columns.scoredCount} pairs${bad === 0 ? '' : `, ${bad} problems left out`}. ${scorer.description}.`);
  const { json, csv, parquet } = options;
  const rows = () => rowsOf(pairs, columns, scoring);
  if (csv !== undefined) await writePairsCsv(csv, rows(), scoring.metrics, protocol);
  if (parquet !== undefined) await writePairsParquet(parquet, rows(), scoring.metrics, protocol);
  if (json === undefined) return;
  const head = {
    version: reportVersion,
    protocol,
    metrics,
    intervals: intervalMethod,
    real: folders.real,
    generated: folders.generated,
    ...(features === undefined ? {} : { network: features.network }),
    scorer: scorer.description,
    versions: { ggb: packageVersion, node: process.versions.node },
    pairing: opened.rules,
    warnings: features?.warnings ?? [],
    problems,
  } as const;
  await writeWhole(json, reportJson(head, rows()));
  if (onBad === 'quarantine' && bad > 0) await writeQuarantine(json, problems);
  kept?.remove();
  console.log(`Written: ${[json, csv, parquet].filter((file) => file !== undefined).join(', ')}`);
}

function* rowsOf(pairs: ImagePairs, columns: ScoreColumns, { metrics }: Scoring): Generator<PairRow> {
  for (let i = 0; i < pairs.length; i++) {
    if (!columns.isScored(i)) continue;
    const values = metrics.map((name) => [name, columns.value(name, i)] as const);
    const written = values.map(([name, value]) => [name, Number.isFinite(value) ? value : null] as const);
    yield { name: pairs.name(i), real: pairs.realName(i), ...Object.fromEntries(written) };
  }
}
