// `ggb export`: the generator of a run without the rest of its checkpoint.
import { readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { asHalfPrecision, float32Values, readGeneratorCheckpoint, writeGeneratorCheckpoint } from '@ggb/core';
import { checkpointPath } from '../../checkpoint-argument.ts';
import { UserError } from '../../user-error.ts';

export interface ExportOptions {
  readonly run?: string;
  readonly checkpoint?: string;
  readonly out: string;
  readonly weights: 'average' | 'raw';
  readonly half?: boolean;
}

export async function exportGenerator({ out, weights, half = false, ...source }: ExportOptions): Promise<void> {
  if (extname(out) !== '.safetensors') {
    throw new UserError('--out names no checkpoint', { where: out, expected: 'a name that ends in .safetensors' });
  }
  const path = await checkpointPath(source);
  const checkpoint = await readGeneratorCheckpoint(await readFile(path), { weights });
  const tensors = half
    ? new Map(
        [...checkpoint.tensors].map(([name, tensor]) => [name, asHalfPrecision(tensor, float32Values(name, tensor))]),
      )
    : checkpoint.tensors;
  const bytes = writeGeneratorCheckpoint({ ...checkpoint, tensors });
  // Exported files are shared: an existing one is not lost by a slip.
  await writeFile(out, bytes, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new UserError('the file exists', { where: out, remedy: 'Choose another name, or delete it first' });
  });
  console.log(
    `${out}: ${(bytes.length / 1e6).toFixed(1)} MB, ${weights} weights of step ${checkpoint.step} of ${path}`,
  );
}
