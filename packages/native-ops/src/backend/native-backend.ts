// The TensorFlow.js backend 'native-cpu'. It keeps tensors, numbers commands and translates failures; all arithmetic is
// in the kernels. It extends TF.js's CPU backend so that kernels which are not native yet run there unchanged: those only
// read `data.get(id).values` and make new tensors, both of which work here without copies of their code.
import type { backend_util, DataType, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvolutionPrecision, PrecisionBackend, PrecisionProblem } from '../precision/convolution-precision.ts';
import { isRefusal, type RecordedProgram, Recorder, type Refusal, type StepRecorder } from '../program/recorder.ts';
import { type Before, programOf, type ReplayHost, variablesNow } from '../program/replay.ts';
import { engine, getKernel, MathBackendCPU, util } from '../tfjs/registered-core.ts';
import type { NativeAddon, NativeEngine, NativeFailure } from './addon.ts';
import { ArgumentWriter } from './argument-writer.ts';
import { type BufferHandle, CommandStream, type ElementType, elementBytes } from './command-stream.ts';
import { asElementType, type NumericValues, newTypedArray, toTypedArray } from './element-values.ts';
import { BackendUnavailableError, NativeKernelError, statusNames } from './errors.ts';
import { KernelReport } from './kernel-report.ts';
import type { CommandWriter, KernelRuntime, NativeKernel } from './kernel-runtime.ts';
import { type NativeOpTime, summarise } from './profile.ts';
import type { NativeSettings } from './settings.ts';
import { type EntryOwner, TensorEntry } from './tensor-entry.ts';

export const backendName = 'native-cpu';

/** Words after which a batch is run although nobody reads: bounds the memory of the stream, costs nothing. */
const flushWords = 1 << 15;

/** Why a step that does this is not recorded. */
const valueRead = 'a value is read inside of the step (dataSync, data, array, print, a condition)';

/** Handles travel as signed 32-bit words. */
const lastGeneration = 2 ** 31 - 1;

export interface NativeMemory {
  readonly unreliable: boolean;
  readonly reasons: string[];
  /** Bytes of native buffers that tensors hold. */
  readonly nativeBytes: number;
  /** Largest nativeBytes so far. */
  readonly nativePeakBytes: number;
  /** Bytes of released buffers that wait for reuse. */
  readonly nativeCachedBytes: number;
  readonly nativeBuffers: number;
}

export class NativeBackend extends MathBackendCPU implements KernelRuntime, EntryOwner, StepRecorder, PrecisionBackend {
  readonly report = new KernelReport();
  convolutionPrecision: ConvolutionPrecision = 'float32';
  private readonly native: NativeEngine;
  private readonly stream: CommandStream;
  private readonly ops: ReadonlyMap<string, { opcode: number; variants: ReadonlyMap<string, number> }>;
  private readonly writer: ArgumentWriter;
  private readonly foreign = new Map<object, TensorEntry>();
  private readonly freeIndices: number[] = [];
  private readonly releasedIndices: number[] = [];
  private readonly generations: number[] = [];
  private liveEntries = 0;
  /** Outputs of the kernel that runs, and of those it calls. */
  private readonly made: TensorEntry[] = [];
  private depth = 0;
  private fallbackDepth = 0;
  private sequence = 0;
  /** Names of the kernels since the last flush; the first has sequence number `pendingFrom`. */
  private pendingKernels: string[] = [];
  private pendingFrom = 1;
  /** What the commands since the last flush write. */
  private pendingWrites: { entry: TensorEntry; sequence: number }[] = [];
  /** Entries whose values were brought to JavaScript for the CPU kernel that runs. */
  private readonly hostCopies: TensorEntry[] = [];
  /** Listens while a step is recorded (program/). */
  private recorder: Recorder | undefined;
  private before: Before | undefined;

  constructor(
    readonly addon: NativeAddon,
    readonly settings: NativeSettings,
  ) {
    super();
    this.native = createEngine(addon, settings);
    this.stream = new CommandStream(addon.streamVersion);
    this.ops = new Map(
      addon.ops.map(({ name, opcode, variants }) => [
        name,
        { opcode, variants: new Map(variants.map((variant, position) => [variant, position])) },
      ]),
    );
    this.writer = new ArgumentWriter(
      (tensor, offset) => this.noted(tensor, offset, false, this.inputHandle(tensor)),
      (tensor, offset) => this.noted(tensor, offset, true, this.outputHandle(tensor)),
      (opcode, words) => {
        this.stream.command(opcode, this.sequence, words);
        this.recorder?.command(this.kernelNow, opcode, words.copy());
      },
      (offset, source) => this.recorder?.number(offset, source),
    );
    // What TF.js's CPU kernels use of DataStorage.
    this.data = {
      get: (id: object) => this.entryOf(id),
      has: (id: object) => this.find(id) !== undefined,
      set: () => {
        throw new Error('native-cpu: data.set is not part of the contract with CPU kernels');
      },
      delete: (id: object) => this.disposeData(id, true),
      numDataIds: () => this.liveEntries,
    } as unknown as MathBackendCPU['data'];
  }

  // --- Running kernels ---------------------------------------------------------------------------------------------

  /** Runs `kernel` natively, or `fallback` (TF.js's CPU kernel) for calls that it does not cover. */
  dispatch(
    kernel: NativeKernel,
    inputs: NamedTensorInfoMap,
    attrs: object,
    fallback: (() => TensorInfo | TensorInfo[]) | undefined,
  ): TensorInfo | TensorInfo[] {
    if (fallback !== undefined && !kernel.accepts(inputs, attrs))
      return this.dispatchFallback(kernel.kernelName, fallback);
    this.beginKernel(kernel.kernelName);
    this.report.count(kernel.kernelName, 'native');
    this.depth++;
    try {
      const result = kernel.run(inputs, attrs, this);
      if (this.settings.flush === 'eager' || this.stream.count > flushWords) this.flush();
      return result;
    } catch (error) {
      // Nobody else knows the outputs of a kernel that failed.
      if (this.depth === 1) for (const entry of this.made) this.disposeData(entry, true);
      throw error;
    } finally {
      this.depth--;
      if (this.depth === 0) this.made.length = 0;
    }
  }

  dispatchFallback(kernelName: string, fallback: () => TensorInfo | TensorInfo[]): TensorInfo | TensorInfo[] {
    this.beginKernel(kernelName);
    this.report.count(kernelName, 'fallback');
    this.recorder?.refuse(
      kernelName,
      "it has no native form for these arguments, and ran as TensorFlow.js's CPU kernel",
    );
    this.fallbackDepth++;
    try {
      return fallback();
    } finally {
      this.fallbackDepth--;
      if (this.fallbackDepth === 0) {
        for (const entry of this.hostCopies) if (entry.handle !== undefined) entry.host = undefined;
        this.hostCopies.length = 0;
      }
    }
  }

  private beginKernel(kernelName: string): void {
    this.sequence++;
    if (this.stream.isEmpty) {
      // No command waits that could fail under an earlier name.
      this.pendingKernels.length = 0;
      this.pendingFrom = this.sequence;
    }
    this.pendingKernels.push(kernelName);
  }

  /** Runs every command that waits. Throws the first failure, named after the TF.js kernel that caused it. */
  flush(): void {
    const from = this.pendingFrom;
    const kernels = this.pendingKernels;
    const writes = this.pendingWrites;
    // The kernel that is running, if one is, may have commands to come.
    this.pendingKernels = kernels.slice(-1);
    this.pendingFrom = this.sequence + 1 - this.pendingKernels.length;
    this.pendingWrites = [];
    if (this.stream.isEmpty) return;
    const failure = this.native.run(this.stream.finish());
    this.stream.clear();
    for (const index of this.releasedIndices) this.freeIndices.push(index);
    this.releasedIndices.length = 0;
    if (failure === null) return;
    // The stream carries the low 32 bits of a sequence number; a long training has more kernels than that.
    const position = (failure.sequence - from) | 0;
    const error = toKernelError(kernels[position] ?? 'dispose', failure);
    // Nothing from the failed command on was computed: whoever reads or uses such a tensor later must not get garbage.
    for (const { entry, sequence } of writes) if (sequence >= from + position) entry.failure = error;
    throw error;
  }

  command(name: string): CommandWriter {
    const op = this.ops.get(name);
    if (op === undefined) {
      throw new NativeKernelError(
        name,
        'invalid-command',
        'the addon has no such op; rebuild it: npx nx run native-ops:build-addon',
      );
    }
    return this.writer.begin(op.opcode, op.variants);
  }

  call(kernelName: string, inputs: NamedTensorInfoMap, attrs: object): TensorInfo | TensorInfo[] {
    const kernel = getKernel(kernelName, backendName);
    if (kernel === undefined) throw new NativeKernelError(kernelName, 'unsupported', 'no such kernel is registered');
    return kernel.kernelFunc({ inputs, attrs: attrs as never, backend: this });
  }

  // --- Tensors -----------------------------------------------------------------------------------------------------

  output(shape: readonly number[], dtype: DataType): TensorInfo {
    const type = asElementType(dtype);
    const wrong = shape.find((size) => !(Number.isSafeInteger(size) && size >= 0));
    if (wrong !== undefined) {
      throw new NativeKernelError(
        this.kernelNow,
        'invalid-shape',
        `the result would have shape [${shape}], and ${wrong} is not a size: expected whole numbers from 0 on`,
      );
    }
    const entry = this.makeEntry(dtype, util.sizeFromShape(shape as number[]));
    entry.handle = this.newHandle();
    this.made.push(entry);
    const bytes = entry.size * elementBytes(type);
    this.stream.allocate(entry.handle, bytes, this.sequence);
    this.recorder?.entryMade(entry);
    this.recorder?.allocated(entry.handle, entry, bytes);
    return { dataId: entry, shape: shape as number[], dtype };
  }

  alias(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: shape as number[], dtype: tensor.dtype };
  }

  upload(values: NumericValues, shape: readonly number[], dtype: ElementType): TensorInfo {
    return { dataId: this.write(values, shape as number[], dtype), shape: shape as number[], dtype };
  }

  release(tensor: TensorInfo): void {
    this.disposeData(tensor.dataId);
  }

  valuesOf(tensor: TensorInfo): NumericValues {
    return this.readSync(tensor.dataId) as NumericValues;
  }

  /** Called by TF.js when the backend is removed: everything native is given back. */
  override dispose(): void {
    this.native.dispose();
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): object {
    const entry = this.makeEntry(dtype, util.sizeFromShape(shape));
    // TF.js's CPU kernels hand over plain arrays now and then, and undefined for complex tensors.
    entry.host = values;
    this.recorder?.entryMade(entry);
    return entry;
  }

  override move(
    dataId: object,
    values: backend_util.BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const entry = this.makeEntry(dtype, util.sizeFromShape(shape));
    entry.host = values;
    entry.refCount = refCount;
    this.foreign.set(dataId, entry);
  }

  override refCount(dataId: object): number {
    return this.find(dataId)?.refCount ?? 0;
  }

  override incRef(dataId: object): void {
    this.entryOf(dataId).refCount++;
  }

  override decRef(dataId: object): void {
    const entry = this.find(dataId);
    if (entry !== undefined) entry.refCount--;
  }

  override numDataIds(): number {
    return this.liveEntries;
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.find(dataId);
    if (entry === undefined) return true;
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    entry.isLive = false;
    this.liveEntries--;
    if (entry.complexTensorInfos !== undefined) {
      this.disposeData(entry.complexTensorInfos.real.dataId, true);
      this.disposeData(entry.complexTensorInfos.imag.dataId, true);
    }
    this.releaseCasts(entry);
    this.releaseHandle(entry);
    entry.host = undefined;
    if (!(dataId instanceof TensorEntry && dataId === entry)) this.foreign.delete(dataId);
    return true;
  }

  override async read(dataId: object): Promise<backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override readSync(dataId: object): backend_util.BackendValues {
    const entry = this.entryOf(dataId);
    if (entry.dtype === 'complex64') return super.readSync(dataId);
    // Also where the values still lie in JavaScript: the next run's input has others. What the step made of numbers is fixed.
    if (this.recorder !== undefined && !this.recorder.entries.has(entry))
      this.recorder.refuse(this.kernelNow, valueRead);
    // Values that are native are handed out as a copy of their own: what the caller does to it must not reach the tensor.
    const values = entry.handle === undefined ? entry.host : this.downloadValues(entry);
    return util.convertBackendValuesAndArrayBuffer(values as backend_util.BackendValues, entry.dtype);
  }

  /** Values in JavaScript, kept there until the CPU kernel that asks is done: such kernels read a tensor more than once. */
  hostValues(entry: TensorEntry): backend_util.BackendValues {
    if (entry.host === undefined && entry.handle !== undefined) {
      entry.host = this.downloadValues(entry);
      this.hostCopies.push(entry);
    }
    return entry.host as backend_util.BackendValues;
  }

  override async time(f: () => void): Promise<{ kernelMs: number }> {
    this.flush();
    const start = performance.now();
    f();
    this.flush();
    return { kernelMs: performance.now() - start };
  }

  /** Runs `f` and everything it left waiting; says how long each op of the addon took at each shape, longest first. */
  profile(f: () => void): NativeOpTime[] {
    this.flush();
    this.native.profile(true);
    let times: ReturnType<typeof this.native.profile>;
    try {
      f();
      this.flush();
    } finally {
      times = this.native.profile(false);
    }
    const names = new Map([...this.ops].map(([name, { opcode }]) => [opcode, name]));
    return summarise(times, names);
  }

  override memory(): NativeMemory {
    this.flush();
    const statistics = this.native.statistics();
    return {
      unreliable: false,
      reasons: [],
      nativeBytes: statistics.liveBytes,
      nativePeakBytes: statistics.peakBytes,
      nativeCachedBytes: statistics.cachedBytes,
      nativeBuffers: statistics.buffers,
    };
  }

  /** What this backend runs with: threads, instruction set, convolution library. */
  get description(): { threads: number; instructionSet: string; convolutionLibrary: string; guarded: boolean } {
    const { threads, instructionSet, guarded } = this.native.statistics();
    return { threads, instructionSet, convolutionLibrary: this.addon.convolutionLibrary, guarded };
  }

  /** Why convolutions cannot multiply in `precision` here; undefined if they can. */
  precisionProblem(precision: ConvolutionPrecision): PrecisionProblem | undefined {
    return precision === 'float32' ? undefined : (this.native.bfloat16Problem() ?? undefined);
  }

  /** Gives memory that waits for reuse back to the operating system. */
  trim(): void {
    this.flush();
    this.native.trim();
  }

  // --- Recording (program/) ----------------------------------------------------------------------------------------

  beginRecording(): void {
    if (this.recorder !== undefined) throw new Error('native-cpu: a step is being recorded already');
    this.flush();
    this.before = variablesNow({ entryOf: (dataId) => this.entryOf(dataId) });
    this.recorder = new Recorder();
  }

  endRecording(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): RecordedProgram | Refusal {
    const { recorder, before } = this;
    this.recorder = undefined;
    if (recorder === undefined || before === undefined) throw new Error('native-cpu: no step is being recorded');
    const program = programOf(this.replayHost(), recorder, before, inputs, outputs);
    if (isRefusal(program)) this.freeConstants(recorder);
    return program;
  }

  abandonRecording(): void {
    const { recorder } = this;
    this.recorder = undefined;
    if (recorder !== undefined) this.freeConstants(recorder);
  }

  /** Constants that the step is done with; the others are freed with their tensors. */
  private freeConstants(recorder: Recorder): void {
    for (const { handle, origin, isFreed } of recorder.buffers.values()) {
      if (origin === 'constant' && isFreed) this.freeHandle(handle);
    }
  }

  private replayHost(): ReplayHost {
    return {
      streamVersion: this.addon.streamVersion,
      flush: () => this.flush(),
      run: (words) => this.native.run(words),
      toError: toKernelError,
      entryOf: (dataId) => this.entryOf(dataId),
      inputHandle: (tensor) => this.inputHandle(tensor),
      handleOf: (entry) => this.handleOf(entry),
      forgetCopies: (entry) => this.forgetCopies(entry),
      newEntry: (dtype, size, handle) => {
        const entry = this.makeEntry(dtype, size);
        entry.handle = handle;
        return entry;
      },
      newHandle: () => this.newHandle(),
      freeHandle: (handle) => this.freeHandle(handle),
      reserveSlots: (count) => {
        const handles = Array.from({ length: count }, () => this.newHandle());
        const generation = handles.reduce((largest, handle) => Math.max(largest, handle.generation), 0);
        return { indices: handles.map(({ index }) => index), generation };
      },
      releaseSlots: (indices, generation) => {
        for (const index of indices) {
          this.generations[index] = generation;
          if (generation < lastGeneration) this.freeIndices.push(index);
        }
      },
    };
  }

  private noted(tensor: TensorInfo, offset: number, isWritten: boolean, handle: BufferHandle): BufferHandle {
    this.recorder?.reference(handle, this.entryOf(tensor.dataId), offset, isWritten, this.kernelNow);
    return handle;
  }

  private get kernelNow(): string {
    return this.pendingKernels.at(-1) ?? 'tensor';
  }

  // --- Entries and handles -----------------------------------------------------------------------------------------

  private makeEntry(dtype: DataType, size: number): TensorEntry {
    this.liveEntries++;
    return new TensorEntry(this, dtype, size);
  }

  private find(dataId: object): TensorEntry | undefined {
    if (dataId instanceof TensorEntry && dataId.owner === this && dataId.isLive) return dataId;
    return this.foreign.get(dataId);
  }

  private entryOf(dataId: object): TensorEntry {
    let entry = this.find(dataId);
    if (entry === undefined && engine().state.tensorInfo.has(dataId)) {
      // A tensor of another backend: TF.js moves it here when it is first used, as DataStorage does for other backends.
      engine().moveData(this, dataId);
      entry = this.find(dataId);
    }
    if (entry === undefined) {
      throw new NativeKernelError(this.kernelNow, 'invalid-handle', 'a tensor that was disposed was used');
    }
    return entry;
  }

  private newHandle(): BufferHandle {
    const index = this.freeIndices.pop() ?? this.generations.length;
    const generation = (this.generations[index] ?? 0) + 1;
    this.generations[index] = generation;
    return { index, generation };
  }

  private releaseHandle(entry: TensorEntry): void {
    if (entry.handle === undefined) return;
    this.freeHandle(entry.handle);
    entry.handle = undefined;
  }

  private freeHandle(handle: BufferHandle): void {
    if (this.recorder?.takes(handle)) return;
    this.stream.free(handle, this.sequence);
    // The slot may be used again once the native side has seen the FREE: uploads do not wait for the stream. A slot whose
    // generations are used up is left alone.
    if (handle.generation < lastGeneration) this.releasedIndices.push(handle.index);
  }

  private releaseCasts(entry: TensorEntry): void {
    for (const cast of entry.casts?.values() ?? []) this.releaseHandle(cast);
    entry.casts = undefined;
  }

  private inputHandle(tensor: TensorInfo): BufferHandle {
    let entry = this.entryOf(tensor.dataId);
    if (entry.dtype !== tensor.dtype) entry = this.castEntry(entry, asElementType(tensor.dtype));
    return this.handleOf(entry);
  }

  private handleOf(entry: TensorEntry): BufferHandle {
    if (entry.failure !== undefined) throw entry.failure;
    entry.handle ??= this.uploadValues(entry);
    return entry.handle;
  }

  private outputHandle(tensor: TensorInfo): BufferHandle {
    const handle = this.inputHandle(tensor);
    const entry = this.entryOf(tensor.dataId);
    if (entry.handle !== handle) {
      throw new NativeKernelError(
        this.kernelNow,
        'unsupported',
        `a ${tensor.dtype} tensor that shares the memory of a ${entry.dtype} tensor cannot be written in place`,
      );
    }
    this.pendingWrites.push({ entry, sequence: this.sequence });
    this.forgetCopies(entry);
    return handle;
  }

  /** Before a kernel changes the native values: copies, in JavaScript or as another type, would go stale. */
  private forgetCopies(entry: TensorEntry): void {
    entry.host = undefined;
    this.releaseCasts(entry);
  }

  private castEntry(entry: TensorEntry, type: ElementType): TensorEntry {
    entry.casts ??= new Map();
    let cast = entry.casts.get(type);
    if (cast === undefined) {
      // Not counted as a tensor: TF.js looks for kernels that leave more tensors behind than they return.
      cast = new TensorEntry(this, type, entry.size);
      this.recorder?.castMade(entry, cast, this.kernelNow);
      const values = entry.handle === undefined ? entry.host : this.downloadValues(entry);
      cast.host = toTypedArray(values as backend_util.BackendValues, type);
      entry.casts.set(type, cast);
    }
    return cast;
  }

  private uploadValues(entry: TensorEntry): BufferHandle {
    const handle = this.newHandle();
    const values = toTypedArray(entry.host as backend_util.BackendValues, asElementType(entry.dtype));
    const failure = this.native.upload(handle.index, handle.generation, values);
    if (failure !== null) {
      this.freeHandle(handle);
      throw toKernelError(this.kernelNow, failure);
    }
    this.recorder?.uploaded(handle, entry);
    // From here on the native buffer is the truth; keeping both would double the memory of every input.
    entry.host = undefined;
    return handle;
  }

  private downloadValues(entry: TensorEntry): NumericValues {
    this.recorder?.refuse(
      this.kernelNow,
      'a value is read inside of the step (dataSync, data, array, print, a condition)',
    );
    this.flush();
    if (entry.failure !== undefined) throw entry.failure;
    const type = asElementType(entry.dtype);
    const values = newTypedArray(type, entry.size);
    const handle = entry.handle as BufferHandle;
    this.check(this.native.download(handle.index, handle.generation, values));
    return values;
  }

  private check(failure: NativeFailure | null): void {
    if (failure !== null) throw toKernelError(this.kernelNow, failure);
  }
}

function createEngine(addon: NativeAddon, settings: NativeSettings): NativeEngine {
  try {
    return new addon.Engine(settings.threads, settings.instructionSet, settings.guarded);
  } catch (error) {
    if ((error as { code?: string }).code === 'GGB_SECOND_ENVIRONMENT') {
      throw new BackendUnavailableError(
        backendName,
        'another thread of this process already runs it',
        'Use it from one thread, or start a child process instead of a worker thread.',
        { cause: error },
      );
    }
    throw new BackendUnavailableError(
      backendName,
      `the engine did not start with ${settings.threads} threads and instruction set "${settings.instructionSet || 'best'}"`,
      `This processor and build offer up to "${addon.bestInstructionSet}"; unset GGB_ISA to use it.`,
      { cause: error },
    );
  }
}

function toKernelError(kernel: string, failure: NativeFailure): NativeKernelError {
  return new NativeKernelError(kernel, statusNames[failure.code] ?? 'invalid-command', failure.message);
}
