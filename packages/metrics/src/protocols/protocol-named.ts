import type { Protocol } from './protocol.ts';
import { type ProtocolName, protocolNames, protocols } from './protocols.ts';
import { UnknownProtocolError } from './unknown-protocol-error.ts';

/**
 * The protocol that reports call so.
 *
 * @throws UnknownProtocolError  that says which name comes nearest.
 */
export function protocolNamed(name: string): Protocol {
  if (Object.hasOwn(protocols, name)) return protocols[name as ProtocolName];
  throw new UnknownProtocolError(name, protocolNames, nearestName(name));
}

/** A name that begins so, or the one with the fewest edits; none when more than half of it would have to change. */
function nearestName(name: string): string | undefined {
  const longer = protocolNames.find((candidate) => name.length > 1 && candidate.startsWith(name.toLowerCase()));
  if (longer !== undefined) return longer;
  const ranked = protocolNames
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= Math.max(1, best.candidate.length / 2) ? best.candidate : undefined;
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
