// Cumulative sums and products along one axis.
import type { CumsumAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';

function cumulative(kernelName: 'Cumsum' | 'Cumprod'): NativeKernel {
  return nativeKernel<{ x: TensorInfo }, CumsumAttrs>({
    kernelName,
    accepts: ({ x }) => (x.dtype === 'float32' || x.dtype === 'int32') && x.shape.length > 0,
    run: ({ x }, { axis, exclusive, reverse }, runtime) => {
      const [at] = util.parseAxisParam(axis, x.shape) as [number];
      const y = runtime.output(x.shape, x.dtype);
      runtime
        .command('cumulative')
        .variant(kernelName.toLowerCase())
        .elementType(x.dtype)
        .size(util.sizeFromShape(x.shape.slice(0, at)))
        .size(x.shape[at] as number)
        .size(util.sizeFromShape(x.shape.slice(at + 1)))
        .int(exclusive ? 1 : 0)
        .int(reverse ? 1 : 0)
        .input(x)
        .output(y)
        .end();
      return y;
    },
  });
}

export const cumulativeKernels: readonly NativeKernel[] = [cumulative('Cumsum'), cumulative('Cumprod')];
