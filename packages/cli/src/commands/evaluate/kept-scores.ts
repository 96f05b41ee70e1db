// The journal of an evaluation beside its report: written as pairs are scored, read by --resume.
import { resolve } from 'node:path';
import type { PairMetricName } from '@ggb/metrics';
import {
  type ImagePairs,
  type JournalConditions,
  type JournalEntry,
  journalEntries,
  journalExists,
  type ScoreColumns,
  ScoreJournal,
} from '@ggb/metrics/node';
import type { EvaluateFoldersOptions } from './evaluation-request.ts';

type Values = Readonly<Partial<Record<PairMetricName, number>>>;

/** Pairs written at once; as many are lost at most when the power fails. */
const written = 64;

export class KeptScores {
  private waiting: JournalEntry[] = [];

  private constructor(
    private readonly journal: ScoreJournal,
    private readonly pairs: ImagePairs,
    /** Pairs whose scores an earlier run has left. */
    readonly resumed: number,
  ) {}

  /**
   * With --resume fills `columns` with what an interrupted run has computed, of pairs whose files are as they were.
   *
   * @throws JournalError  if that run computed something else.
   */
  static open(
    { json, resume }: EvaluateFoldersOptions,
    conditions: JournalConditions,
    pairs: ImagePairs,
    columns: ScoreColumns,
  ): KeptScores {
    const file = `${resolve(json as string)}.journal`;
    if (resume !== true || !journalExists(file)) {
      return new KeptScores(ScoreJournal.create(file, conditions), pairs, 0);
    }
    const indices = new Map<string, number>();
    for (let i = 0; i < pairs.length; i++) indices.set(`${pairs.name(i)}\0${pairs.realName(i)}`, i);
    let resumed = 0;
    for (const { name, real, stamp, values } of journalEntries(file, conditions)) {
      const index = indices.get(`${name}\0${real}`);
      if (index === undefined || pairs.stamp(index) !== stamp) continue;
      if (!columns.isScored(index)) resumed++;
      columns.set(index, values);
    }
    return new KeptScores(ScoreJournal.append(file, conditions), pairs, resumed);
  }

  add(index: number, values: Values): void {
    const { pairs } = this;
    this.waiting.push({ name: pairs.name(index), real: pairs.realName(index), stamp: pairs.stamp(index), values });
    if (this.waiting.length >= written) this.flush();
  }

  /** For the next run. */
  close(): void {
    this.flush();
    this.journal.close();
  }

  /** When the report is written. */
  remove(): void {
    this.journal.remove();
  }

  /** Writes what waits. */
  flush(): void {
    this.journal.add(this.waiting);
    this.waiting = [];
  }
}
