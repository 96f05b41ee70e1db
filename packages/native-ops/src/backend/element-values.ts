// Values of native tensors as they stand in JavaScript.
import type { backend_util, DataType } from '@tensorflow/tfjs-core';
import { engine } from '../tfjs/registered-core.ts';
import type { ElementType } from './command-stream.ts';
import { NativeKernelError } from './errors.ts';

export type NumericValues = Float32Array | Int32Array | Uint8Array;

/** The native type of a TF.js type. Throws NativeKernelError for complex64 and string, which have none. */
export function asElementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new NativeKernelError(
    engine().state.activeScope?.name ?? 'tensor',
    'unsupported',
    `dtype ${dtype} has no native form`,
  );
}

export function newTypedArray(type: ElementType, size: number): NumericValues {
  if (type === 'float32') return new Float32Array(size);
  return type === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The same values as the type's array; the array itself where it is one already. */
export function toTypedArray(values: backend_util.BackendValues, type: ElementType): NumericValues {
  if (type === 'float32')
    return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
  if (type === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values as ArrayLike<number>);
  return values instanceof Uint8Array ? values : Uint8Array.from(values as ArrayLike<number>);
}
