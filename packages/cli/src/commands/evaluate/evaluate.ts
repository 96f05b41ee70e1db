// `ggb evaluate`: a run's checkpoint against the pairs it was not trained on.
import { writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { EvaluationRecord, Pair, SynthesizerInfo } from '@ggb/core';
import { evaluationFolder, manifestFileName, RunReader, RunWriter, readPairManifest, scanPairs } from '@ggb/core/node';
import { type Protocol, protocolHash, protocolNamed } from '@ggb/metrics';
import { backendName } from '../../backend-name.ts';
import { loadModel } from '../../checkpoint-argument.ts';
import { manifestHash } from '../../data/manifest-hash.ts';
import { evenlySpaced, pairsOfSplit } from '../../data/split-pairs.ts';
import { prepareFile } from '../../output-files.ts';
import { ProgressLine } from '../../progress-line.ts';
import { type ScoreRow, scoreTable } from '../../report/score-table.ts';
import { selectBackend } from '../../select-backend.ts';
import { isUserError, UserError } from '../../user-error.ts';
import { evaluationName, evaluationRecord } from './evaluation-record.ts';
import { SavedOutputs } from './saved-outputs.ts';
import { type DrawnOutput, refuseFailed, type ScoringOptions, scoreRun, scoringProtocol } from './score-run.ts';

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
  readonly protocol?: string;
  /** `false`: outputs are scored and not kept. */
  readonly images?: boolean;
}

export async function evaluate(options: EvaluateOptions): Promise<void> {
  const { weights, limit, backend, threads } = options;
  const protocol = protocolOf(options);
  const reader = await RunReader.open(options.run);
  const { config } = reader;
  const { preset } = config;
  const checkpoint = options.checkpoint ?? (await reader.latestCheckpoint()).path;
  const all = await readPairManifest(options.data ?? config.data.path ?? '');
  const progress = new ProgressLine();
  const { split, chosen } = chosenPairs(all, options.split ?? config.data.evaluationSplit, progress);
  const pairs = limit === undefined ? chosen : evenlySpaced(chosen, limit);
  const trainingPairs = await trainingPairsOf(reader, all, options.data);
  // A pair that has no figure to look into is named by the scoring, which keeps the others.
  await scanPairs(pairs, config, { allowsEmptySilhouettes: true });
  // A manifest without pairs is refused when it is read.
  const { manifest } = all[0] as Pair;
  const data = { manifest, manifestSha256: await manifestHash({ manifest }) };

  await selectBackend({
    backend: backendName(backend),
    purpose: 'synthesis',
    announce: (text) => progress.note(text),
    ...(threads === undefined ? {} : { threads }),
  });
  const synthesizer = await loadModel(checkpoint, { weights });
  const { info } = synthesizer;
  const others = [...otherData(reader, data), ...(await otherCheckpoint(reader, checkpoint, info))];
  const count = limit === undefined ? {} : { count: pairs.length };
  const name = evaluationName({ split, step: info.step, weights, protocol: protocol.name, ...count, others });
  await prepareFiles(reader.dir, name, options.json);
  const saved = options.images === false ? undefined : await SavedOutputs.begin(reader.dir, name);
  const onOutput = ({ output, levels, example }: DrawnOutput) => saved?.add(example.id, output, levels);
  const scores = await scoreRun({ synthesizer, pairs, trainingPairs, progress, protocol, onOutput })
    .catch(async (error: unknown) => {
      await saved?.discard();
      throw error;
    })
    .finally(() => {
      progress.finish();
      synthesizer.dispose();
    });

  const record = evaluationRecord(
    { checkpoint: checkpointName(reader.dir, checkpoint), info, preset, data, split, protocol },
    scores,
  );
  // Shown first: a full disk does not take what has been computed.
  console.log(scoreTable(rowsOf(record)));
  // Before the record: whoever sees the record finds its pictures.
  await saved?.finish();
  const file = await RunWriter.addEvaluation(reader.dir, name, record);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(record, null, 2)}\n`);
  console.log(
    `${record.pairs.length} pairs of split ${split}, ${record.checkpoint}, ${weights} weights, preset ${preset}, protocol ${protocol.name} (${protocolHash(protocol).slice(0, 8)}).\nWritten: ${file}`,
  );
  refuseFailed(scores.failed, pairs.length, '; the scores are without them');
}

/** @throws UnknownProtocolError, UserError */
function protocolOf({ protocol: name }: EvaluateOptions): Protocol {
  const protocol = name === undefined ? scoringProtocol : protocolNamed(name);
  if (protocol.mask === 'none') return protocol;
  throw new UserError(`protocol ${protocol.name} scores masked images, which a run is not evaluated on`, {
    remedy: 'Synthesize the pairs (ggb synthesize --pairs), then score the folder: --generated DIR --pairs MANIFEST.',
  });
}

/** The model, then the trivial answers. */
export function rowsOf({ mean, baselines = {} }: Pick<EvaluationRecord, 'mean' | 'baselines'>): ScoreRow[] {
  return [{ name: 'model', scores: mean }, ...Object.entries(baselines).map(([name, scores]) => ({ name, scores }))];
}

function chosenPairs(all: readonly Pair[], split: string, progress: ProgressLine) {
  if (all.some((pair) => pair.split !== undefined)) return { split, chosen: pairsOfSplit(all, split, '--split') };
  progress.note(
    'The manifest has no splits: all of its pairs are scored, and they may be the ones that were trained on.',
  );
  return { split: 'all', chosen: all };
}

/** Images that training saw: of the run's own manifest, also when other pairs are scored. */
async function trainingPairsOf(
  reader: RunReader,
  all: readonly Pair[],
  otherData: string | undefined,
): Promise<ScoringOptions['trainingPairs']> {
  const { path, split } = reader.config.data;
  try {
    const own = otherData === undefined || path === undefined ? all : await readPairManifest(path);
    return own.every((pair) => pair.split === undefined) ? own : own.filter((pair) => pair.split === split);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { missing: `the manifest of the run cannot be read. ${error.message}` };
  }
}

/** What tells the pairs from the run's own. A manifest that has changed since the training is another one. */
function otherData(
  { config, info }: RunReader,
  { manifest, manifestSha256 }: NonNullable<EvaluationRecord['data']>,
): string[] {
  const own = resolve(config.data.path ?? '');
  const isOwn = [own, join(own, manifestFileName)].includes(manifest) && manifestSha256 === info.data.manifestSha256;
  // The path too: the same lines in two folders name different images.
  return isOwn ? [] : [manifest, manifestSha256];
}

/** What tells the checkpoint from those that the run wrote. */
async function otherCheckpoint(reader: RunReader, path: string, { weightsHash }: SynthesizerInfo): Promise<string[]> {
  const stored = (await reader.checkpoints()).find((own) => resolve(own.path) === resolve(path));
  const isOwn = stored !== undefined && (stored.info === undefined || stored.info.sha256 === weightsHash);
  return isOwn ? [] : [weightsHash ?? resolve(path)];
}

/** Finds out before the work whether its results can be kept. */
async function prepareFiles(dir: string, name: string, json: string | undefined): Promise<void> {
  for (const file of [join(dir, evaluationFolder, `${name}.json`), ...(json === undefined ? [] : [json])]) {
    await prepareFile(file);
  }
}

/** As the record names it: within the run relative to it. */
function checkpointName(dir: string, path: string): string {
  const name = relative(dir, path);
  return name.startsWith('..') ? path : name.split(sep).join('/');
}
