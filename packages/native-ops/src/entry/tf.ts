// TF.js as every part of this project sees it: tfjs-core 4.22.0 and its plain CPU backend with all gradients and chained
// ops, the wrong gradients corrected, one engine per process. Import it instead of '@tensorflow/tfjs-core' or
// '@tensorflow/tfjs'; an app's own '@tensorflow/tfjs' of the same version may live beside it, imported before or after.
import { registerCorrectedGradients } from '../gradients/corrected-gradients.ts';

registerCorrectedGradients();

export { type CoreCopy, EngineConflictError, TfjsVersionError } from '../tfjs/errors.ts';
export { assertOneEngine } from '../tfjs/one-engine.ts';
export * from '../tfjs/registered-core.ts';
