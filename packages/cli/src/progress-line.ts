// The one line that tells how a long command is doing. On a terminal it is rewritten in place; in a file, a pipe or CI it
// is a plain line now and then, so that a log stays readable. It goes to stderr: stdout is for results.

/** What of a stream is needed; `process.stderr` is one. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** What is counted, e.g. 'step', 'pair'. */
  readonly unit: string;
  readonly done: number;
  /** Undefined when the end is a time, or unknown. */
  readonly total?: number;
  /** Named values, in order; shown with three significant digits. */
  readonly values?: Readonly<Record<string, number>>;
  readonly imagesPerSecond?: number;
  readonly secondsLeft?: number;
}

export interface ProgressOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Faster than a reader, slow enough to cost nothing. */
const terminalIntervalMs = 100;
/** Ten minutes of training are sixty lines of a log. */
const logIntervalMs = 10_000;

export class ProgressLine {
  private readonly live: boolean;
  private readonly colour: boolean;
  private readonly now: () => number;
  private lastShownAt = Number.NEGATIVE_INFINITY;
  private pending: Progress | undefined;
  private onScreen = false;

  constructor(
    private readonly stream: LineStream = process.stderr,
    { environment = process.env, now = () => performance.now() }: ProgressOptions = {},
  ) {
    this.live = stream.isTTY === true && !environment.CI && environment.TERM !== 'dumb';
    this.colour = this.live && !environment.NO_COLOR;
    this.now = now;
  }

  update(progress: Progress): void {
    this.pending = progress;
    if (this.now() - this.lastShownAt >= (this.live ? terminalIntervalMs : logIntervalMs)) this.show();
  }

  /** A lasting line above the progress line. */
  note(text: string): void {
    this.erase();
    this.stream.write(`${text}\n`);
    if (this.live && this.pending !== undefined) this.show();
  }

  /** Shows the last state and leaves the line standing. */
  finish(): void {
    if (this.pending !== undefined) this.show();
    if (this.onScreen) this.stream.write('\n');
    this.onScreen = false;
    this.pending = undefined;
    this.lastShownAt = Number.NEGATIVE_INFINITY;
  }

  private show(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.lastShownAt = this.now();
    if (!this.live) {
      this.stream.write(`${progressText(pending)}\n`);
      this.pending = undefined;
      return;
    }
    // One column less than there are: a full line would wrap on some terminals and could not be erased.
    const text = progressText(pending, Math.max(10, (this.stream.columns ?? 80) - 1));
    this.stream.write(`\r\u001b[2K${this.colour ? `\u001b[36m${text}\u001b[39m` : text}`);
    this.onScreen = true;
  }

  private erase(): void {
    if (this.onScreen) this.stream.write('\r\u001b[2K');
    this.onScreen = false;
  }
}

/** The line, at most `width` characters: where space is short, the last of the named values go first. */
export function progressText(progress: Progress, width = Number.POSITIVE_INFINITY): string {
  const { unit, done, total, values, imagesPerSecond, secondsLeft } = progress;
  const named = Object.entries(values ?? {}).map(([name, value]) => `${name} ${shortNumber(value)}`);
  const line = (shown: number) => {
    const parts = [`${unit} ${done}${total === undefined ? '' : `/${total}`}`];
    if (shown > 0) parts.push(`${named.slice(0, shown).join(' ')}${shown < named.length ? ' ..' : ''}`);
    if (imagesPerSecond !== undefined) parts.push(`${shortNumber(imagesPerSecond)} images/s`);
    if (secondsLeft !== undefined && Number.isFinite(secondsLeft)) parts.push(`${durationText(secondsLeft)} left`);
    return parts.join(' | ');
  };
  let shown = named.length;
  while (shown > 0 && line(shown).length > width) shown--;
  return line(shown).slice(0, width);
}

/** `1 h 02 min`, `4 min 05 s`, `12 s`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${whole} s`;
}

/** Three significant digits, without an exponent where that is short: 0.0123, 1.23, 45.6, 789, 12345, 1.2e-5. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value)) return String(value);
  if (size >= 1000) return value.toFixed(0);
  if (size < 0.001) return value.toExponential(1);
  return value.toPrecision(3);
}
