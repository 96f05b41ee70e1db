// What needs Node: files, decoders. The rest is in `@ggb/core`.
export * from '../dataset/batch-stream.ts';
export * from '../dataset/decode-image.ts';
export * from '../dataset/load-pair.ts';
export * from '../dataset/pair-manifest.ts';
export * from '../dataset/scan.ts';
