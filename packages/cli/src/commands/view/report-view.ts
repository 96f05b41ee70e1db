// A report that `ggb evaluate --real … --generated … --json` wrote: scores that are there already, and where the images were.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type EvaluationReport, parseReport } from '@ggb/metrics/node';
import type { ImageKey, MetricColumn, PairDetails, ResultTable, SourceSummary } from '@ggb/web/view-data';
import { viewDataVersion } from '@ggb/web/view-data';
import type { AllowedFolders } from './allowed-folders.ts';
import { Fresh, fileMark } from './file-mark.ts';
import type { PictureOrigin } from './picture.ts';
import { sourceId, titleOf } from './source-id.ts';
import { ViewError } from './view-error.ts';
import type { ViewedSource } from './viewed-source.ts';

const evaluationName = 'report';

interface ReadReport {
  readonly report: EvaluationReport;
  readonly mark: string;
  readonly rows: ReadonlyMap<string, number>;
  readonly isShown: Readonly<Record<'real' | 'generated', boolean>>;
}

export class ReportView implements ViewedSource {
  readonly id: string;
  readonly folders: AllowedFolders;
  private readonly title: string;
  private readonly parsed = new Fresh<EvaluationReport>();
  private readonly read = new Fresh<ReadReport>();

  constructor(
    private readonly file: string,
    given: AllowedFolders,
  ) {
    this.folders = given.ofSource();
    this.title = titleOf(file);
    this.id = sourceId(this.title, [file]);
  }

  /** Reads the file; its folders are not looked at. @throws ReportError  if it is none. */
  async check(): Promise<void> {
    await this.parse(await fileMark(this.file));
  }

  async summary(): Promise<SourceSummary> {
    const { id, title } = this;
    try {
      const { report } = await this.report();
      const means = Object.entries(report.metrics).flatMap(([name, { mean }]) => (mean === null ? [] : [[name, mean]]));
      const evaluation = { name: evaluationName, pairs: report.pairs.length, protocol: report.protocol };
      return {
        id,
        title,
        kind: 'report',
        evaluations: [{ ...evaluation, means: Object.fromEntries(means) }],
        live: false,
      };
    } catch (error) {
      return { id, title, kind: 'report', evaluations: [], live: false, problem: (error as Error).message };
    }
  }

  async table(evaluation: string | undefined): Promise<ResultTable> {
    this.checkEvaluation(evaluation);
    const { report, mark, isShown } = await this.report();
    const errors = report.problems.filter(({ severity }) => severity === 'error');
    return {
      version: viewDataVersion,
      source: this.id,
      evaluation: evaluationName,
      revision: mark,
      protocol: report.protocol,
      ids: report.pairs.map(({ name }) => name),
      metrics: columnsOf(report),
      images: [
        ...(isShown.generated ? [{ name: 'output' as const, missing: [] }] : []),
        ...(isShown.real ? [{ name: 'truth' as const, missing: [] }] : []),
      ],
      notes: (['generated', 'real'] as const)
        .filter((side) => !isShown[side])
        .map(
          (side) =>
            `Pictures in ${report[side]} are not shown: the report names it, and it lies elsewhere than the report. To show them: ggb view --data ${report[side]}`,
        ),
      baselines: {},
      failed: errors.map(({ file, expected, received }) => ({
        id: file,
        message: `expected ${expected}, received ${received}`,
      })),
    };
  }

  async pair(evaluation: string, id: string): Promise<PairDetails> {
    this.checkEvaluation(evaluation);
    const { generated, real } = await this.filesOf(id);
    return {
      id,
      files: [
        { image: 'output', path: generated },
        { image: 'truth', path: real },
      ],
    };
  }

  async picture({ evaluation, id, image }: ImageKey): Promise<PictureOrigin> {
    this.checkEvaluation(evaluation);
    const { generated, real } = await this.filesOf(id);
    if (image === 'output') return { kind: 'file', path: generated };
    if (image === 'truth') return { kind: 'file', path: real };
    throw new ViewError(404, `Pair ${id} has no picture ${image}.`);
  }

  /** A report is written once. */
  watch(): () => void {
    return () => {};
  }

  private async report(): Promise<ReadReport> {
    const mark = await fileMark(this.file);
    return this.read.value(mark, async () => {
      const report = await this.parse(mark);
      // A report may be from anybody, and may name any folder of this machine.
      const within = { home: dirname(this.file), namedBy: this.file };
      const isShown = {
        real: await this.folders.allowWithin(report.real, within),
        generated: await this.folders.allowWithin(report.generated, within),
      };
      return { report, mark, isShown, rows: new Map(report.pairs.map(({ name }, row) => [name, row])) };
    });
  }

  private parse(mark: string): Promise<EvaluationReport> {
    return this.parsed.value(mark, async () => parseReport(this.file, await readFile(this.file, 'utf8')));
  }

  private async filesOf(id: string): Promise<{ generated: string; real: string }> {
    const { report, rows } = await this.report();
    const row = report.pairs[rows.get(id) ?? -1];
    if (row === undefined) throw new ViewError(404, `There is no pair ${JSON.stringify(id)}.`);
    return { generated: resolve(report.generated, row.name), real: resolve(report.real, row.real) };
  }

  private checkEvaluation(name: string | undefined): void {
    if (name === undefined || name === evaluationName) return;
    throw new ViewError(404, `${this.title} has no evaluation ${JSON.stringify(name)}.`);
  }
}

/** Means and intervals as the report has them, not computed anew. Metrics without a finite value are left out. */
function columnsOf({ metrics, pairs }: EvaluationReport): Record<string, MetricColumn> {
  const columns: Record<string, MetricColumn> = {};
  for (const [name, { mean, interval, direction, unit }] of Object.entries(metrics)) {
    if (mean === null) continue;
    const values = pairs.map((pair) => (typeof pair[name] === 'number' ? pair[name] : null));
    const shown = { direction, unit: unit === 'none' ? '' : unit, mean, values };
    columns[name] = interval === null ? shown : { ...shown, interval };
  }
  return columns;
}
