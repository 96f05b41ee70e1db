// Two folders of images whose files have the same names: no run is needed. Pairs are scored here, while the page shows them.
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { decodeImage } from '@ggb/core/files';
import { l1, ssim, ssimProtocols } from '@ggb/metrics';
import type { ImageKey, PairDetails, ResultTable, SourceChange, SourceSummary } from '@ggb/web/run-source';
import { viewDataVersion } from '@ggb/web/run-source';
import { UserError } from '../../user-error.ts';
import type { AllowedFolders } from './allowed-folders.ts';
import type { PictureOrigin } from './picture.ts';
import { protocolReference } from './protocol-reference.ts';
import { metricColumn, scoreKinds } from './result-columns.ts';
import { sourceId, titleOf } from './source-id.ts';
import { ViewError } from './view-error.ts';
import type { ViewedSource } from './viewed-source.ts';

const evaluationName = 'folders';
const imageEndings = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff']);
const tellEveryMs = 500;

interface FilePair {
  /** Path below either folder, without its ending. */
  readonly id: string;
  readonly real: string;
  readonly generated: string;
}

/** Names of scores and how they are computed; SSIM by the protocol that the table names. */
const scored = ['ssim', 'l1'] as const;
const protocol = ssimProtocols.tf;

export class FoldersView implements ViewedSource {
  readonly id: string;
  private readonly title: string;
  private readonly rows: ReadonlyMap<string, number>;
  private readonly values: Record<(typeof scored)[number], (number | null)[]>;
  private readonly failed: { id: string; message: string }[] = [];
  private readonly listeners = new Set<(change: SourceChange) => void>();
  private readonly startedAt = `${Date.now()}`;
  private done = 0;
  private begun: Promise<void> | undefined;

  private constructor(
    private readonly pairs: readonly FilePair[],
    private readonly notes: readonly string[],
    given: { readonly real: string; readonly generated: string },
    private readonly folders: AllowedFolders,
    private readonly stop: AbortSignal,
  ) {
    this.title = `${titleOf(given.generated)} against ${titleOf(given.real)}`;
    this.id = sourceId(titleOf(given.generated), [given.generated, given.real]);
    this.rows = new Map(pairs.map(({ id }, row) => [id, row]));
    this.values = { ssim: pairs.map(() => null), l1: pairs.map(() => null) };
  }

  /**
   * Lists the folders; nothing is decoded yet.
   *
   * @throws UserError  for a folder that is none, and where no two files have the same name.
   */
  static async open(options: {
    readonly real: string;
    readonly generated: string;
    readonly folders: AllowedFolders;
    readonly stop: AbortSignal;
  }): Promise<FoldersView> {
    const { real, generated, folders, stop } = options;
    const [ofReal, ofGenerated] = [await imagesBelow(real, '--real'), await imagesBelow(generated, '--generated')];
    const pairs: FilePair[] = [];
    for (const [id, name] of ofGenerated) {
      const partner = ofReal.get(id);
      if (partner !== undefined) pairs.push({ id, real: join(real, partner), generated: join(generated, name) });
    }
    if (pairs.length === 0) {
      throw new UserError('no image of the one folder has the name of an image of the other', {
        where: generated,
        expected: `files named as those in ${real} (${examples(ofReal)}); endings may differ`,
        received: examples(ofGenerated),
      });
    }
    await folders.allow(real);
    await folders.allow(generated);
    const notes = [
      ...unmatched(ofGenerated.size - pairs.length, generated, 'no real one'),
      ...unmatched(ofReal.size - pairs.length, real, 'no generated one'),
    ];
    return new FoldersView(pairs, notes, { real, generated }, folders, stop);
  }

  async summary(): Promise<SourceSummary> {
    this.beginScoring();
    const { metrics } = this.columns();
    return {
      id: this.id,
      title: this.title,
      kind: 'folders',
      evaluations: [
        {
          name: evaluationName,
          pairs: this.pairs.length,
          protocol: await protocolReference(protocol.name),
          means: Object.fromEntries(Object.entries(metrics).map(([name, { mean }]) => [name, mean])),
        },
      ],
      live: this.done < this.pairs.length,
    };
  }

  async table(evaluation: string | undefined): Promise<ResultTable> {
    this.checkEvaluation(evaluation);
    this.beginScoring();
    const total = this.pairs.length;
    return {
      version: viewDataVersion,
      source: this.id,
      evaluation: evaluationName,
      revision: await this.revision(),
      protocol: await protocolReference(protocol.name),
      ids: this.pairs.map(({ id }) => id),
      metrics: this.columns().metrics,
      images: [
        { name: 'output', missing: [] },
        { name: 'truth', missing: [] },
      ],
      notes: this.notes,
      baselines: {},
      failed: this.failed,
      ...(this.done < total ? { progress: { done: this.done, total } } : {}),
    };
  }

  /** Of this start of the viewer: files may be other ones at the next. Scores that are added make no other pictures. */
  async revision(): Promise<string> {
    return this.startedAt;
  }

  async pair(evaluation: string, id: string): Promise<PairDetails> {
    this.checkEvaluation(evaluation);
    const { real, generated } = this.pairOf(id);
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
    const { real, generated } = this.pairOf(id);
    if (image === 'output') return { kind: 'file', path: generated };
    if (image === 'truth') return { kind: 'file', path: real };
    throw new ViewError(404, `Pair ${id} has no picture ${image}.`);
  }

  watch(onChange: (change: SourceChange) => void, stop: AbortSignal): void {
    this.listeners.add(onChange);
    stop.addEventListener('abort', () => this.listeners.delete(onChange), { once: true });
  }

  /** Resolves when every pair is scored or has failed. */
  async scoring(): Promise<void> {
    this.beginScoring();
    await this.begun;
  }

  private columns() {
    const columns = scored.map((name) => [name, metricColumn(scoreKinds[name], this.values[name])] as const);
    return { metrics: Object.fromEntries(columns.flatMap(([name, column]) => (column ? [[name, column]] : []))) };
  }

  private beginScoring(): void {
    this.begun ??= this.scoreAll();
  }

  private async scoreAll(): Promise<void> {
    let told = performance.now();
    for (const [row, pair] of this.pairs.entries()) {
      if (this.stop.aborted) return;
      await this.score(row, pair);
      this.done += 1;
      // Requests first: the page is looked at while this goes on.
      await setImmediate();
      if (performance.now() - told < tellEveryMs && this.done < this.pairs.length) continue;
      told = performance.now();
      for (const listener of this.listeners) listener({ kind: 'results', evaluation: evaluationName });
    }
    for (const listener of this.listeners) listener({ kind: 'live', live: false });
  }

  private async score(row: number, { id, real, generated }: FilePair): Promise<void> {
    try {
      const [truth, output] = await Promise.all([this.decoded(real), this.decoded(generated)]);
      this.values.ssim[row] = ssim(output, truth, protocol);
      this.values.l1[row] = l1(output, truth);
    } catch (error) {
      this.values.ssim[row] = null;
      this.failed.push({ id, message: (error as Error).message });
    }
  }

  private async decoded(path: string) {
    return decodeImage(await readFile(await this.folders.realPathOf(path)));
  }

  private checkEvaluation(name: string | undefined): void {
    if (name === undefined || name === evaluationName) return;
    throw new ViewError(404, `${this.title} has no evaluation ${JSON.stringify(name)}.`);
  }

  private pairOf(id: string): FilePair {
    const pair = this.pairs[this.rows.get(id) ?? -1];
    if (pair === undefined) throw new ViewError(404, `There is no pair ${JSON.stringify(id)}.`);
    return pair;
  }
}

/** Paths below the folder by their ids, in the order of the ids. Of two endings the first counts. */
async function imagesBelow(folder: string, option: string): Promise<Map<string, string>> {
  if (!(await stat(folder)).isDirectory()) {
    throw new UserError('is a file', { where: folder, expected: `a folder of images for ${option}` });
  }
  const names = (await readdir(folder, { recursive: true })).filter((name) => imageEndings.has(extname(name).toLowerCase()));
  if (names.length === 0) {
    throw new UserError('has no images', { where: folder, expected: `a folder of images for ${option}` });
  }
  const found = new Map<string, string>();
  for (const name of names.sort()) {
    const id = name.slice(0, -extname(name).length).split(sep).join('/');
    if (!found.has(id)) found.set(id, name);
  }
  return found;
}

function unmatched(count: number, folder: string, what: string): string[] {
  return count === 0 ? [] : [`${count} images of ${folder} have ${what} of the same name and are left out.`];
}

function examples(images: ReadonlyMap<string, string>): string {
  return [...images.values()].slice(0, 2).join(', ');
}
