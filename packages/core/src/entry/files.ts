// Files of runs and data sets for who only looks at them: Node without TensorFlow.js, which takes longer to start than a
// viewer may. All of it is in `@ggb/core/node` too.
export { imageSchema } from '../config/model-config.ts';
export * from '../dataset/decode-image.ts';
export type { Pair, RgbImage, VariationInput } from '../dataset/example.ts';
export * from '../dataset/pair-manifest.ts';
export { unfinishedSuffix, writeAtomically } from '../files/atomic-file.ts';
export * from '../run-folder/run-layout.ts';
export { isRunInUse, RunInUseError } from '../run-folder/run-lock.ts';
export * from '../run-folder/run-reader.ts';
export { drawVariation, sampleGap } from '../run-folder/sample-grid.ts';
