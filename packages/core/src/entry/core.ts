export * from '../checkpoint/generator-checkpoint.ts';
export * from '../condition/keypoints.ts';
export type { CheckpointSource } from '../synthesis/checkpoint-source.ts';
export * from '../synthesis/errors.ts';
export type { InputImage, SynthesizedImage } from '../synthesis/pixels.ts';
export * from '../synthesis/synthesizer.ts';
