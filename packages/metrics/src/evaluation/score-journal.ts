// The pairs that are done, line by line beside the report: what a Ctrl-C or a power cut leaves to go on from.
import { closeSync, existsSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { PairMetricName } from '../pair-metrics/pair-metric.ts';

/** What scores depend on beside the files of the pair. A journal of other conditions is not gone on with. */
export interface JournalConditions {
  readonly protocolHash: string;
  readonly metrics: readonly PairMetricName[];
  /** Versions and scorer: another decoder may give other bits. */
  readonly scorer: string;
  readonly real: string;
  readonly generated: string;
}

export interface JournalEntry {
  readonly name: string;
  readonly real: string;
  /** Of size and time of both files, and of the key points, if there are any. */
  readonly stamp: string;
  readonly values: Readonly<Partial<Record<PairMetricName, number>>>;
}

/** A journal that belongs to another evaluation, or is none. */
export class JournalError extends Error {
  override readonly name = 'JournalError';

  constructor(
    readonly file: string,
    readonly expected: string,
    readonly received: string,
  ) {
    super(
      `${file}: cannot be gone on with: expected ${expected}, received ${received}. Repeat the command as it was, or leave --resume out to start anew.`,
    );
  }
}

/**
 * Reads what an interrupted run has left, entry by entry. A last line that was cut is left out.
 *
 * @throws JournalError  if it was written under other conditions.
 */
export function* journalEntries(file: string, conditions: JournalConditions): Generator<JournalEntry> {
  const lines = linesOf(file);
  const first = lines.next();
  const written = first.done ? undefined : parsedLine(first.value);
  if (written?.journal !== 1) throw new JournalError(file, 'a journal of ggb evaluate', 'something else');
  for (const [key, expected] of Object.entries(conditions)) {
    const [a, b] = [JSON.stringify(expected), JSON.stringify(written[key])];
    if (a !== b) throw new JournalError(file, `${key} ${a}`, `${b}`);
  }
  for (const line of lines) {
    const entry = parsedLine(line);
    if (entry === undefined) continue;
    const { n, r, s, v } = entry;
    if (typeof n !== 'string' || typeof r !== 'string' || typeof s !== 'string' || !Array.isArray(v)) continue;
    if (v.length !== conditions.metrics.length) continue;
    const values = Object.fromEntries(
      conditions.metrics.map((name, i) => [name, numberOf(v[i])] as const),
    ) as JournalEntry['values'];
    yield { name: n, real: r, stamp: s, values };
  }
}

export function journalExists(file: string): boolean {
  return existsSync(file);
}

/** Appends entries; each `add` reaches the operating system before it returns, so that a crash of ours loses none. */
export class ScoreJournal {
  private constructor(
    private readonly file: string,
    private readonly descriptor: number,
    private readonly metrics: readonly PairMetricName[],
  ) {}

  /** Starts anew, over what is there. */
  static create(file: string, conditions: JournalConditions): ScoreJournal {
    const descriptor = openSync(file, 'w');
    writeSync(descriptor, `${JSON.stringify({ journal: 1, ...conditions })}\n`);
    return new ScoreJournal(file, descriptor, conditions.metrics);
  }

  /** Goes on behind what is there. */
  static append(file: string, conditions: JournalConditions): ScoreJournal {
    const descriptor = openSync(file, 'a');
    // The last line may have been cut: what follows must not become a part of it.
    writeSync(descriptor, '\n');
    return new ScoreJournal(file, descriptor, conditions.metrics);
  }

  add(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    const text = entries.map(({ name, real, stamp, values }) => {
      const v = this.metrics.map((metric) => writtenNumber(values[metric] ?? Number.NaN));
      return `${JSON.stringify({ n: name, r: real, s: stamp, v })}\n`;
    });
    writeSync(this.descriptor, text.join(''));
  }

  /** Keeps the file, for the next run. */
  close(): void {
    closeSync(this.descriptor);
  }

  /** When the report is written. */
  remove(): void {
    this.close();
    rmSync(this.file, { force: true });
  }
}

/** JSON has no infinities; numbers themselves survive it bit by bit. */
function writtenNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function numberOf(written: unknown): number {
  return typeof written === 'number' ? written : Number(written);
}

function parsedLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Without the whole file in memory. */
function* linesOf(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(1 << 16);
    let rest: Buffer = Buffer.alloc(0);
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      let start = 0;
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
        yield bytes.toString('utf8', start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}
