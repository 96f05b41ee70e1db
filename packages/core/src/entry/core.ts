// '@ggb/core': the model, in Node and in a page. Imports nothing of Node (synthesis/browser-bundle.spec.ts).
export {
  type GeneratorCheckpoint,
  readGeneratorCheckpoint,
  weightsFrom,
  writeGeneratorCheckpoint,
} from '../checkpoint/generator-checkpoint.ts';
export { type Joint, jointCount, jointNames, type Keypoints } from '../condition/keypoints.ts';
export type { CheckpointSource } from '../synthesis/checkpoint-source.ts';
export {
  CheckpointSourceError,
  SynthesisBackendError,
  SynthesisInputError,
  SynthesizerDisposedError,
} from '../synthesis/errors.ts';
export type { InputImage, SynthesizedImage } from '../synthesis/pixels.ts';
export {
  type LoadOptions,
  type SynthesisInput,
  type SynthesizeOptions,
  Synthesizer,
  type SynthesizerInfo,
} from '../synthesis/synthesizer.ts';
