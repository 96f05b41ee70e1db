// `ggb export`: the generator of a run without the rest of its checkpoint.
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  asHalfPrecision,
  float32Values,
  loadGeneratorCheckpoint,
  SafetensorsError,
  type StoredTensor,
  writeGeneratorCheckpoint,
} from '@ggb/core';
import { checkpointPath, namingCheckpoint } from '../../checkpoint-argument.ts';
import { prepareFile, refuseExisting } from '../../output-files.ts';
import { UserError } from '../../user-error.ts';

export interface ExportOptions {
  readonly run?: string;
  readonly checkpoint?: string;
  readonly out: string;
  readonly weights: 'average' | 'raw';
  readonly half?: boolean;
  readonly force?: boolean;
}

export async function exportGenerator(options: ExportOptions): Promise<void> {
  const { out, weights, half = false, force = false } = options;
  if (extname(out) !== '.safetensors') {
    throw new UserError('--out names no checkpoint', { where: out, expected: 'a name that ends in .safetensors' });
  }
  await refuseExisting([out], force);
  const path = await checkpointPath(options);
  const checkpoint = await namingCheckpoint(path, () => loadGeneratorCheckpoint(path, { weights }));
  const tensors = half
    ? new Map([...checkpoint.tensors].map(([name, tensor]) => [name, halfOf(name, tensor)]))
    : checkpoint.tensors;
  const bytes = writeGeneratorCheckpoint({ ...checkpoint, tensors });
  await prepareFile(out);
  await writeFile(out, bytes, { flag: force ? 'w' : 'wx' });
  console.log(
    `${out}: ${(bytes.length / 1e6).toFixed(1)} MB, ${weights} weights of step ${checkpoint.step} of ${path}`,
  );
}

function halfOf(name: string, tensor: StoredTensor): StoredTensor {
  try {
    return asHalfPrecision(name, tensor, float32Values(name, tensor));
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    const { part, expected, received } = cause;
    throw new UserError(
      `${part} does not fit into float16`,
      { expected, received, remedy: 'Export it in full: without --half' },
      { cause },
    );
  }
}
