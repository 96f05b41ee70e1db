// One native copy serves every kernel that only moves values: both sides are views of buffers, and a loop over their
// common sizes carries each element from one to the other.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelRuntime } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';
import { collapse, maxRank } from '../../strides.ts';

/** Where element [0, 0, ...] lies in a buffer, and how far its neighbours are along each axis; both count elements. */
export interface View {
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * Copies `sizes` elements from a view of x to a view of y; the same dtype on both sides, no element of y written twice.
 * At most 8 axes may remain once neighbours that both sides cross in one stride are merged.
 */
export function copyStrided(
  runtime: KernelRuntime,
  sizes: readonly number[],
  x: TensorInfo,
  from: View,
  y: TensorInfo,
  to: View,
): void {
  if (util.sizeFromShape(sizes as number[]) === 0) return;
  const loop = collapse(sizes, [from.strides, to.strides]);
  runtime
    .command('strided_copy')
    .elementType(y.dtype)
    .shape(loop.sizes)
    .shape(loop.strides[0] as number[])
    .size(from.offset)
    .shape(loop.strides[1] as number[])
    .size(to.offset)
    .input(x)
    .output(y)
    .end();
}

/** Numeric dtypes have native buffers; complex64 and string stay with TF.js's CPU kernels. */
export function isNative({ dtype, shape }: TensorInfo): boolean {
  return (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') && shape.length <= maxRank;
}
