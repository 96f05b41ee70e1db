import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { Protocol } from './protocol.ts';

/** Changes when the same fields begin to mean another computation. */
const hashFormat = 1;

/**
 * SHA-256 of everything in a protocol that changes a number, 64 hexadecimal digits. Name, source and pairing are words and
 * stay out: `pg2` and `ggb` compute the same and have the same hash. Reports show the first eight digits and hold all.
 */
export function protocolHash(protocol: Protocol): string {
  const { name: _name, source: _source, pairing: _pairing, ...choices } = protocol;
  return bytesToHex(sha256(utf8ToBytes(canonicalJson({ format: hashFormat, ...choices }))));
}

/** Keys in alphabetical order, no blanks, numbers as JSON has them: one text for one meaning. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
}
