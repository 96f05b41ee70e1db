// Protocols of scores as records name them.
import { type ProtocolName, protocolHash, protocols } from '@ggb/metrics';
import type { ProtocolReference } from '@ggb/web/view-data';

/** Without a hash for a name that this version does not know. */
export function protocolReference(name: string): ProtocolReference {
  return Object.hasOwn(protocols, name) ? { name, hash: protocolHash(protocols[name as ProtocolName]) } : { name };
}
