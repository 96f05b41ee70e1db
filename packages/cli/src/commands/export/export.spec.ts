import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networkSchema, resolveNetwork, writeGeneratorCheckpoint } from '@ggb/core';
import { exportGenerator } from './export.ts';

describe('an export in half precision', () => {
  it('of a weight that float16 cannot hold is refused by name, and writes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ggb-export-'));
    try {
      const data = new Uint8Array(Float32Array.of(1, 7e4).buffer);
      const checkpoint = join(folder, 'large.safetensors');
      writeFileSync(
        checkpoint,
        writeGeneratorCheckpoint({
          network: resolveNetwork(networkSchema.parse({})),
          step: 1,
          seed: 1,
          weights: 'average',
          tensors: new Map([['encoder1/bias', { dtype: 'F32', shape: [2], data }]]),
        }),
      );
      const out = join(folder, 'half.safetensors');
      await expect(exportGenerator({ checkpoint, out, weights: 'average', half: true })).rejects.toThrow(
        'encoder1/bias does not fit into float16: expected values up to 65504 in size, the largest that float16 holds, ' +
          'received 70000 at element 1.\n  Export it in full: without --half',
      );
      expect(readdirSync(folder)).toEqual(['large.safetensors']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
