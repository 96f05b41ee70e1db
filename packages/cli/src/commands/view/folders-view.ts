// Two folders of images: no run is needed. They are paired as `ggb evaluate` pairs them, and scored here while the page
// shows them.
import { resolve } from 'node:path';
import { type PairMetricName, type Protocol, pairMetrics } from '@ggb/metrics';
import { type ImagePairs, openImagePairs, type PairScorer, PortablePairScorer, smallestImage } from '@ggb/metrics/node';
import type { ImageKey, PairDetails, ResultTable, SourceChange, SourceSummary } from '@ggb/web/view-data';
import { viewDataVersion } from '@ggb/web/view-data';
import { UserError } from '../../user-error.ts';
import type { AllowedFolders } from './allowed-folders.ts';
import type { PictureOrigin } from './picture.ts';
import { protocolReference } from './protocol-reference.ts';
import { metricColumn } from './result-columns.ts';
import { sourceId, titleOf } from './source-id.ts';
import { ViewError } from './view-error.ts';
import type { ViewedSource } from './viewed-source.ts';

/** The one evaluation of such a source. */
const evaluationName = 'folders';
export const folderMetrics = ['ssim', 'psnr', 'l1'] as const satisfies readonly PairMetricName[];
/** Pairs scored between two looks at the clock. */
const batchSize = 16;
const tellEveryMs = 500;

export interface FoldersOptions {
  readonly real: string;
  readonly generated: string;
  readonly protocol: Protocol;
  readonly folders: AllowedFolders;
  /** Ends the scoring. */
  readonly stop: AbortSignal;
  readonly scorer?: PairScorer;
}

export class FoldersView implements ViewedSource {
  readonly id: string;
  readonly folders: AllowedFolders;
  private readonly title: string;
  private readonly ids: readonly string[];
  private readonly rows: ReadonlyMap<string, number>;
  private readonly values: Readonly<Record<(typeof folderMetrics)[number], (number | null)[]>>;
  private readonly failed: { id: string; message: string }[] = [];
  private readonly listeners = new Set<(change: SourceChange) => void>();
  private readonly startedAt = `${Date.now()}`;
  private done = 0;
  private begun: Promise<void> | undefined;
  /** Why scoring ended before its end. */
  private problem: Error | undefined;

  private constructor(
    private readonly options: FoldersOptions,
    private readonly pairs: ImagePairs,
    private readonly notes: readonly string[],
  ) {
    const { real, generated } = options;
    this.folders = options.folders;
    this.title = `${titleOf(generated)} against ${titleOf(real)}`;
    this.id = sourceId(titleOf(generated), [generated, real]);
    this.ids = Array.from({ length: pairs.length }, (_, index) => pairs.name(index));
    this.rows = new Map(this.ids.map((id, row) => [id, row]));
    const empty = () => this.ids.map(() => null);
    this.values = { ssim: empty(), psnr: empty(), l1: empty() };
  }

  /**
   * Pairs the folders and looks at the headers of their files; nothing is decoded yet.
   *
   * @throws ImageFolderError  for a folder that cannot be listed; UserError  where there is no pair.
   */
  static async open(options: FoldersOptions): Promise<FoldersView> {
    const { real, generated, protocol, stop } = options;
    const folders = options.folders.ofSource();
    const smallest = smallestImage(protocol, folderMetrics);
    const { pairs, problems } = await openImagePairs({ real, generated, smallest, signal: stop });
    if (pairs.length === 0) {
      const [first] = problems;
      throw new UserError('no image of the one folder makes a pair with an image of the other', {
        where: generated,
        expected: `images named as those in ${real}`,
        ...(first === undefined ? {} : { received: `${first.file}: ${first.received}` }),
      });
    }
    await folders.allow(real);
    await folders.allow(generated);
    const kinds = new Set(problems.map(({ kind }) => kind));
    const notes = [...kinds].map((kind) => {
      const ofKind = problems.filter((problem) => problem.kind === kind);
      const { file, expected, received } = ofKind[0] as (typeof problems)[number];
      const others = ofKind.length > 1 ? `; ${ofKind.length - 1} more of this kind` : '';
      return `${kind}: ${file}: expected ${expected}, received ${received}${others}.`;
    });
    return new FoldersView({ ...options, folders }, pairs, notes);
  }

  async summary(): Promise<SourceSummary> {
    this.beginScoring();
    const means = Object.entries(this.columns()).map(([name, { mean }]) => [name, mean] as const);
    const protocol = protocolReference(this.options.protocol.name);
    return {
      id: this.id,
      title: this.title,
      kind: 'folders',
      evaluations: [{ name: evaluationName, pairs: this.ids.length, protocol, means: Object.fromEntries(means) }],
      live: this.done < this.ids.length && this.problem === undefined,
    };
  }

  async table(evaluation: string | undefined): Promise<ResultTable> {
    this.checkEvaluation(evaluation);
    this.beginScoring();
    const total = this.ids.length;
    return {
      version: viewDataVersion,
      source: this.id,
      evaluation: evaluationName,
      // Of this start of the viewer: scores that are added make no other pictures.
      revision: this.startedAt,
      protocol: protocolReference(this.options.protocol.name),
      ids: this.ids,
      metrics: this.columns(),
      images: [
        { name: 'output', missing: [] },
        { name: 'truth', missing: [] },
      ],
      notes: [...this.notes, ...(this.problem === undefined ? [] : [`Scoring has ended: ${this.problem.message}`])],
      baselines: {},
      failed: this.failed,
      ...(this.done < total && this.problem === undefined ? { progress: { done: this.done, total } } : {}),
    };
  }

  async pair(evaluation: string, id: string): Promise<PairDetails> {
    this.checkEvaluation(evaluation);
    const { real, generated } = this.filesOf(id);
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
    const { real, generated } = this.filesOf(id);
    if (image === 'output') return { kind: 'file', path: generated };
    if (image === 'truth') return { kind: 'file', path: real };
    throw new ViewError(404, `Pair ${id} has no picture ${image}.`);
  }

  watch(onChange: (change: SourceChange) => void): () => void {
    this.listeners.add(onChange);
    return () => this.listeners.delete(onChange);
  }

  /** Resolves when every pair is scored or has failed. */
  async whole(): Promise<void> {
    this.beginScoring();
    await this.begun;
    if (this.problem !== undefined) throw this.problem;
  }

  private columns() {
    const columns = folderMetrics.map((name) => {
      const { direction, unit } = pairMetrics[name];
      return [name, metricColumn({ direction, unit: unit === 'none' ? '' : unit }, this.values[name])] as const;
    });
    return Object.fromEntries(columns.flatMap(([name, column]) => (column === undefined ? [] : [[name, column]])));
  }

  private beginScoring(): void {
    // Nobody may be waiting for it: what goes wrong is told with the source, and to who asks for `whole`.
    this.begun ??= this.scoreAll().catch((error: Error) => {
      if (this.options.stop.aborted) return;
      this.problem = error;
      this.tell({ kind: 'live', live: false });
      this.tell({ kind: 'results', evaluation: evaluationName });
    });
  }

  private async scoreAll(): Promise<void> {
    const { scorer = new PortablePairScorer(), protocol, stop } = this.options;
    let told = performance.now();
    for (let start = 0; start < this.ids.length; start += batchSize) {
      const batch = Array.from({ length: Math.min(batchSize, this.ids.length - start) }, (_, i) =>
        this.pairs.files(start + i),
      );
      const outcomes = await scorer.score(batch, { protocol, metrics: folderMetrics, signal: stop });
      for (const [at, { values, problem }] of outcomes.entries()) {
        if (problem !== undefined) this.failed.push({ id: batch[at]?.name as string, message: problem.message });
        // JSON has no infinity: PSNR of equal images.
        else for (const name of folderMetrics) this.values[name][start + at] = finite(values[name]);
      }
      this.done = start + batch.length;
      if (performance.now() - told < tellEveryMs) continue;
      told = performance.now();
      this.tell({ kind: 'results', evaluation: evaluationName });
    }
    this.tell({ kind: 'results', evaluation: evaluationName });
    this.tell({ kind: 'live', live: false });
  }

  private tell(change: SourceChange): void {
    for (const listener of this.listeners) listener(change);
  }

  private checkEvaluation(name: string | undefined): void {
    if (name === undefined || name === evaluationName) return;
    throw new ViewError(404, `${this.title} has no evaluation ${JSON.stringify(name)}.`);
  }

  private filesOf(id: string): { real: string; generated: string } {
    const row = this.rows.get(id);
    if (row === undefined) throw new ViewError(404, `There is no pair ${JSON.stringify(id)}.`);
    const { real, generated } = this.pairs.files(row);
    return { real: resolve(real), generated: resolve(generated) };
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
