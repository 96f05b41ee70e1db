// One step of Adam over all parameters at once. On a backend with the kernel it is one command that changes weights and
// moments where they are; elsewhere it is the reference formula. AdamOptimizer (adam-optimizer.ts) is the usual way in.
import type { Tensor, TensorInfo, Variable } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { adamUpdateReference } from './adam-update.reference.ts';

/** Name of the kernel, for backends that bring it. Inputs: state, then w, m, v, gradient of every parameter. No outputs. */
export const AdamUpdate = 'AdamUpdate';
/** Sets one number of the state in place. Inputs: state. Attributes: field (position), value. No outputs. */
export const AdamSetting = 'AdamSetting';

/** What the state holds, in this order (adam-update.portable.cc). `step` counts the updates that were done. */
export const stateFields = ['learningRate', 'beta1', 'beta2', 'epsilon', 'step'] as const;

export type AdamSettings = { readonly [field in (typeof stateFields)[number]]: number };

/** One parameter: all four float32 and of one shape. The three variables are changed, the gradient is not. */
export interface AdamParameter {
  readonly variable: Variable;
  readonly firstMoment: Variable;
  readonly secondMoment: Variable;
  readonly gradient: Tensor;
}

/** The tensors of an update contradict each other. */
export class AdamUpdateError extends Error {
  override readonly name = 'AdamUpdateError';

  constructor(
    readonly variable: string,
    readonly argument: string,
    readonly expected: string,
    readonly received: string,
  ) {
    super(`adamUpdate: ${argument} of variable "${variable}" is ${received}, expected ${expected}.`);
  }
}

/**
 * Numbers that every update reads, float32 [5], as a variable that is not trained: they are data of the step, not part of
 * it, so that a recorded step follows a schedule. The caller disposes it.
 */
export function adamState(settings: AdamSettings): Variable {
  return tf.tidy(() =>
    tf.variable(
      tf.tensor1d(
        stateFields.map((field) => settings[field]),
        'float32',
      ),
      false,
    ),
  );
}

/** Changes one number of the state; the next update uses it. */
export function setAdamSetting(state: Variable, field: keyof AdamSettings, value: number): void {
  const position = stateFields.indexOf(field);
  if (hasKernel(AdamSetting)) {
    ownMemory(state);
    tf.engine().runKernel(AdamSetting, { state }, { field: position, value });
    return;
  }
  const values = state.dataSync().slice();
  values[position] = value;
  tf.tidy(() => state.assign(tf.tensor1d(values, 'float32')));
}

/**
 * One step of Adam for all parameters (formula in adam-update.md); counts the step in `state`.
 *
 * With the native kernel the variables keep their memory (dataId). A variable that shares its memory with another tensor
 * (a clone, a reshape, the tensor it was made from) is moved to memory of its own first, so that the other tensor does
 * not change. Leaves no tensors behind.
 *
 * @throws AdamUpdateError  if the tensors of a parameter differ in shape or are not float32.
 */
export function adamUpdate(parameters: readonly AdamParameter[], state: Variable): void {
  for (const parameter of parameters) check(parameter);
  if (!hasKernel(AdamUpdate)) {
    adamUpdateReference(parameters, state);
    return;
  }
  ownMemory(state);
  const inputs: Tensor[] = [state];
  for (const { variable, firstMoment, secondMoment, gradient } of parameters) {
    for (const changed of [variable, firstMoment, secondMoment]) ownMemory(changed);
    inputs.push(variable, firstMoment, secondMoment, gradient);
  }
  // As AddN does, an array stands in the place of named inputs.
  tf.engine().runKernel(AdamUpdate, inputs as unknown as tf.NamedTensorMap);
}

function check({ variable, firstMoment, secondMoment, gradient }: AdamParameter): void {
  for (const [argument, tensor] of Object.entries({ value: variable, firstMoment, secondMoment, gradient })) {
    if (tensor.dtype !== 'float32') throw new AdamUpdateError(variable.name, argument, 'float32', tensor.dtype);
    if (!tf.util.arraysEqual(tensor.shape, variable.shape)) {
      throw new AdamUpdateError(variable.name, argument, `shape [${variable.shape}]`, `shape [${tensor.shape}]`);
    }
  }
}

function hasKernel(kernelName: string): boolean {
  return tf.getKernel(kernelName, tf.getBackend()) !== undefined;
}

/** A variable whose memory other tensors see gets a copy, so that they keep their values when it is changed in place. */
function ownMemory(variable: Variable): void {
  if (tf.engine().backend.refCount(variable.dataId) <= 1) return;
  // Times 1 is exact, NaN and infinities included, and unlike clone it copies.
  tf.tidy(() => variable.assign(tf.mul(variable, 1)));
}

export const adamUpdateKernels: readonly NativeKernel[] = [
  nativeKernel<readonly TensorInfo[]>({
    kernelName: AdamUpdate,
    run: ([state, ...tensors], _attrs, runtime) => {
      const command = runtime
        .command('adam_update')
        .output(state as TensorInfo)
        .int(tensors.length / 4);
      for (let i = 0; i < tensors.length; i += 4) {
        const [w, m, v, gradient] = tensors.slice(i, i + 4) as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
        command.size(tf.util.sizeFromShape(w.shape)).output(w).output(m).output(v).input(gradient);
      }
      command.end();
      return [];
    },
  }),
  nativeKernel<{ state: TensorInfo }, { field: number; value: number }>({
    kernelName: AdamSetting,
    run: ({ state }, { field, value }, runtime) => {
      runtime.command('adam_setting').int(field).float(value).output(state).end();
      return [];
    },
  }),
];
