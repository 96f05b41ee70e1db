// The one argument of some benchmarks: how many.

/** The first argument of the command, or `standard` when there is none. */
export function countArgument(meaning: string, standard: number): number {
  const given = process.argv[2];
  const count = Number(given ?? standard);
  if (Number.isSafeInteger(count) && count > 0) return count;
  console.error(`The argument is the number of ${meaning}: expected a positive integer, received ${given}.`);
  process.exit(2);
}
