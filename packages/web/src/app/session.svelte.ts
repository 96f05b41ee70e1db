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
import { OneAtATime } from './one-at-a-time.ts';
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

/** The server looks at each of them twice a second. */
const followedAtMost = 16;

/** Browsers slow pages down that rewrite their address more often than this. */
const addressDelayMs = 200;

export class Session {
  state: ViewState = $state.raw(parseState(location.hash));
  sources: readonly SourceSummary[] = $state.raw([]);
  isLoaded = $state(false);
  /** `refused`: the server was started anew, and this page has no token of that start. */
  connection: 'open' | 'lost' | 'refused' = $state('open');
  /** What is drawn, whether chosen here or by the system. */
  theme: 'light' | 'dark' = $state('light');
  /** What could not be read, in words, by what it was. */
  #problems: ReadonlyMap<string, string> = $state.raw(new Map());
  readonly problem: string | undefined = $derived([...this.#problems.values()][0]);
  /** Said to screen readers, and shown for a moment. */
  message = $state('');
  #tables: ReadonlyMap<string, LoadedTable> = $state.raw(new Map());
  #runs: ReadonlyMap<string, RunDetails> = $state.raw(new Map());
  #asked = new Set<string>();
  /** What the stream has told of a source: whole and in order, where a reading may miss or repeat what came meanwhile. */
  #told = new Map<string, Partial<Pick<RunDetails, 'steps' | 'samples' | 'live'>>>();
  #reading = new OneAtATime();
  #followed: readonly string[] = [];
  #endFollowing: (() => void) | undefined;
  #isHidden = $state(false);
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
    // What nobody looks at needs no connection: a browser has six to a server, for all tabs together.
    this.#isHidden = document.visibilityState === 'hidden';
    document.addEventListener('visibilitychange', () => {
      this.#isHidden = document.visibilityState === 'hidden';
    });
    await this.readSources();
    this.isLoaded = true;
  }

  readSources(): Promise<void> {
    return this.#read('sources', async () => {
      this.sources = await this.source.sources();
    });
  }

  /** `push` makes a step for the browser's back button. */
  set(change: StateChange, how: 'replace' | 'push' = 'replace'): void {
    const before = this.state;
    this.state = withChange(before, change);
    if (how === 'push') {
      // The step that is left behind is the one that was seen last.
      if (this.#addressTimer !== undefined) history.replaceState(null, '', formatState(before));
      this.#forgetAddressTimer();
      history.pushState(null, '', formatState(this.state));
      return;
    }
    this.#forgetAddressTimer();
    this.#addressTimer = setTimeout(() => {
      this.#addressTimer = undefined;
      history.replaceState(null, '', formatState(this.state));
    }, addressDelayMs);
  }

  #forgetAddressTimer(): void {
    clearTimeout(this.#addressTimer);
    this.#addressTimer = undefined;
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
    this.#once(runKeyOf(source), () => this.#readRun(source));
  }

  runOf(source: string): RunDetails | undefined {
    return this.#runs.get(source);
  }

  #readTable(source: string, evaluation: string): Promise<void> {
    const key = keyOf(source, evaluation);
    return this.#read(key, async () => {
      const table = await this.source.results(source, evaluation);
      this.#tables = new Map(this.#tables).set(key, { table, rows: rowsOf(table) });
    });
  }

  #readRun(source: string): Promise<void> {
    return this.#read(runKeyOf(source), async () => {
      const details = await this.source.run(source);
      this.#runs = new Map(this.#runs).set(source, { ...details, ...this.#told.get(source) });
    });
  }

  #once(key: string, read: () => Promise<void>): void {
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    void read();
  }

  /** Never rejects: what goes wrong is in {@link problem} until the same can be read. */
  #read(key: string, read: () => Promise<void>): Promise<void> {
    return this.#reading.run(key, async () => {
      const problem = await read().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : `${error}`),
      );
      this.#setProblem(key, problem);
    });
  }

  #setProblem(key: string, problem: string | undefined): void {
    const problems = new Map(this.#problems);
    problems.delete(key);
    if (problem !== undefined) problems.set(key, problem);
    this.#problems = problems;
  }

  /** What is looked at, then what is training; nothing while nobody looks. Call whenever it may be others. */
  follow(): void {
    const wanted = [this.current, this.againstSource, ...this.sources.filter(({ live }) => live)];
    const ids = this.#isHidden ? [] : [...new Set(wanted.flatMap((summary) => summary?.id ?? []))];
    const followed = ids.slice(0, followedAtMost).sort();
    // A page that began hidden has read things that may be old when it is looked at.
    if (this.#isHidden) this.#endFollowing ??= () => {};
    if (followed.join() === this.#followed.join()) return;
    const isFirst = this.#endFollowing === undefined;
    const isBack = this.#followed.length === 0;
    const added = followed.filter((id) => !this.#followed.includes(id));
    this.#endFollowing?.();
    this.#followed = followed;
    this.#told.clear();
    if (followed.length === 0) {
      this.#endFollowing = () => {};
      return;
    }
    this.#endFollowing = this.source.subscribe?.(followed, (change, id) => this.#changed(change, id));
    // Nobody told what happened to them before.
    if (!isFirst) untrack(() => this.#readAgain(isBack ? undefined : added));
  }

  /** The list of sources, and what was read of these; of all without any. */
  #readAgain(ids?: readonly string[]): void {
    void this.readSources();
    for (const { id, evaluations } of this.sources) {
      if (ids !== undefined && !ids.includes(id)) continue;
      if (this.#runs.has(id)) void this.#readRun(id);
      for (const { name } of evaluations) if (this.#tables.has(keyOf(id, name))) void this.#readTable(id, name);
    }
  }

  #changed(change: SourceChange, id = ''): void {
    switch (change.kind) {
      case 'steps':
        this.#update(id, { steps: applySteps(this.#told.get(id)?.steps ?? noSteps, change) });
        this.#summarise(id, { step: change.columns.step.at(-1) });
        break;
      case 'samples':
        this.#update(id, { samples: change.samples });
        break;
      case 'live':
        this.#update(id, { live: change.live });
        this.#summarise(id, { live: change.live });
        break;
      case 'run':
        if (this.#asked.has(runKeyOf(id))) void this.#readRun(id);
        break;
      case 'results':
        void this.readSources();
        if (this.#asked.has(keyOf(id, change.evaluation))) void this.#readTable(id, change.evaluation);
        break;
      case 'connection': {
        const isBack = this.connection !== 'open' && change.state === 'open';
        // Until a stream is there again, the reason stays.
        if (this.connection !== 'refused' || change.state === 'open') this.connection = change.state;
        if (isBack) this.#readAgain();
        break;
      }
      default:
        change satisfies never;
    }
  }

  #update(id: string, part: Partial<Pick<RunDetails, 'steps' | 'samples' | 'live'>>): void {
    this.#told.set(id, { ...this.#told.get(id), ...part });
    const run = this.#runs.get(id);
    if (run !== undefined) this.#runs = new Map(this.#runs).set(id, { ...run, ...part });
  }

  #summarise(id: string, part: { readonly live?: boolean; readonly step?: number | undefined }): void {
    const known = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
    const summary = this.sources.find((source) => source.id === id);
    if (summary === undefined || Object.entries(known).every(([name, value]) => summary[name as 'step'] === value))
      return;
    this.sources = this.sources.map((source) => (source === summary ? { ...source, ...known } : source));
  }
}

const runKeyOf = (source: string) => `run ${source}`;

function keyOf(source: string | undefined, evaluation: string | undefined): string {
  return `results ${source ?? ''} ${evaluation ?? ''}`;
}
