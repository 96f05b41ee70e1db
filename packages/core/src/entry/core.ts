export * from '../checkpoint/checkpoint.ts';
export * from '../checkpoint/generator-checkpoint.ts';
export * from '../checkpoint/safetensors.ts';
export * from '../run-record/parse.ts';
export * from '../run-record/run-record.ts';
export * from '../training/learning-rate.ts';
export * from '../training/moving-average.ts';
