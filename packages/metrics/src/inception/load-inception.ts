import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FeatureNetwork } from '../features/feature-network.ts';
import { type InceptionOptions, inceptionNetwork } from './inception-network.ts';
import { parseInceptionWeights } from './inception-weights.ts';

/**
 * Inception-v3 with the weights of a safetensors file, as scripts/convert-inception-weights.py writes it. Dispose it.
 *
 * @throws InceptionWeightsError  for a file that is none, or does not hold the weights of the network that is asked for; a
 * system error for one that cannot be read.
 */
export async function loadInception(path: string, options: InceptionOptions = {}): Promise<FeatureNetwork> {
  const bytes = new Uint8Array(await readFile(path));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return inceptionNetwork(parseInceptionWeights(bytes, path), sha256, options, path);
}
