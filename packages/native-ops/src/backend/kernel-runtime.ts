// The contract between a native kernel and the backend: what a kernel's TypeScript half may do.
import type { DataType, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvolutionPrecision } from '../precision/convolution-precision.ts';
import type { NumberSource } from '../program/recorder.ts';
import type { ElementType } from './command-stream.ts';

/** One command under construction; only one at a time. */
export interface CommandWriter {
  int(value: number): CommandWriter;
  float(value: number): CommandWriter;
  size(value: number): CommandWriter;
  /** A size that is asked for again whenever the command is replayed. */
  currentSize(source: NumberSource): CommandWriter;
  shape(sizes: readonly number[]): CommandWriter;
  /** Number of a function of this op's variants, by name. */
  variant(name: string): CommandWriter;
  elementType(type: DataType): CommandWriter;
  /** A tensor to read; uploaded first when its values are in JavaScript. */
  input(tensor: TensorInfo): CommandWriter;
  /** A tensor to write, made by `runtime.output`; or one to update in place. */
  output(tensor: TensorInfo): CommandWriter;
  /** Every command ends with this. */
  end(): void;
}

export interface KernelRuntime {
  /** In which convolutions multiply (precision/). */
  readonly convolutionPrecision: ConvolutionPrecision;
  /** A new tensor with uninitialised memory; the kernel must write every element. */
  output(shape: readonly number[], dtype: DataType): TensorInfo;
  /** The same data under another shape. */
  alias(tensor: TensorInfo, shape: readonly number[]): TensorInfo;
  /** Begins a command of the op `name` of ops/registry.cc. */
  command(name: string): CommandWriter;
  /** A tensor from values in JavaScript. */
  upload(values: Float32Array | Int32Array | Uint8Array, shape: readonly number[], dtype: ElementType): TensorInfo;
  /** Values of a tensor; waits for everything before it. Do not use in a training step. */
  valuesOf(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** Runs another registered kernel, native or not, for kernels composed of kernels. */
  call(kernelName: string, inputs: NamedTensorInfoMap, attrs: object): TensorInfo | TensorInfo[];
  /**
   * Runs every command up to here, so that what only the data can show to be wrong (an index out of range) is thrown by
   * the call that caused it.
   */
  flush(): void;
  /** Releases an intermediate tensor. */
  release(tensor: TensorInfo): void;
}

/** A TF.js kernel that runs natively. */
export interface NativeKernel {
  readonly kernelName: string;
  /** False for calls that this kernel does not cover (dtype, rank, layout): TF.js's CPU kernel runs them. */
  accepts(inputs: NamedTensorInfoMap, attrs: object): boolean;
  run(inputs: NamedTensorInfoMap, attrs: object, runtime: KernelRuntime): TensorInfo | TensorInfo[];
}

/** A kernel written against the types that TF.js exports for it (Conv2DInputs, Conv2DAttrs...). */
export interface TypedKernel<Inputs, Attrs> {
  readonly kernelName: string;
  accepts?(inputs: Inputs, attrs: Attrs): boolean;
  run(inputs: Inputs, attrs: Attrs, runtime: KernelRuntime): TensorInfo | TensorInfo[];
}

/** The one place where TF.js's untyped kernel arguments become typed ones. */
export function nativeKernel<Inputs = NamedTensorInfoMap, Attrs = object>(
  kernel: TypedKernel<Inputs, Attrs>,
): NativeKernel {
  return {
    kernelName: kernel.kernelName,
    accepts: (inputs, attrs) => kernel.accepts?.(inputs as Inputs, attrs as Attrs) ?? true,
    run: (inputs, attrs, runtime) => kernel.run(inputs as Inputs, attrs as Attrs, runtime),
  };
}
