// Kernels in WebAssembly, for browsers and wherever the addon cannot be loaded. Needs neither TensorFlow.js nor Node.

export type { ByteImage, ImageSimilarity, SimilarityOptions } from '../ops/fused/windowed-ssim/similarity-images.ts';
export { similarityModuleHash } from '../ops/fused/windowed-ssim/similarity-module.generated.ts';
export { SimilarityModule } from '../ops/fused/windowed-ssim/similarity-module.ts';
export type { SimilaritySettings, SimilarityWindow } from '../ops/fused/windowed-ssim/similarity-settings.ts';
export { InvalidArgumentError } from '../ops/invalid-argument-error.ts';
