// A list of what is wrong with somebody's files. What to do is said once for all that it helps: twenty files that need the
// same remedy are one task.

export interface ToldProblem {
  /** A sentence: where, what was expected, what was received. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

/**
 * One line a problem, those with the same advice together and the advice below them, in the order in which they were found.
 *
 * @param problems  all, or the first ones of `total`.
 * @param options.shown  how many of them are listed; the others are counted.
 */
export function problemLines(
  problems: readonly ToldProblem[],
  { shown = problems.length, total = problems.length }: { readonly shown?: number; readonly total?: number } = {},
): string[] {
  const groups = new Map<string | undefined, string[]>();
  for (const { text, advice } of problems.slice(0, shown)) {
    const texts = groups.get(advice) ?? [];
    groups.set(advice, texts);
    texts.push(`  ${text}`);
  }
  const more = total - Math.min(shown, problems.length);
  return [
    ...[...groups].flatMap(([advice, texts]) => (advice === undefined ? texts : [...texts, `  -> ${advice}`])),
    // Behind the advice: nobody has looked at whether it helps these.
    ...(more > 0 ? [`  ... and ${more} more`] : []),
  ];
}
