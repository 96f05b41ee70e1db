// What needs Node: files, decoders. The rest is in `@ggb/core`.
export * from '../checkpoint/checkpoint-file.ts';
export * from '../dataset/batch-stream.ts';
export * from '../dataset/decode-image.ts';
export * from '../dataset/load-pair.ts';
export * from '../dataset/pair-manifest.ts';
export * from '../dataset/scan.ts';
export * from '../run-folder/run-layout.ts';
export { RunInUseError } from '../run-folder/run-lock.ts';
export * from '../run-folder/run-reader.ts';
export * from '../run-folder/run-writer.ts';
export * from '../run-folder/sample-grid.ts';
export * from '../training/probes.ts';
export * from '../training/trainer.ts';
export * from './figures.ts';
