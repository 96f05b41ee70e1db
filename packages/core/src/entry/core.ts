// What runs anywhere TF.js does.
export * from '../condition/condition.ts';
export * from '../condition/condition-error.ts';
export * from '../condition/keypoints.ts';
export * from '../config/model-config.ts';
export * from '../config/resolve-network.ts';
export * from '../config/training-config.ts';
export * from '../dataset/batch.ts';
export * from '../dataset/data-problems.ts';
export * from '../dataset/example.ts';
export * from '../dataset/make-batch.ts';
export * from '../dataset/pixel-range.ts';
export type { CheckpointSource } from '../synthesis/checkpoint-source.ts';
export * from '../synthesis/errors.ts';
export type { InputImage, SynthesizedImage } from '../synthesis/pixels.ts';
export * from '../synthesis/synthesizer.ts';
