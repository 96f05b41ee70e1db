// The list of native kernels on the TypeScript side. One line per op family; nothing else lists ops.
import type { NativeKernel } from '../backend/kernel-runtime.ts';
import { dropoutKernels } from './fused/dropout/dropout.ts';
import { randomKernels } from './fused/random/random.ts';
import { conv2dKernels } from './standard/conv2d/conv2d.ts';
import { depthwiseKernels } from './standard/conv2d/depthwise.ts';
import { elementwiseKernels } from './standard/elementwise/elementwise.ts';
import { gatherKernels } from './standard/gather/gather.ts';
import { layoutKernels } from './standard/layout/layout.ts';

// biome-ignore format: one line per family, so that branches which add families merge
export const nativeKernels: readonly NativeKernel[] = [
  ...conv2dKernels,
  ...depthwiseKernels,
  ...dropoutKernels,
  ...elementwiseKernels,
  ...gatherKernels,
  ...layoutKernels,
  ...randomKernels,
];
