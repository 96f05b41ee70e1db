// Data from a folder that `ggb view --export` wrote, beside the page: from any web host, and from file:, where a page can load
// classic scripts and pictures and nothing else.
import type { ExportedTable, ExportedView } from './exported-view.ts';
import {
  type ImageKey,
  type PairDetails,
  parseResultTable,
  parseRunDetails,
  type ResultTable,
  type RunDetails,
  type RunSource,
  type SourceSummary,
  ViewDataError,
  viewDataVersion,
} from './view-data.ts';

export class StaticSource implements RunSource {
  private readonly thumbs: ReadonlySet<number>;
  /** Rows by id, of the tables by their place. */
  private readonly rows = new Map<number, ReadonlyMap<string, number>>();

  /** @throws ViewDataError  for an export of another version. */
  constructor(
    private readonly exported: ExportedView,
    /** Loads a script of the folder; ends when it has run. */
    private readonly load: (path: string) => Promise<void> = loadScript,
  ) {
    if (exported.version !== viewDataVersion) {
      throw new ViewDataError(
        'unreadable',
        `This folder was exported as version ${exported.version}; its page reads ${viewDataVersion}. Export it again.`,
      );
    }
    this.thumbs = new Set(exported.thumbs);
  }

  async sources(): Promise<readonly SourceSummary[]> {
    return this.exported.sources;
  }

  async results(source: string, evaluation?: string): Promise<ResultTable> {
    return parseResultTable(this.exportedTable(source, evaluation).table, 'data.js');
  }

  async run(source: string): Promise<RunDetails> {
    const run = this.exported.runs[source];
    if (run === undefined) throw new ViewDataError('not-found', `${source} is no run.`);
    return parseRunDetails(run.details, 'data.js');
  }

  async pair(source: string, evaluation: string, id: string): Promise<PairDetails> {
    const place = this.exported.tables.indexOf(this.exportedTable(source, evaluation));
    if (this.exported.pairs[place] === undefined) await this.load(`pairs/${place}.js`);
    const pair = this.exported.pairs[place]?.[id];
    if (pair === undefined) throw new ViewDataError('not-found', `There is no pair ${id}.`);
    return pair;
  }

  imageUrl(source: string, key: ImageKey): string {
    return `images/${this.fileName(this.filePlace(source, key))}`;
  }

  thumbUrl(source: string, key: ImageKey): string {
    const place = this.filePlace(source, key);
    const name = this.fileName(place);
    return this.thumbs.has(place) ? `thumbs/${name}.webp` : `images/${name}`;
  }

  async readableImageUrl(source: string, key: ImageKey): Promise<string> {
    if (globalThis.location?.protocol !== 'file:') return this.imageUrl(source, key);
    const name = this.fileName(this.filePlace(source, key));
    if (this.exported.pixels[name] === undefined) await this.load(`images/${name}.js`);
    const url = this.exported.pixels[name];
    // Given away: a page that steps through thousands of pictures must not hold all of them.
    delete this.exported.pixels[name];
    if (url === undefined) throw new ViewDataError('unreadable', `images/${name}.js holds no picture.`);
    return url;
  }

  sampleUrl(source: string, step: number): string {
    return `images/${this.fileName(this.exported.runs[source]?.samples[step] ?? -1)}`;
  }

  private exportedTable(source: string, evaluation: string | undefined): ExportedTable {
    const found = this.exported.tables.find(
      ({ table }) => table.source === source && (evaluation === undefined || table.evaluation === evaluation),
    );
    if (found !== undefined) return found;
    throw new ViewDataError('not-found', `${source} has no evaluation ${evaluation ?? 'in this folder'}.`);
  }

  private filePlace(source: string, { evaluation, id, image }: ImageKey): number {
    const exported = this.exportedTable(source, evaluation);
    const place = this.exported.tables.indexOf(exported);
    const rows = this.rows.get(place) ?? new Map(exported.table.ids.map((name, row) => [name, row]));
    this.rows.set(place, rows);
    return exported.files[image]?.[rows.get(id) ?? -1] ?? -1;
  }

  /** A picture that is not there has an address that nothing answers. */
  private fileName(place: number): string {
    return this.exported.files[place] ?? 'missing';
  }
}

function loadScript(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = path;
    script.onload = () => {
      script.remove();
      resolve();
    };
    script.onerror = () => {
      script.remove();
      reject(new ViewDataError('unreachable', `${path} is not beside the page: the exported folder is not whole.`));
    };
    document.head.append(script);
  });
}
