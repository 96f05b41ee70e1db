// Operations of our own, safe everywhere: the kernel of the active backend if it has one, else the reference in plain
// TypeScript. Loads no native code and changes no backend.

export { BackendUnavailableError } from '../backend/errors.ts';
export { outsideTape } from '../gradients/outside-tape.ts';
export {
  AdamDisposedError,
  type AdamMoments,
  AdamOptimizer,
  type AdamOptions,
  AdamWeightsError,
} from '../ops/fused/adam-update/adam-optimizer.ts';
export { AdamUpdateError } from '../ops/fused/adam-update/adam-update.ts';
export {
  type BatchNormOptions,
  batchNormActivation,
  type Normalised,
} from '../ops/fused/batch-norm-activation/batch-norm-activation.ts';
export type { Activation } from '../ops/fused/bias-activation/activation.ts';
export { biasActivation } from '../ops/fused/bias-activation/bias-activation.ts';
export { dropout } from '../ops/fused/dropout/dropout.ts';
export { type LogisticTarget, logisticLoss } from '../ops/fused/logistic-loss/logistic-loss.ts';
export { meanAbsoluteDifference } from '../ops/fused/mean-absolute-difference/mean-absolute-difference.ts';
export { type RandomKey, randomIntegers, randomNormal, randomUniform } from '../ops/fused/random/random.ts';
export {
  type EncoderWeights,
  type ResidualEncodingOptions,
  type ResidualEncodings,
  residualEncoding,
  type TargetEncodings,
} from '../ops/fused/residual-encoding/residual-encoding.ts';
export type { SimilaritySettings, SimilarityWindow } from '../ops/fused/windowed-ssim/similarity-settings.ts';
export { ssimLoss, windowedSsim } from '../ops/fused/windowed-ssim/windowed-ssim.ts';
export { InvalidArgumentError } from '../ops/invalid-argument-error.ts';
export {
  type ConvolutionPrecision,
  convolutionPrecisionProblem,
  inConvolutionPrecision,
  type PrecisionProblem,
  PrecisionUnavailableError,
} from '../precision/convolution-precision.ts';
export { type CompiledStep, type CompileOptions, compileStep, type StepResult } from '../program/compile-step.ts';
export type { NumberSource, ProgramSummary } from '../program/recorder.ts';
export { ReplayError } from '../program/replay-error.ts';
