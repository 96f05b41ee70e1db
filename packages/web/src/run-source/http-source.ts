// Data from `ggb view`, over the server that the page came from. The token came with the page's address and is in a cookie.
import {
  type AnnotateList,
  type AnnotateSaved,
  type AnnotateSource,
  type ImageKey,
  type PairDetails,
  parseResultTable,
  parseRunDetails,
  type ResultTable,
  type RunDetails,
  type RunSource,
  type SourceChange,
  type SourceSummary,
  type ThumbRowKey,
  thumbnailSize,
  ViewDataError,
  type ViewKeypoints,
} from './view-data.ts';

/** Node refuses a request whose head is above 16 KiB. */
const longestAddress = 8192;
const connectAgainMs = 3000;
/** After a restart of the server: its new address may be opened in another tab, and then this one may ask again. */
const askAgainMs = 15_000;

export class HttpSource implements RunSource {
  readonly annotate?: AnnotateSource;
  /** Of the tables that were given, by source and evaluation: other pictures have another address, and are shown at once. */
  private readonly revisions = new Map<string, string>();

  /** @param options.canAnnotate  the server was started for key points. */
  constructor({ canAnnotate = false }: { readonly canAnnotate?: boolean } = {}) {
    if (canAnnotate) this.annotate = new HttpAnnotateSource();
  }

  async sources(): Promise<readonly SourceSummary[]> {
    return (await ask('api/sources')) as readonly SourceSummary[];
  }

  async results(source: string, evaluation?: string): Promise<ResultTable> {
    const query = evaluation === undefined ? '' : `?${new URLSearchParams({ evaluation })}`;
    const table = parseResultTable(await ask(`api/sources/${source}/results${query}`));
    this.revisions.set(`${source} ${table.evaluation}`, table.revision);
    return table;
  }

  async run(source: string): Promise<RunDetails> {
    return parseRunDetails(await ask(`api/sources/${source}/run`));
  }

  async pair(source: string, evaluation: string, id: string): Promise<PairDetails> {
    return (await ask(`api/sources/${source}/pair?${new URLSearchParams({ evaluation, id })}`)) as PairDetails;
  }

  imageUrl(source: string, key: ImageKey): string {
    return `image/${source}/${key.image}?${this.query(source, key)}`;
  }

  thumbUrl(source: string, key: ImageKey, size: number): string {
    return `thumb/${source}/${thumbnailSize(size)}/${key.image}?${this.query(source, key)}`;
  }

  thumbRowUrl(source: string, { evaluation, ids, images }: ThumbRowKey, size: number): string | undefined {
    const query = this.query(source, { evaluation });
    for (const image of images) query.append('image', image);
    for (const id of ids) query.append('id', id);
    const url = `thumbs/${source}/${thumbnailSize(size)}?${query}`;
    return url.length > longestAddress ? undefined : url;
  }

  async readableImageUrl(source: string, key: ImageKey): Promise<string> {
    return this.imageUrl(source, key);
  }

  sampleUrl(source: string, step: number): string {
    return `sample/${source}/${step}`;
  }

  /** A browser opens six connections to one server at most, of all its tabs together: pictures need the others. */
  subscribe(sources: readonly string[], onChange: (change: SourceChange, source?: string) => void): () => void {
    const query = new URLSearchParams(sources.map((source) => ['source', source]));
    let events: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    let isEnded = false;
    const open = () => {
      const opened = new EventSource(`api/events?${query}`);
      events = opened;
      opened.addEventListener('open', () => onChange({ kind: 'connection', state: 'open' }));
      opened.addEventListener('error', () => {
        onChange({ kind: 'connection', state: 'lost' });
        // By itself it connects again where nobody answered, and gives up where somebody answered something else.
        if (opened.readyState === EventSource.CLOSED) void refusedOrLater();
      });
      opened.addEventListener('change', ({ data }: MessageEvent<string>) => {
        const { source, change } = JSON.parse(data) as { readonly source: string; readonly change: SourceChange };
        onChange(change, source);
      });
    };
    const refusedOrLater = async () => {
      const code = await ask('api/sources').then(
        () => undefined,
        (error: ViewDataError) => error.code,
      );
      if (isEnded) return;
      if (code === 'refused') onChange({ kind: 'connection', state: 'refused' });
      again = setTimeout(open, code === 'refused' ? askAgainMs : connectAgainMs);
    };
    open();
    return () => {
      isEnded = true;
      clearTimeout(again);
      events.close();
    };
  }

  private query(source: string, { evaluation, id }: Pick<ImageKey, 'evaluation'> & Partial<ImageKey>): URLSearchParams {
    const revision = this.revisions.get(`${source} ${evaluation}`);
    return new URLSearchParams({
      evaluation,
      ...(id === undefined ? {} : { id }),
      ...(revision === undefined ? {} : { v: revision }),
    });
  }
}

class HttpAnnotateSource implements AnnotateSource {
  async list(): Promise<AnnotateList> {
    return (await ask('api/annotate')) as AnnotateList;
  }

  imageUrl(index: number): string {
    return `api/annotate/image/${index}`;
  }

  async save(version: string, index: number, keypoints: ViewKeypoints): Promise<AnnotateSaved> {
    const body = JSON.stringify({ version, keypoints });
    const headers = { 'Content-Type': 'application/json' };
    return (await ask(this.imageUrl(index), { method: 'POST', headers, body })) as AnnotateSaved;
  }
}

const codes: Readonly<Record<number, ViewDataError['code']>> = {
  401: 'refused',
  403: 'refused',
  404: 'not-found',
  409: 'conflict',
  415: 'unreadable',
  421: 'refused',
};

/** @throws ViewDataError  with what the server says. */
async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(path, { credentials: 'same-origin', ...init }).catch((cause: unknown) => {
    throw new ViewDataError('unreachable', 'The viewer does not answer: is ggb view still running?', { cause });
  });
  if (response.ok) return response.json();
  const answer = (await response.json().catch(() => ({}))) as { readonly error?: string };
  const message = answer.error ?? `The viewer answered ${response.status} to ${path}.`;
  throw new ViewDataError(codes[response.status] ?? 'failed', message);
}
