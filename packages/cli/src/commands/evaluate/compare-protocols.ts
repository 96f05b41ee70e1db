// `ggb evaluate --compare-protocols`: what every protocol does, and with folders what each says of the same pairs.
import { compareProtocols, protocolHash, protocols } from '@ggb/metrics';
import {
  describeProblems,
  Evaluator,
  ImageSetError,
  type MetricSummary,
  needsKeypoints,
  openImagePairs,
  ScoreColumns,
} from '@ggb/metrics/node';
import { catchInterruption } from '../../interruption.ts';
import { choosePairScorer } from '../../native-pair-scorer.ts';
import { ProgressLine } from '../../progress-line.ts';
import { numberText } from '../../report/evaluation-table.ts';
import { textTable } from '../../report/text-table.ts';
import { UserError } from '../../user-error.ts';
import { writeWhole } from '../../whole-file.ts';
import { badFilesAdvice } from './bad-files-advice.ts';
import { prepareOutputs } from './evaluation-outputs.ts';
import { allowedOf, type EvaluateFoldersOptions, foldersOf, scoringOf } from './evaluation-request.ts';

const choiceTitles = ['window', 'statistics', 'channels', 'range', 'frame', 'mask'] as const;

export async function compareAllProtocols(options: EvaluateFoldersOptions): Promise<void> {
  const choices = compareProtocols();
  const { real, generated, pairs } = options;
  if (real === undefined && generated === undefined && pairs === undefined) {
    const rows = choices.map((row) => [row.name, row.hash, ...choiceTitles.map((title) => row[title])]);
    const columns = ['protocol', 'hash', ...choiceTitles];
    console.log(textTable([columns, ...rows], Object.keys(columns).map(Number)));
    console.log('Rows with the same hash compute the same numbers. --explain --protocol NAME says more about one.');
    return;
  }
  await scoreAll(options);
}

interface ProtocolScores {
  readonly name: string;
  readonly hash: string;
  readonly scorer: string;
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  /** Why there are none, or not of all pairs. */
  readonly note?: string;
}

async function scoreAll(options: EvaluateFoldersOptions): Promise<void> {
  const folders = foldersOf(options);
  const { metrics, featureMetrics } = scoringOf({ ...options, protocol: 'tf', metrics: options.metrics ?? 'ssim' });
  if (featureMetrics.length > 0) throw new UserError('fid and is are the same under every protocol');
  await prepareOutputs(options);
  const progress = new ProgressLine();
  const interruption = catchInterruption(() => progress.note('Stopping.'));
  try {
    const { signal } = interruption;
    const { pairs, problems } = await openImagePairs({
      ...folders,
      // Not every protocol fits every image; those that do not say so in their row.
      smallest: { width: 1, height: 1 },
      allow: allowedOf(options),
      signal,
      onProgress: ({ done, total }) => progress.update({ unit: 'file looked at', done, total }),
    });
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0 && (options.onBad ?? 'fail') === 'fail') {
      throw new ImageSetError(problems, badFilesAdvice(pairs.length));
    }
    if (problems.length > 0) progress.note(describeProblems(problems));
    if (pairs.length === 0) throw new UserError('no pair is left to score');
    const scores: ProtocolScores[] = [];
    for (const protocol of Object.values(protocols)) {
      const named = { name: protocol.name, hash: protocolHash(protocol) };
      if (needsKeypoints(protocol, metrics) && pairs.files(0).keypoints === undefined) {
        scores.push({ ...named, scorer: '', metrics: {}, note: 'needs key points (--pairs)' });
        continue;
      }
      const { scorer } = await choosePairScorer({
        protocol,
        metrics,
        threads: options.threads,
        prefer: options.scorer,
      });
      const columns = new ScoreColumns(pairs.length, metrics);
      const reasons = new Set<string>();
      let done = 0;
      for await (const { index, outcome } of new Evaluator({ protocol, metrics, scorer }).results(pairs, { signal })) {
        if (outcome.values === undefined) reasons.add(outcome.problem.message);
        else columns.set(index, outcome.values);
        progress.update({ unit: `${protocol.name}: pair`, done: ++done, total: pairs.length });
      }
      const failed = pairs.length - columns.scoredCount;
      const note = failed === 0 ? {} : { note: `${failed} pairs not scored: ${[...reasons][0]}` };
      scores.push({ ...named, scorer: scorer.description, metrics: columns.summaries(), ...note });
    }
    progress.finish();
    console.log(scoresTable(scores, metrics));
    console.log(
      'The same images in every row: differences are the protocols alone, so numbers of two rows must not be compared.',
    );
    if (options.json !== undefined) {
      const text = JSON.stringify({ version: 1, ...folders, pairs: pairs.length, protocols: scores }, null, 2);
      await writeWhole(options.json, [`${text}\n`]);
    }
  } finally {
    progress.finish();
    interruption.release();
  }
}

function scoresTable(scores: readonly ProtocolScores[], metrics: readonly string[]): string {
  const choices = new Map(compareProtocols().map((row) => [row.name, row]));
  const rows = scores.map(({ name, hash, metrics: summaries, note = '' }) => {
    const { window = '', statistics = '', channels = '', range = '' } = choices.get(name) ?? {};
    const means = metrics.map((metric) => numberText(summaries[metric]?.mean, summaries[metric]));
    return [name, hash.slice(0, 8), ...means, window, statistics, channels, range, note];
  });
  const titles = ['protocol', 'hash', ...metrics, 'window', 'statistics', 'channels', 'range', ''];
  const left = titles.flatMap((title, column) => (metrics.includes(title) ? [] : [column]));
  return textTable([titles, ...rows], left);
}
