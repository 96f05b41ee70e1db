// The list of native kernels on the TypeScript side. One line per op family; nothing else lists ops.
import type { NativeKernel } from '../backend/kernel-runtime.ts';
import { dropoutKernels } from './fused/dropout/dropout.ts';
import { randomKernels } from './fused/random/random.ts';
import { elementwiseKernels } from './standard/elementwise/elementwise.ts';
import { gatherKernels } from './standard/gather/gather.ts';
import { layoutKernels } from './standard/layout/layout.ts';

export const nativeKernels: readonly NativeKernel[] = [
  ...elementwiseKernels,
  ...layoutKernels,
  ...gatherKernels,
  ...randomKernels,
  ...dropoutKernels,
];
