// Protocols of scores as records name them.
import { ssimProtocols } from '@ggb/metrics';
import type { ProtocolReference } from '@ggb/web/run-source';

/** Without a hash for a name that this version does not know. */
export async function protocolReference(name: string): Promise<ProtocolReference> {
  return name in ssimProtocols ? { name, hash: name } : { name };
}
