// "Did you mean ...": the known name that a person probably wanted to write.

/**
 * The candidate with the fewest edits from `name`, unless more than a third of it, or more than one letter, would have to change; else the shortest one
 * that begins as `name` does, which is how people shorten long names.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let longer: string | undefined;
  let fewest = Math.max(1, Math.floor(name.length / 3));
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const edits = editDistance(wanted, known);
    if (edits < fewest || (edits === fewest && nearest === undefined)) {
      nearest = candidate;
      fewest = edits;
    }
    const isLonger = wanted.length > 1 && known.startsWith(wanted);
    if (isLonger && (longer === undefined || candidate.length < longer.length)) longer = candidate;
  }
  return nearest ?? longer;
}

/** Levenshtein 1966: insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
