// The data behind a TF.js tensor on the native backend. The entry itself is the dataId, so no map is looked up.
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { BufferHandle, ElementType } from './command-stream.ts';
import type { NativeKernelError } from './errors.ts';

/** What an entry asks of its backend. */
export interface EntryOwner {
  hostValues(entry: TensorEntry): backend_util.BackendValues;
}

export class TensorEntry {
  refCount = 1;
  /** Values in JavaScript, when they are there. A native buffer may exist beside them; both then hold the same. */
  host: backend_util.BackendValues | undefined;
  /** The native buffer, when there is one. */
  handle: BufferHandle | undefined;
  /** Set by TF.js's Complex kernel: a complex tensor is two real ones. */
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  /** Copies of this data as other types, made when TF.js's CPU kernels hand out the same data under another dtype. */
  casts: Map<ElementType, TensorEntry> | undefined;
  isLive = true;
  /** Why the values were never computed, when they were not. */
  failure: NativeKernelError | undefined;

  constructor(
    readonly owner: EntryOwner,
    readonly dtype: DataType,
    readonly size: number,
  ) {}

  /** Read by TF.js's CPU kernels. */
  get values(): backend_util.BackendValues {
    return this.owner.hostValues(this);
  }
}
