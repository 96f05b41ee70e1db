// Kernels about where values are, not what they are: aliases and casts, moves, borders, constants and choices.
import type { NativeKernel } from '../../../backend/kernel-runtime.ts';
import { aliasKernels } from './alias.ts';
import { generateKernels } from './generate.ts';
import { moveKernels } from './move.ts';
import { padKernels } from './pad.ts';

export const layoutKernels: readonly NativeKernel[] = [
  ...aliasKernels,
  ...moveKernels,
  ...padKernels,
  ...generateKernels,
];
