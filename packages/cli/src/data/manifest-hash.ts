import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Pair } from '@ggb/core';

/** SHA-256 of the manifest that pairs were read from, as `sha256sum` prints it; what records know a data set by. */
export async function manifestHash({ manifest }: Pick<Pair, 'manifest'>): Promise<string> {
  return createHash('sha256')
    .update(await readFile(manifest))
    .digest('hex');
}
