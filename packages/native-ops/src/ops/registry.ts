// The list of native kernels on the TypeScript side. One line per op family; nothing else lists ops.
import type { NativeKernel } from '../backend/kernel-runtime.ts';
import { adamUpdateKernels } from './fused/adam-update/adam-update.ts';
import { cumulativeKernels } from './standard/cumulative/cumulative.ts';
import { elementwiseKernels } from './standard/elementwise/elementwise.ts';
import { matmulKernels } from './standard/matmul/matmul.ts';
import { normKernels } from './standard/norm/norm.ts';
import { poolKernels } from './standard/pool/pool.ts';
import { reduceKernels } from './standard/reduce/reduce.ts';
import { resizeKernels } from './standard/resize/resize.ts';
import { softmaxKernels } from './standard/softmax/softmax.ts';

export const nativeKernels: readonly NativeKernel[] = [
  ...elementwiseKernels,
  ...reduceKernels,
  ...matmulKernels,
  ...poolKernels,
  ...resizeKernels,
  ...normKernels,
  ...softmaxKernels,
  ...cumulativeKernels,
  ...adamUpdateKernels,
];
