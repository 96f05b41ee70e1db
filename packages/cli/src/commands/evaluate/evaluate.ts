// `ggb evaluate`: a run's checkpoint against the pairs it was not trained on.
import { writeFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { type EvaluationRecord, type Pair, runRecordVersion, Synthesizer } from '@ggb/core';
import { RunReader, RunWriter, readPairManifest, scanPairs, stepName } from '@ggb/core/node';
import { backendName } from '../../backend-name.ts';
import { evenlySpaced, pairsOfSplit } from '../../data/split-pairs.ts';
import { ProgressLine } from '../../progress-line.ts';
import { type ScoreRow, scoreTable } from '../../report/score-table.ts';
import { selectBackend } from '../../select-backend.ts';
import { scoreRun } from './score-run.ts';

export interface EvaluateOptions {
  readonly run: string;
  readonly checkpoint?: string;
  readonly data?: string;
  readonly split?: string;
  readonly weights: 'average' | 'raw';
  readonly limit?: number;
  readonly json?: string;
  readonly backend: string;
  readonly threads?: number;
}

export async function evaluate(options: EvaluateOptions): Promise<void> {
  const { weights, limit } = options;
  const reader = await RunReader.open(options.run);
  const { config } = reader;
  const checkpoint = options.checkpoint ?? (await reader.latestCheckpoint()).path;
  const all = await readPairManifest(options.data ?? config.data.path ?? '');
  const split = options.split ?? config.data.evaluationSplit;
  const progress = new ProgressLine();
  const chosen = chosenPairs(all, split, progress);
  const pairs = limit === undefined ? chosen : evenlySpaced(chosen, limit);
  const trainingPairs = await trainingPairsOf(reader, all, options.data);
  await scanPairs(pairs, config);

  const { backend, threads } = options;
  await selectBackend({
    backend: backendName(backend),
    purpose: 'synthesis',
    announce: (text) => progress.note(text),
    ...(threads === undefined ? {} : { threads }),
  });
  const synthesizer = await Synthesizer.load(checkpoint, { weights });
  const scores = await scoreRun({ synthesizer, pairs, trainingPairs, progress }).finally(() => {
    progress.finish();
    synthesizer.dispose();
  });

  const name = checkpointName(reader.dir, checkpoint);
  const record: EvaluationRecord = { version: runRecordVersion, checkpoint: name, weights, split, ...scores };
  const file = await RunWriter.addEvaluation(
    reader.dir,
    [split, stepName(synthesizer.info.step), weights, ...(limit === undefined ? [] : [`${pairs.length}`])].join('-'),
    record,
  );
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(record, null, 2)}\n`);
  console.log(scoreTable(rowsOf(record)));
  console.log(
    `${pairs.length} pairs of split ${split}, ${name}, ${weights} weights, preset ${config.preset}.\nWritten: ${file}`,
  );
}

/** The model, then the trivial answers. */
export function rowsOf({ mean, baselines = {} }: Pick<EvaluationRecord, 'mean' | 'baselines'>): ScoreRow[] {
  return [{ name: 'model', scores: mean }, ...Object.entries(baselines).map(([name, scores]) => ({ name, scores }))];
}

function chosenPairs(all: readonly Pair[], split: string, progress: ProgressLine): readonly Pair[] {
  if (all.some((pair) => pair.split !== undefined)) return pairsOfSplit(all, split, '--split');
  progress.note('The manifest has no splits: these pairs may be the ones that were trained on.');
  return all;
}

/** Images that training saw: of the run's own manifest, also when other pairs are scored. */
async function trainingPairsOf(reader: RunReader, all: readonly Pair[], otherData: string | undefined) {
  const { path, split } = reader.config.data;
  const own = otherData === undefined || path === undefined ? all : await readPairManifest(path).catch(() => []);
  return own.every((pair) => pair.split === undefined) ? own : own.filter((pair) => pair.split === split);
}

/** As the record names it: within the run relative to it. */
function checkpointName(dir: string, path: string): string {
  const name = relative(dir, path);
  return name.startsWith('..') ? path : name.split(sep).join('/');
}
