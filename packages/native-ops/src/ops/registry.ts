// The list of native kernels on the TypeScript side. One line per op family; nothing else lists ops.
import type { NativeKernel } from '../backend/kernel-runtime.ts';
import { adamUpdateKernels } from './fused/adam-update/adam-update.ts';
import { batchNormActivationKernels } from './fused/batch-norm-activation/batch-norm-activation.ts';
import { biasActivationKernels } from './fused/bias-activation/bias-activation.ts';
import { dropoutKernels } from './fused/dropout/dropout.ts';
import { logisticLossKernels } from './fused/logistic-loss/logistic-loss.ts';
import { meanAbsoluteDifferenceKernels } from './fused/mean-absolute-difference/mean-absolute-difference.ts';
import { randomKernels } from './fused/random/random.ts';
import { residualEncodingKernels } from './fused/residual-encoding/residual-encoding.ts';
import { windowedSsimKernels } from './fused/windowed-ssim/windowed-ssim.ts';
import { conv2dKernels } from './standard/conv2d/conv2d.ts';
import { depthwiseKernels } from './standard/conv2d/depthwise.ts';
import { cumulativeKernels } from './standard/cumulative/cumulative.ts';
import { elementwiseKernels } from './standard/elementwise/elementwise.ts';
import { gatherKernels } from './standard/gather/gather.ts';
import { layoutKernels } from './standard/layout/layout.ts';
import { matmulKernels } from './standard/matmul/matmul.ts';
import { normKernels } from './standard/norm/norm.ts';
import { poolKernels } from './standard/pool/pool.ts';
import { reduceKernels } from './standard/reduce/reduce.ts';
import { resizeKernels } from './standard/resize/resize.ts';
import { softmaxKernels } from './standard/softmax/softmax.ts';

// biome-ignore format: one line per family, so that branches which add families merge
export const nativeKernels: readonly NativeKernel[] = [
  ...adamUpdateKernels,
  ...batchNormActivationKernels,
  ...biasActivationKernels,
  ...conv2dKernels,
  ...cumulativeKernels,
  ...depthwiseKernels,
  ...dropoutKernels,
  ...elementwiseKernels,
  ...gatherKernels,
  ...layoutKernels,
  ...logisticLossKernels,
  ...matmulKernels,
  ...meanAbsoluteDifferenceKernels,
  ...normKernels,
  ...poolKernels,
  ...randomKernels,
  ...reduceKernels,
  ...residualEncodingKernels,
  ...resizeKernels,
  ...softmaxKernels,
  ...windowedSsimKernels,
];
