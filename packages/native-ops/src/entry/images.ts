// JPEG and PNG files, decoded and scored in pairs by native threads. Loads no TensorFlow.js, and its addon only when used.

export { BackendUnavailableError } from '../backend/errors.ts';
export {
  type DecodedImage,
  decodeFile,
  ImageFileError,
  type ImagesBackend,
  imagesBackend,
  type NativePairFiles,
  type NativePairMetric,
  type NativePairRequest,
  type NativePairResult,
  type NativeProblemKind,
  scorePairFiles,
} from '../images/images.ts';
export { InvalidArgumentError } from '../ops/invalid-argument-error.ts';
