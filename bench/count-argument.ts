// How many: what most arguments of benchmarks say.

/** The first argument of the command, or `standard` when there is none. */
export function countArgument(meaning: string, standard: number): number {
  return count(`The argument is the number of ${meaning}`, process.argv[2], standard);
}

/** The value of an option, or `standard` when it is not given. */
export function countOption(name: string, given: string | undefined, standard: number): number {
  return count(name, given, standard);
}

function count(what: string, given: string | undefined, standard: number): number {
  const value = Number(given ?? standard);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`${what}: expected a positive integer, received ${given}.`);
  process.exit(2);
}
