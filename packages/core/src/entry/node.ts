export * from '../checkpoint/checkpoint-file.ts';
export * from '../run-folder/run-layout.ts';
export * from '../run-folder/run-reader.ts';
export * from '../run-folder/run-writer.ts';
export * from '../run-folder/sample-grid.ts';
export * from '../training/probes.ts';
export * from '../training/trainer.ts';
