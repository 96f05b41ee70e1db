import { nearestName } from '@ggb/native-ops/messages';
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
  throw new UnknownProtocolError(name, protocolNames, nearestName(name, protocolNames));
}
