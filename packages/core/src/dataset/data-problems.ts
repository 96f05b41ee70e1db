// What is wrong with somebody's data, all of it at once: a person mends a manifest in one go and not error by error.
import { problemLines } from '@ggb/native-ops/messages';

/** One thing that is wrong. */
export interface DataProblem {
  /** The manifest or image at fault. */
  readonly file: string;
  /** 1-based line of the manifest. */
  readonly line?: number;
  /** Key of the pair, e.g. `keypoints[3]`. */
  readonly key?: string;
  readonly expected: string;
  readonly received: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Data that cannot be trained on. The message lists the first problems and says how many there are. */
export class DataProblems extends Error {
  override readonly name = 'DataProblems';

  constructor(
    /** The first of them, at most {@link ProblemList.shown}. */
    readonly problems: readonly DataProblem[],
    readonly total: number,
  ) {
    const lines = problemLines(problems.map(toldProblem), { total });
    super([`${total} ${total === 1 ? 'problem' : 'problems'} in the data:`, ...lines].join('\n'));
  }
}

function toldProblem({ file, line, key, expected, received, advice }: DataProblem) {
  const place = [file, line, key].filter((part) => part !== undefined).join(':');
  const text = `${place}: expected ${expected}, received ${received}.`;
  return { text, ...(advice === undefined ? {} : { advice }) };
}

/** Collects problems; keeps the first ones, counts all. */
export class ProblemList {
  static readonly shown = 20;
  private readonly first: DataProblem[] = [];
  private total = 0;

  add(problem: DataProblem): void {
    this.total++;
    if (this.first.length < ProblemList.shown) this.first.push(problem);
  }

  get count(): number {
    return this.total;
  }

  /** @throws DataProblems  if there are any. */
  throwIfAny(): void {
    if (this.total > 0) throw new DataProblems(this.first, this.total);
  }
}
