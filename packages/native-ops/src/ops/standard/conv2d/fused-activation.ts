// The activations that TF.js fuses into convolutions, as a step of their own.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelRuntime } from '../../../backend/kernel-runtime.ts';
import { mapBinary, mapUnary } from '../elementwise/elementwise.ts';

export interface FusedInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

export interface FusedAttrs {
  readonly activation?: string | null;
  readonly leakyreluAlpha?: number;
}

/** TF.js's default slope where a fused leaky relu does not say one. */
const defaultLeakyReluAlpha = 0.2;

export function leakyReluAlpha(attrs: FusedAttrs): number {
  return attrs.leakyreluAlpha ?? defaultLeakyReluAlpha;
}

const unaryActivations = ['relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'];

/** False when bias or activation are of a kind that only TF.js's CPU kernel knows. */
export function isCoveredEpilogue({ bias, preluActivationWeights }: FusedInputs, { activation }: FusedAttrs): boolean {
  if (bias !== undefined && bias !== null && bias.dtype !== 'float32') return false;
  if (activation === 'prelu') return preluActivationWeights?.dtype === 'float32';
  return !activation || activation === 'linear' || unaryActivations.includes(activation);
}

/** activation(y + bias) as further commands; releases y unless it is the result. */
export function finish(
  runtime: KernelRuntime,
  y: TensorInfo,
  bias: TensorInfo | undefined,
  inputs: FusedInputs,
  attrs: FusedAttrs,
): TensorInfo {
  const biased = bias === undefined ? y : mapBinary(runtime, 'add', y, bias, 'float32');
  if (biased !== y) runtime.release(y);
  const activation = attrs.activation || 'linear';
  if (activation === 'linear') return biased;
  const result =
    activation === 'prelu'
      ? mapBinary(runtime, 'prelu', biased, inputs.preluActivationWeights as TensorInfo, 'float32')
      : mapUnary(runtime, activation, biased, 'float32', activation === 'leakyrelu' ? leakyReluAlpha(attrs) : 0, 0);
  runtime.release(biased);
  return result;
}
