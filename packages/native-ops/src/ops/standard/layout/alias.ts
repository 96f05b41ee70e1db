// Kernels that move nothing: the same data under another shape, or as another dtype.
import type { CastAttrs, ExpandDimsAttrs, ReshapeAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { NativeKernelError } from '../../../backend/errors.ts';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';
import { isNative } from './strided-copy.ts';

/** Complex tensors are two real ones, whose shapes TF.js's own kernel keeps in step. */
const isOneBuffer = ({ dtype }: TensorInfo) => dtype !== 'complex64';

const identity = nativeKernel<{ x: TensorInfo }>({
  kernelName: 'Identity',
  run: ({ x }, _attrs, runtime) => runtime.alias(x, x.shape),
});

const reshape = nativeKernel<{ x: TensorInfo }, ReshapeAttrs>({
  kernelName: 'Reshape',
  accepts: ({ x }) => isOneBuffer(x),
  run: ({ x }, { shape }, runtime) => {
    const size = util.sizeFromShape(x.shape);
    if (!shape.includes(-1) && util.sizeFromShape(shape) !== size) {
      throw new NativeKernelError(
        'Reshape',
        'invalid-shape',
        `Size(${size}) must match the product of shape ${shape}: the new shape [${shape}] has ` +
          `${util.sizeFromShape(shape)} elements, the old shape [${x.shape}] has ${size}`,
      );
    }
    return runtime.alias(x, util.inferFromImplicitShape(shape, size));
  },
});

/** Position of a new axis among `rank` old ones; a negative one counts from the end. */
export function newAxisPosition(kernelName: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -(rank + 1) || axis > rank) {
    throw new NativeKernelError(
      kernelName,
      'invalid-shape',
      `Axis must be in the interval [${-(rank + 1)}, ${rank}], received ${axis}`,
    );
  }
  return axis < 0 ? axis + rank + 1 : axis;
}

const expandDims = nativeKernel<{ input: TensorInfo }, ExpandDimsAttrs>({
  kernelName: 'ExpandDims',
  accepts: ({ input }) => isOneBuffer(input),
  run: ({ input }, { dim }, runtime) => {
    const shape = input.shape.slice();
    shape.splice(newAxisPosition('ExpandDims', dim, shape.length), 0, 1);
    return runtime.alias(input, shape);
  },
});

const cast = nativeKernel<{ x: TensorInfo }, CastAttrs>({
  kernelName: 'Cast',
  accepts: ({ x }, { dtype }) => isNative(x) && (dtype === 'float32' || dtype === 'int32' || dtype === 'bool'),
  run: ({ x }, { dtype }, runtime) => castTo(runtime, x, dtype),
});

/** x as `dtype`: x itself when it has that type, else a copy, because the sizes or the bits of elements differ. */
export function castTo(runtime: KernelRuntime, x: TensorInfo, dtype: CastAttrs['dtype']): TensorInfo {
  if (x.dtype === dtype) return runtime.alias(x, x.shape);
  const y = runtime.output(x.shape, dtype);
  runtime
    .command('cast')
    .elementType(x.dtype)
    .elementType(dtype)
    .size(util.sizeFromShape(x.shape))
    .input(x)
    .output(y)
    .end();
  return y;
}

export const aliasKernels: readonly NativeKernel[] = [identity, reshape, expandDims, cast];
