// `ggb demo`: the main job from nothing to a report. Figures are drawn, the full model is trained on some of them, and it
// is scored on people it has never seen.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EvaluationRecord, levelSide, type Pair, Synthesizer } from '@ggb/core';
import { drawVariation, makeNumberedFolder, RunReader, RunWriter, writeFigures } from '@ggb/core/node';
import { ggb } from '../../command-name.ts';
import { namedSource } from '../../config/config-source.ts';
import { loadTrainingConfig } from '../../config/load-training-config.ts';
import { manifestHash } from '../../data/manifest-hash.ts';
import { evenlySpaced } from '../../data/split-pairs.ts';
import { catchInterruption } from '../../interruption.ts';
import { packageVersion } from '../../package-version.ts';
import { durationText, ProgressLine } from '../../progress-line.ts';
import { contactSheet } from '../../report/contact-sheet.ts';
import { scoreTable } from '../../report/score-table.ts';
import { UserError } from '../../user-error.ts';
import { rowsOf } from '../evaluate/evaluate.ts';
import { evaluationRecord } from '../evaluate/evaluation-record.ts';
import { SavedOutputs } from '../evaluate/saved-outputs.ts';
import { type DrawnOutput, refuseFailed, scoreModel, scoreRun } from '../evaluate/score-run.ts';
import { trainingSession } from '../train/training-session.ts';
import { type DemoPlan, demoPlan } from './demo.config.ts';
import { demoReportHtml } from './report-html.ts';

/** Of its record in the run. */
const evaluationName = 'demo';

export interface DemoOptions {
  readonly out?: string;
  readonly minutes?: number;
  readonly threads?: number;
}

export async function demo({ out: wanted, minutes, threads }: DemoOptions, plan: DemoPlan = demoPlan): Promise<void> {
  const trainingMinutes = minutes ?? plan.minutes;
  const out = await makeFolder(wanted);
  const progress = new ProgressLine();
  const interruption = catchInterruption(() =>
    progress.note('Stopping here; what is trained so far goes on to the evaluation. Ctrl-C again stops at once.'),
  );
  try {
    const seconds = { data: 0, training: 0, evaluation: 0 };
    const data = join(out, 'data');
    progress.note(`Drawing ${plan.data.identities} figures in ${plan.data.poses} poses each, in ${data}`);
    seconds.data = await timed(() =>
      writeFigures({
        ...plan.data,
        out: data,
        signal: interruption.signal,
        onProgress: ({ done, total }) => progress.update({ unit: 'picture', done, total }),
      }),
    );
    progress.finish();

    const { config } = loadTrainingConfig([
      namedSource('demo.config.ts', {
        ...plan.training,
        training: { ...plan.training.training, minutes: trainingMinutes },
        data: { path: data },
        run: { dir: join(out, 'run') },
        ...(threads === undefined ? {} : { threads }),
      }),
    ]);
    progress.note(`Training for ${durationText(60 * trainingMinutes)}`);
    const beforeTraining = performance.now();
    const trained = await trainingSession({ config, progress, signal: interruption.signal });
    seconds.training = secondsSince(beforeTraining);
    const { checkpoint, pairs } = trained;
    if (checkpoint === undefined) throw new UserError('the training was ended before its first step', { where: out });

    progress.note(`Evaluating on ${pairs.evaluation.length} pairs of people that were not trained on`);
    const beforeEvaluation = performance.now();
    const shown = new Set(evenlySpaced(pairs.evaluation, plan.pictures.pairs).map(({ id }) => id));
    const pictures: DrawnOutput[] = [];
    const saved = await SavedOutputs.begin(trained.dir, evaluationName);
    const synthesizer = await Synthesizer.load(checkpoint.path);
    const scores = await scoreRun({
      pairs: pairs.evaluation,
      trainingPairs: pairs.training,
      progress,
      synthesizer,
      onOutput: async (drawn) => {
        await saved.add(drawn.example.id, drawn.output, drawn.levels);
        if (shown.has(drawn.example.id)) pictures.push(drawn);
      },
    });
    await saved.finish();
    synthesizer.dispose();
    const rawSynthesizer = await Synthesizer.load(checkpoint.path, { weights: 'raw' });
    const { mean: raw } = await scoreModel({ pairs: pairs.evaluation, progress, synthesizer: rawSynthesizer });
    rawSynthesizer.dispose();
    progress.finish();
    refuseFailed(scores.failed, pairs.evaluation.length);
    const { nearestPose } = scores.baselines;
    if (nearestPose === undefined) throw new Error('demo: the figures have no poses.');
    const { manifest } = pairs.training[0] as Pair;
    const record = evaluationRecord(
      {
        checkpoint: checkpoint.name,
        info: synthesizer.info,
        preset: config.preset,
        data: { manifest, manifestSha256: await manifestHash({ manifest }) },
        split: config.data.evaluationSplit,
      },
      scores,
    );
    await RunWriter.addEvaluation(trained.dir, evaluationName, record);
    await writeFile(join(out, 'contact-sheet.png'), await sheetOf(pictures, plan.pictures));
    const { levelPairs, cellSide } = plan.pictures;
    const levelRows = evenlySpaced(pictures, levelPairs).map(({ levels, output, example }) => [
      ...levels.values(),
      output,
      example.target,
    ]);
    await writeFile(join(out, 'levels.png'), await contactSheet(levelRows, cellSide));
    seconds.evaluation = secondsSince(beforeEvaluation);

    const { model, image } = config;
    const html = demoReportHtml({
      config,
      backend: `${trained.backend.name} (${trained.backend.reason})`,
      version: packageVersion,
      stepsDone: trained.step,
      raw,
      scores: { model: scores.mean, copySource: scores.baselines.copySource, nearestPose },
      counts: {
        trainingPairs: pairs.training.length,
        trainingIdentities: identities(pairs.training),
        testPairs: pairs.evaluation.length,
        testIdentities: identities(pairs.evaluation),
      },
      seconds,
      steps: await (await RunReader.open(trained.dir)).steps(),
      files: { contactSheet: 'contact-sheet.png', levels: 'levels.png', run: 'run' },
      levelSides: model.guidedLevels.map((level) => levelSide(image.size, model.levels, level)),
      pairsPerRow: plan.pictures.pairsPerRow,
    });
    await writeFile(join(out, 'report.html'), html);

    console.log(scoreTable(rowsOf(record)));
    console.log(`Report: ${join(out, 'report.html')}`);
    console.log(`Every test pair: ${ggb} view ${out}`);
    console.log(
      JSON.stringify({
        model: reported(scores.mean),
        copySource: reported(scores.baselines.copySource),
        nearestPose: reported(nearestPose),
        seconds,
        out,
      }),
    );
  } finally {
    progress.finish();
    interruption.release();
  }
}

/** Source, target pose, output, truth; several pairs in a row. */
function sheetOf(pictures: readonly DrawnOutput[], { pairsPerRow, cellSide }: DemoPlan['pictures']): Promise<Buffer> {
  const cells = pictures.map(({ output, example: { source, target, variation } }) => [
    source,
    drawVariation(variation, source.width, Math.ceil(cellSide / source.width)),
    output,
    target,
  ]);
  const rows = Array.from({ length: Math.ceil(cells.length / pairsPerRow) }, (_, row) =>
    cells.slice(row * pairsPerRow, (row + 1) * pairsPerRow).flat(),
  );
  return contactSheet(rows, cellSide);
}

/** `demo/00001`, `demo/00002`, ...: what an earlier demo left is never overwritten. */
async function makeFolder(wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) {
    await mkdir(wanted, { recursive: true });
    const [first] = await readdir(wanted);
    if (first === undefined) return wanted;
    throw new UserError('the folder is not empty', {
      where: wanted,
      received: `${first} in it`,
      expected: 'a new or empty folder',
    });
  }
  return makeNumberedFolder('demo');
}

function identities(pairs: readonly { readonly identity?: string }[]): number {
  return new Set(pairs.map(({ identity }) => identity)).size;
}

function reported({ ssim, insideSsim, insideL1 }: EvaluationRecord['mean']) {
  return { ssim, insideSsim, insideL1 };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return secondsSince(start);
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 10) / 100;
}
