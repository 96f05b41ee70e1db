// Softmax along the last axis. TF.js composes its log-softmax from other kernels.
import type { SoftmaxAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';

export const softmaxKernels: readonly NativeKernel[] = [
  nativeKernel<{ logits: TensorInfo }, SoftmaxAttrs>({
    kernelName: 'Softmax',
    // The CPU kernel says that other axes are not supported.
    accepts: ({ logits: { dtype, shape } }, { dim }) =>
      dtype === 'float32' && shape.length > 0 && (dim === -1 || dim === shape.length - 1),
    run: ({ logits }, _attrs, runtime) => {
      const y = runtime.output(logits.shape, 'float32');
      runtime
        .command('softmax')
        .size(util.sizeFromShape(logits.shape.slice(0, -1)))
        .size(logits.shape.at(-1) as number)
        .input(logits)
        .output(y)
        .end();
      return y;
    },
  }),
];
