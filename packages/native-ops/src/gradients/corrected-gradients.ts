// The list of TF.js gradients this package replaces or adds, and their registration. Why each: gradients.md.
import * as tf from '../tfjs/registered-core.ts';
import { avgPoolGradGradient, avgPoolGradient } from './avg-pool.gradient.ts';
import { batchMatMulGradient } from './batch-mat-mul.gradient.ts';
import { conv2dBackpropFilterGradient, conv2dGradient } from './conv2d.gradient.ts';
import { cumsumGradient } from './cumsum.gradient.ts';
import { depthToSpaceGradient } from './depth-to-space.gradient.ts';
import { depthwiseConv2dGradient } from './depthwise-conv2d.gradient.ts';
import { maximumGradient, minimumGradient } from './maximum-minimum.gradient.ts';
import { mirrorPadGradGradient, mirrorPadGradient } from './mirror-pad.gradient.ts';
import {
  resizeBilinearGradGradient,
  resizeBilinearGradient,
  resizeNearestNeighborGradGradient,
  resizeNearestNeighborGradient,
} from './resize.gradient.ts';
import { squaredDifferenceGradient } from './squared-difference.gradient.ts';
import { gatherNdGradient, stridedSliceGradient } from './strided-slice.gradient.ts';
import { meanGradient, sumGradient } from './sum-mean.gradient.ts';
import { tileGradient } from './tile.gradient.ts';

/** Every gradient that is registered in place of TF.js's, or where TF.js has none. */
export const correctedGradients: readonly tf.GradConfig[] = [
  avgPoolGradient,
  avgPoolGradGradient,
  batchMatMulGradient,
  conv2dGradient,
  conv2dBackpropFilterGradient,
  cumsumGradient,
  depthToSpaceGradient,
  depthwiseConv2dGradient,
  gatherNdGradient,
  maximumGradient,
  meanGradient,
  minimumGradient,
  mirrorPadGradient,
  mirrorPadGradGradient,
  resizeBilinearGradient,
  resizeBilinearGradGradient,
  resizeNearestNeighborGradient,
  resizeNearestNeighborGradGradient,
  squaredDifferenceGradient,
  stridedSliceGradient,
  sumGradient,
  tileGradient,
];

type GradientRegistry = Map<string, tf.GradConfig>;

const stockGradients = new Map<string, tf.GradConfig>();

/** What TF.js itself registered for a kernel before it was replaced; undefined where it has no gradient. For tests and docs. */
export function stockGradient(kernelName: string): tf.GradConfig | undefined {
  return stockGradients.get(kernelName);
}

/**
 * Puts the corrected gradients in the place of TF.js's. Safe to call more than once.
 *
 * They stay there when an app loads its own `@tensorflow/tfjs` later, which registers TF.js's gradients once more over
 * whatever is there: to replace one of these deliberately, call `tf.unregisterGradient(name)` before `tf.registerGradient`.
 */
export function registerCorrectedGradients(): void {
  const registry = gradientRegistry();
  for (const corrected of correctedGradients) {
    const { kernelName } = corrected;
    const present = tf.getGradient(kernelName) as tf.GradConfig | undefined;
    if (present === corrected) continue;
    if (present) {
      if (!stockGradients.has(kernelName)) stockGradients.set(kernelName, present);
      tf.unregisterGradient(kernelName);
    }
    tf.registerGradient(corrected);
  }
  keepAgainstReRegistration(registry);
}

/** Ignores registrations over a corrected gradient that was not unregistered first. */
function keepAgainstReRegistration(registry: GradientRegistry): void {
  // An own property shows that it was done, by this or another copy of this package.
  if (Object.hasOwn(registry, 'set')) return;
  const corrected = new Set(correctedGradients);
  registry.set = function (kernelName, config) {
    const present = this.get(kernelName);
    if (present && corrected.has(present) && !corrected.has(config)) return this;
    return Map.prototype.set.call(this, kernelName, config) as GradientRegistry;
  };
}

/** The map behind tf.registerGradient, which TF.js shares between all copies of itself through a global. */
function gradientRegistry(): GradientRegistry {
  const scope = globalThis as { window?: object };
  const holder = (scope.window ?? scope) as { _tfGlobals?: Map<string, unknown> };
  const registry = holder._tfGlobals?.get('gradRegistry');
  if (!(registry instanceof Map)) {
    throw new Error(
      `@ggb/native-ops: TF.js ${tf.version_core} does not keep its gradients where version 4.22.0 does (_tfGlobals.gradRegistry).`,
    );
  }
  return registry as GradientRegistry;
}
