// Everything a view shows that is not in the data, and its form in the URL's fragment: a link reproduces the view.
// The fragment, so that the same links work on any static host and from a file.

export const viewNames = ['find', 'compare', 'runs', 'annotate'] as const;
export type ViewName = (typeof viewNames)[number];

export const compareModes = ['row', 'side', 'slider', 'flicker', 'onion', 'difference', 'ssim', 'levels'] as const;
export type CompareMode = (typeof compareModes)[number];

/** `worst` and `best` of the metric; `regression`: most lost from run A to run B; `pose`: largest change first; `id`: by name. */
export const orders = ['worst', 'best', 'regression', 'pose', 'id'] as const;
export type Order = (typeof orders)[number];

export const charts = ['histogram', 'scatter', 'pose', 'regression'] as const;
export type ChartName = (typeof charts)[number];

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** An interval of a metric, both ends included; an end that is missing is open. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** What is magnified: `zoom` 1 shows the whole image; (x, y) is the image point in the middle, 0..1 of width and height. */
export interface Viewport {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export interface ViewState {
  readonly view: ViewName;
  /** Id of the run or folder pair looked at: run B where two are compared. */
  readonly source?: string;
  readonly evaluation?: string;
  /** Run A, and its evaluation, which `source` is compared with. */
  readonly against?: string;
  readonly againstEvaluation?: string;
  readonly metric?: string;
  readonly order: Order;
  readonly ranges: Readonly<Record<string, Range>>;
  /** Only results whose id contains this. */
  readonly text: string;
  readonly chart: ChartName;
  /** The metric on the other axis of the scatter. */
  readonly across?: string;
  readonly pair?: string;
  readonly mode: CompareMode;
  /** The two images that the modes for two compare. */
  readonly first: string;
  readonly second: string;
  /** Place of the slider, 0..1 from the left. */
  readonly split: number;
  /** Opacity of the second image in onion skin. */
  readonly blend: number;
  readonly viewport: Viewport;
  /** Skeletons over the images. */
  readonly skeleton: boolean;
  /** Runs ticked in the table; all when empty, none for {@link nothingChosen}. */
  readonly runs: readonly string[];
  readonly step?: number;
  /** Losses drawn; the usual ones when empty, none for {@link nothingChosen}. */
  readonly losses: readonly string[];
  /** Losses on a linear scale. */
  readonly linear: boolean;
  /** Also the settings in which the runs do not differ. */
  readonly allSettings: boolean;
  /** Photo in annotate. */
  readonly photo?: string;
  readonly theme: Theme;
}

/** In lists whose empty form means something else: no run and no loss is called so. */
export const nothingChosen: readonly string[] = ['-'];

export const wholeImage: Viewport = { zoom: 1, x: 0.5, y: 0.5 };

export const initialState: ViewState = {
  view: 'find',
  order: 'worst',
  ranges: {},
  text: '',
  chart: 'histogram',
  mode: 'row',
  first: 'output',
  second: 'truth',
  split: 0.5,
  blend: 0.5,
  viewport: wholeImage,
  skeleton: false,
  runs: [],
  losses: [],
  linear: false,
  allSettings: false,
  theme: 'auto',
};

const texts = [
  'source',
  'evaluation',
  'against',
  'againstEvaluation',
  'metric',
  'text',
  'across',
  'pair',
  'first',
  'second',
  'photo',
] as const;
const lists = ['runs', 'losses'] as const;
const choices = { order: orders, chart: charts, mode: compareModes, theme: themes } as const;
const flags = ['skeleton', 'linear', 'allSettings'] as const;
const fractions = ['split', 'blend'] as const;
const rangePrefix = 'where.';

/** `#/find?source=run&metric=ssim`; what equals {@link initialState} is left out. */
export function formatState(state: ViewState): string {
  const query = new URLSearchParams();
  const add = (key: string, value: string, initial?: string) => {
    if (value !== (initial ?? '')) query.set(key, value);
  };
  for (const key of texts) add(key, state[key] ?? '', initialState[key]);
  for (const key of Object.keys(choices) as (keyof typeof choices)[]) add(key, state[key], initialState[key]);
  for (const key of lists) add(key, state[key].map(encodeURIComponent).join(','));
  for (const key of fractions) add(key, rounded(state[key]), rounded(initialState[key]));
  for (const [metric, range] of Object.entries(state.ranges)) {
    add(`${rangePrefix}${metric}`, `${range.min ?? ''}..${range.max ?? ''}`, '..');
  }
  const { zoom, x, y } = state.viewport;
  if (zoom !== 1 || x !== 0.5 || y !== 0.5) query.set('at', [x, y, zoom].map(rounded).join(','));
  for (const key of flags) if (state[key]) query.set(key, '1');
  if (state.step !== undefined) query.set('step', `${state.step}`);
  const text = query.toString();
  return `#/${state.view}${text === '' ? '' : `?${text}`}`;
}

/** The state of a fragment. What it does not name, or names wrongly, is as in {@link initialState}: old links still open. */
export function parseState(fragment: string): ViewState {
  const [path = '', text = ''] = fragment.replace(/^#?\/?/, '').split('?', 2);
  const query = new URLSearchParams(text);
  const state: { -readonly [K in keyof ViewState]: ViewState[K] } = { ...initialState };
  state.view = oneOf(viewNames, path) ?? initialState.view;
  for (const key of texts) {
    const value = query.get(key);
    if (value !== null && value !== '') state[key] = value;
  }
  state.order = oneOf(choices.order, query.get('order')) ?? initialState.order;
  state.chart = oneOf(choices.chart, query.get('chart')) ?? initialState.chart;
  state.mode = oneOf(choices.mode, query.get('mode')) ?? initialState.mode;
  state.theme = oneOf(choices.theme, query.get('theme')) ?? initialState.theme;
  for (const key of lists) {
    const value = query.get(key);
    if (value !== null && value !== '') state[key] = value.split(',').map(decoded);
  }
  for (const key of fractions) state[key] = fraction(query.get(key)) ?? initialState[key];
  state.ranges = rangesOf(query);
  state.viewport = viewportOf(query.get('at')) ?? wholeImage;
  for (const key of flags) state[key] = query.get(key) === '1';
  const step = numberOf(query.get('step'));
  if (step !== undefined && Number.isInteger(step) && step >= 0) state.step = step;
  return state;
}

/** What `state` is with these values instead; `undefined` takes a value away. */
export function withChange(
  state: ViewState,
  change: { readonly [K in keyof ViewState]?: ViewState[K] | undefined },
): ViewState {
  const entries = Object.entries({ ...state, ...change }).filter(([, value]) => value !== undefined);
  return { ...initialState, ...Object.fromEntries(entries) } as ViewState;
}

function rangesOf(query: URLSearchParams): Record<string, Range> {
  const ranges: Record<string, Range> = {};
  for (const [key, value] of query) {
    const middle = value.indexOf('..');
    if (!key.startsWith(rangePrefix) || middle === -1) continue;
    const [min, max] = [numberOf(value.slice(0, middle)), numberOf(value.slice(middle + 2))];
    if (min === undefined && max === undefined) continue;
    ranges[key.slice(rangePrefix.length)] = {
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    };
  }
  return ranges;
}

function viewportOf(text: string | null): Viewport | undefined {
  const [x, y, zoom] = (text ?? '').split(',').map(numberOf);
  if (x === undefined || y === undefined || zoom === undefined || zoom <= 0) return undefined;
  return { zoom, x, y };
}

function oneOf<T extends string>(values: readonly T[], text: string | null): T | undefined {
  return values.find((value) => value === text);
}

function numberOf(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function fraction(text: string | null): number | undefined {
  const value = numberOf(text);
  return value !== undefined && value >= 0 && value <= 1 ? value : undefined;
}

/** Four digits after the point place a pixel of a 4,000 pixel image. */
function rounded(value: number): string {
  return `${Number(value.toFixed(4))}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
