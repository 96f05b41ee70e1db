// The one file through which TF.js enters: tfjs-core and its plain CPU backend at an exact version, with every gradient
// and chained op registered. It does not touch TF.js's gradients; entry/tf.ts adds the corrected ones.
import '#tfjs-registration';
import { MathBackendCPU, version_cpu } from '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import { TfjsVersionError } from './errors.ts';
import { markEngine } from './one-engine.ts';
import { TFJS_VERSION } from './tfjs-version.ts';

for (const [packageName, version] of [
  ['@tensorflow/tfjs-core', core.version_core],
  ['@tensorflow/tfjs-backend-cpu', version_cpu],
] as const) {
  if (version !== TFJS_VERSION) throw new TfjsVersionError(packageName, TFJS_VERSION, version);
}

markEngine(core.engine(), core.version_core);

// On its first tensor in Node the CPU backend advises, in a banner, to install tfjs-node. This package is what tfjs-node
// was, so the advice is wrong here. `firstUse` is assigned in the constructor; an accessor without effect keeps it false.
Object.defineProperty(MathBackendCPU.prototype, 'firstUse', { get: () => false, set: () => {}, configurable: true });

export * from '@tensorflow/tfjs-core';
export { MathBackendCPU };
