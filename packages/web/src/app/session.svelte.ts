// What the page knows right now: the state in the URL, the data that was read, and what follows from both. Views read it and
// ask for changes; nothing else writes the URL or reads the source.
import { untrack } from 'svelte';
import {
  applySteps,
  type EvaluationSummary,
  noSteps,
  type ResultTable,
  type RunDetails,
  type RunSource,
  type SourceChange,
  type SourceSummary,
} from '../run-source/view-data.ts';
import { type Rows, rowsOf, selectRows } from '../views/find/find.select.ts';
import { formatState, parseState, type ViewState, withChange } from './view-state.ts';

export type StateChange = { readonly [K in keyof ViewState]?: ViewState[K] | undefined };

interface LoadedTable {
  readonly table: ResultTable;
  readonly rows: Rows;
}

/** An evaluation that is compared with. */
export interface Other {
  readonly source: SourceSummary;
  readonly evaluation: EvaluationSummary;
}

/** Each takes a connection, of which a browser opens six to one server; pictures need the others. */
const followedAtMost = 3;

/** Browsers slow pages down that rewrite their address more often than this. */
const addressDelayMs = 200;

export class Session {
  state: ViewState = $state.raw(parseState(location.hash));
  sources: readonly SourceSummary[] = $state.raw([]);
  isLoaded = $state(false);
  isConnected = $state(true);
  /** What is drawn, whether chosen here or by the system. */
  theme: 'light' | 'dark' = $state('light');
  /** What could not be read, in words. */
  problem: string | undefined = $state.raw();
  /** Said to screen readers, and shown for a moment. */
  message = $state('');
  #tables: ReadonlyMap<string, LoadedTable> = $state.raw(new Map());
  #runs: ReadonlyMap<string, RunDetails> = $state.raw(new Map());
  #asked = new Set<string>();
  #subscriptions = new Map<string, () => void>();
  #addressTimer: ReturnType<typeof setTimeout> | undefined;

  readonly current: SourceSummary | undefined = $derived(
    this.sources.find(({ id }) => id === this.state.source) ??
      this.sources.find(({ evaluations }) => evaluations.length > 0) ??
      this.sources[0],
  );
  readonly evaluation: EvaluationSummary | undefined = $derived(
    this.current?.evaluations.find(({ name }) => name === this.state.evaluation) ?? this.current?.evaluations[0],
  );
  readonly #loaded: LoadedTable | undefined = $derived(
    this.#tables.get(keyOf(this.current?.id, this.evaluation?.name)),
  );
  readonly table: ResultTable | undefined = $derived(this.#loaded?.table);
  readonly rows: Rows | undefined = $derived(this.#loaded?.rows);

  /** What this evaluation can be compared with: all others. */
  readonly others: readonly Other[] = $derived(
    this.sources.flatMap((source) =>
      source.evaluations
        .filter((evaluation) => source.id !== this.current?.id || evaluation.name !== this.evaluation?.name)
        .map((evaluation) => ({ source, evaluation })),
    ),
  );
  readonly #other: Other | undefined = $derived(
    this.others.find(
      ({ source, evaluation }) =>
        source.id === this.state.against && evaluation.name === (this.state.againstEvaluation ?? evaluation.name),
    ) ??
      // Who asks for what was lost means: against the other one.
      (this.state.order === 'regression' || this.state.chart === 'regression' ? this.others[0] : undefined),
  );
  /** Run A of a comparison. */
  readonly againstSource: SourceSummary | undefined = $derived(this.#other?.source);
  readonly againstEvaluation: EvaluationSummary | undefined = $derived(this.#other?.evaluation);
  readonly #against: LoadedTable | undefined = $derived(
    this.#tables.get(keyOf(this.againstSource?.id, this.againstEvaluation?.name)),
  );
  readonly againstTable: ResultTable | undefined = $derived(this.#against?.table);
  readonly againstRows: Rows | undefined = $derived(this.#against?.rows);

  readonly metricNames: readonly string[] = $derived(Object.keys(this.table?.metrics ?? {}));
  readonly metric: string = $derived(
    this.metricNames.find((name) => name === this.state.metric) ??
      this.metricNames.find((name) => name === 'ssim') ??
      this.metricNames[0] ??
      '',
  );
  // Each for itself: the state is another one with every pixel of panning, and nothing may be sorted for that.
  readonly #orderName = $derived(this.state.order);
  readonly #ranges = $derived(this.state.ranges);
  readonly #text = $derived(this.state.text);
  /** Rows of the table that are shown, in order. */
  readonly order: Int32Array = $derived.by(() => {
    if (this.rows === undefined) return new Int32Array(0);
    return selectRows(this.rows, {
      metric: this.metric,
      order: this.#orderName,
      ranges: this.#ranges,
      text: this.#text,
      against: this.againstRows,
    });
  });

  constructor(readonly source: RunSource) {}

  /** Reads the list of sources, follows them and the address. Call once. */
  async start(): Promise<void> {
    window.addEventListener('hashchange', () => {
      if (location.hash !== formatState(this.state)) this.state = parseState(location.hash);
    });
    await this.readSources();
    this.isLoaded = true;
  }

  async readSources(): Promise<void> {
    await this.#tell(async () => {
      this.sources = await this.source.sources();
    });
  }

  /** `push` makes a step for the browser's back button. */
  set(change: StateChange, how: 'replace' | 'push' = 'replace'): void {
    this.state = withChange(this.state, change);
    clearTimeout(this.#addressTimer);
    if (how === 'push') history.pushState(null, '', formatState(this.state));
    else this.#addressTimer = setTimeout(() => history.replaceState(null, '', formatState(this.state)), addressDelayMs);
  }

  say(text: string): void {
    // The same words twice are said twice. Effects may say something, but not because something was said.
    this.message = untrack(() => this.message) === text ? `${text}\u00a0` : text;
  }

  /** Asks for a table once; it then is in {@link tableOf}. */
  needTable(source: string | undefined, evaluation: string | undefined): void {
    if (source !== undefined && evaluation !== undefined)
      this.#once(keyOf(source, evaluation), () => this.#readTable(source, evaluation));
  }

  tableOf(source: string, evaluation: string | undefined): ResultTable | undefined {
    return this.#tables.get(keyOf(source, evaluation))?.table;
  }

  needRun(source: string): void {
    this.#once(`run ${source}`, () => this.#readRun(source));
  }

  runOf(source: string): RunDetails | undefined {
    return this.#runs.get(source);
  }

  async #readTable(source: string, evaluation: string): Promise<void> {
    const table = await this.source.results(source, evaluation);
    this.#tables = new Map(this.#tables).set(keyOf(source, evaluation), { table, rows: rowsOf(table) });
  }

  async #readRun(source: string): Promise<void> {
    const details = await this.source.run(source);
    this.#runs = new Map(this.#runs).set(source, details);
  }

  #once(key: string, read: () => Promise<void>): void {
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    void this.#tell(read);
  }

  async #tell(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : `${error}`;
    }
  }

  /** What is looked at, then what is training. Call whenever it may be others. */
  follow(): void {
    const wanted = [this.current, this.againstSource, ...this.sources.filter(({ live }) => live)];
    const ids = new Set(wanted.flatMap((summary) => summary?.id ?? []).slice(0, followedAtMost));
    for (const [id, end] of this.#subscriptions) {
      if (ids.has(id)) continue;
      end();
      this.#subscriptions.delete(id);
    }
    for (const id of ids) {
      if (this.#subscriptions.has(id)) continue;
      const end = this.source.subscribe?.(id, (change) => this.#changed(id, change));
      if (end !== undefined) this.#subscriptions.set(id, end);
    }
  }

  #changed(id: string, change: SourceChange): void {
    const run = this.#runs.get(id);
    const update = (part: Partial<RunDetails>) => {
      if (run !== undefined) this.#runs = new Map(this.#runs).set(id, { ...run, ...part });
    };
    switch (change.kind) {
      case 'steps':
        update({ steps: applySteps(run?.steps ?? noSteps, change) });
        this.#summarise(id, { step: change.columns.step.at(-1) });
        break;
      case 'samples':
        update({ samples: change.samples });
        break;
      case 'live':
        update({ live: change.live });
        this.#summarise(id, { live: change.live });
        break;
      case 'run':
        if (run !== undefined) void this.#tell(() => this.#readRun(id));
        break;
      case 'results':
        void this.readSources();
        if (this.#asked.has(keyOf(id, change.evaluation)))
          void this.#tell(() => this.#readTable(id, change.evaluation));
        break;
      case 'connection':
        this.isConnected = change.state === 'open';
        break;
      default:
        change satisfies never;
    }
  }

  #summarise(id: string, part: { readonly live?: boolean; readonly step?: number | undefined }): void {
    const known = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
    this.sources = this.sources.map((summary) => (summary.id === id ? { ...summary, ...known } : summary));
  }
}

function keyOf(source: string | undefined, evaluation: string | undefined): string {
  return `results ${source ?? ''} ${evaluation ?? ''}`;
}
