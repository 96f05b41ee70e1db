// Protocols of scores as records name them.
import { type ProtocolName, protocolHash, protocols } from '@ggb/metrics';
import type { ProtocolReference } from '@ggb/web/view-data';

/** The hash that a record has; without one, that of the name, unless this version does not know it. */
export function protocolReference(name: string, hash?: string): ProtocolReference {
  if (hash !== undefined) return { name, hash };
  return Object.hasOwn(protocols, name) ? { name, hash: protocolHash(protocols[name as ProtocolName]) } : { name };
}
