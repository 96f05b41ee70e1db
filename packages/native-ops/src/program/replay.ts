// Binds a recorded step to the tensors of the moment and runs it. Variables are bound anew for each run, so that eager steps
// and replayed ones can be mixed.
import type { TensorInfo, Variable } from '@tensorflow/tfjs-core';
import type { NativeFailure } from '../backend/addon.ts';
import type { BufferHandle } from '../backend/command-stream.ts';
import type { NativeKernelError } from '../backend/errors.ts';
import type { TensorEntry } from '../backend/tensor-entry.ts';
import * as tf from '../tfjs/registered-core.ts';
import { Program } from './program.ts';
import type { ProgramSummary, RecordedBuffer, RecordedProgram, Recorder, Refusal } from './recorder.ts';
import { ReplayError } from './replay-error.ts';

/** What a replay needs of its backend. */
export interface ReplayHost {
  readonly streamVersion: number;
  flush(): void;
  run(words: Int32Array): NativeFailure | null;
  toError(kernel: string, failure: NativeFailure): NativeKernelError;
  entryOf(dataId: object): TensorEntry;
  /** The buffer of a tensor, as the tensor's own type. */
  inputHandle(tensor: TensorInfo): BufferHandle;
  /** The buffer of an entry, made from its values in JavaScript if need be. @throws when these were never computed. */
  handleOf(entry: TensorEntry): BufferHandle;
  /** Forgets copies of an entry's values that a command is about to change. */
  forgetCopies(entry: TensorEntry): void;
  newEntry(dtype: TensorInfo['dtype'], size: number, handle: BufferHandle): TensorEntry;
  newHandle(): BufferHandle;
  freeHandle(handle: BufferHandle): void;
  /** Slots for buffers that never leave a run, and the generation below which all of them are free. */
  reserveSlots(count: number): { readonly indices: readonly number[]; readonly generation: number };
  releaseSlots(indices: readonly number[], generation: number): void;
}

/** What the tensors were before the recording. */
export interface Before {
  readonly variables: ReadonlyMap<Variable, TensorEntry>;
}

/** Where a buffer from outside is found at each run. */
type Binding =
  | { readonly kind: 'input'; readonly position: number }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'tensor'; readonly entry: TensorEntry };

interface Carry {
  readonly variable: Variable;
  /** Holds the variable's new values after a run. */
  readonly buffer: RecordedBuffer;
}

export function variablesNow(host: Pick<ReplayHost, 'entryOf'>): Before {
  const variables = new Map<Variable, TensorEntry>();
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    if (variable.dtype !== 'string' && variable.dtype !== 'complex64')
      variables.set(variable, host.entryOf(variable.dataId));
  }
  return { variables };
}

/** The recorded step, or why there is none. */
export function programOf(
  host: ReplayHost,
  recorder: Recorder,
  before: Before,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
): RecordedProgram | Refusal {
  if (recorder.refusal !== undefined) return recorder.refusal;
  const refuse = (what: string): Refusal => ({ kernel: 'the step', what, origin: 'its end' });

  const inputEntries = inputs.map(({ dataId }) => host.entryOf(dataId));
  const escaping = new Set<RecordedBuffer>();
  const claim = (entry: TensorEntry): RecordedBuffer | undefined => {
    const buffer = entry.handle && recorder.buffers.get(entry.handle);
    if (buffer === undefined || buffer.origin !== 'inside' || buffer.isFreed || escaping.has(buffer)) return undefined;
    if (entry.refCount !== 1) return undefined;
    escaping.add(buffer);
    return buffer;
  };

  const carries: Carry[] = [];
  const registered = new Set(Object.values(tf.engine().registeredVariables));
  for (const variable of registered) {
    if (!before.variables.has(variable)) return refuse(`the variable ${variable.name} is made inside`);
  }
  for (const [variable, entry] of before.variables) {
    if (!registered.has(variable)) return refuse(`the variable ${variable.name} is disposed inside`);
    const now = host.entryOf(variable.dataId);
    if (now === entry) continue;
    const buffer = claim(now);
    if (buffer === undefined) return refuse(`the variable ${variable.name} gets values that another tensor holds too`);
    carries.push({ variable, buffer });
  }
  const results: { buffer: RecordedBuffer; shape: number[]; dtype: TensorInfo['dtype']; size: number }[] = [];
  for (const [position, { dataId, shape, dtype }] of outputs.entries()) {
    const entry = host.entryOf(dataId);
    const buffer = entry.dtype === dtype ? claim(entry) : undefined;
    if (buffer === undefined) return refuse(`result ${position} shares its values with another tensor`);
    results.push({ buffer, shape, dtype, size: entry.size });
  }
  const owners = new Set([...escaping].map(({ entry }) => entry));
  for (const entry of recorder.entries) {
    if (entry.isLive && !owners.has(entry)) {
      return refuse(
        `a tensor of ${entry.size} values that it made is still there and not among its results (tf.keep, or kept by a caller)`,
      );
    }
  }
  const carried = new Set(carries.map(({ variable }) => before.variables.get(variable)));
  for (const buffer of recorder.buffers.values()) {
    if (buffer.origin === 'outside' && buffer.isFreed && !carried.has(buffer.entry)) {
      return refuse(`a tensor of ${buffer.entry.size} values from outside is disposed inside`);
    }
  }
  if (new Set(inputEntries).size < inputEntries.length) return refuse('two inputs are one tensor');

  const program = new Program(recorder.commands, escaping, host.streamVersion);
  const byEntry = new Map<TensorEntry, Binding>();
  for (const [variable, entry] of before.variables) byEntry.set(entry, { kind: 'variable', variable });
  for (const [position, entry] of inputEntries.entries()) byEntry.set(entry, { kind: 'input', position });
  const signature = inputs.map(({ shape, dtype }) => ({ shape: [...shape], dtype }));
  return new Replay(host, program, { byEntry, carries, results, signature, recorder });
}

interface ReplayParts {
  readonly byEntry: ReadonlyMap<TensorEntry, Binding>;
  readonly carries: readonly Carry[];
  readonly results: readonly { buffer: RecordedBuffer; shape: number[]; dtype: TensorInfo['dtype']; size: number }[];
  readonly signature: readonly Pick<TensorInfo, 'shape' | 'dtype'>[];
  readonly recorder: Recorder;
}

class Replay implements RecordedProgram {
  readonly summary: ProgramSummary;
  private readonly bindings: readonly { readonly buffer: RecordedBuffer; readonly from: Binding; isWritten: boolean }[];
  private readonly constants: readonly RecordedBuffer[];
  private readonly handles = new Map<RecordedBuffer, { index: number; generation: number }>();
  private readonly slots: readonly number[];
  private generation: number;
  private isDisposed = false;

  constructor(
    private readonly host: ReplayHost,
    private readonly program: Program,
    private readonly parts: ReplayParts,
  ) {
    const { byEntry, recorder } = parts;
    const used = [...program.uses()];
    this.bindings = used
      .filter(([{ origin }]) => origin === 'outside')
      .map(([buffer, { isWritten }]) => {
        const from = byEntry.get(buffer.entry) ?? { kind: 'tensor' as const, entry: buffer.entry };
        return { buffer, from, isWritten };
      });
    const usedConstants = new Set(used.filter(([{ origin }]) => origin === 'constant').map(([buffer]) => buffer));
    this.constants = [...usedConstants];
    for (const buffer of recorder.buffers.values()) {
      if (buffer.origin === 'constant' && !usedConstants.has(buffer)) host.freeHandle(buffer.handle);
    }
    for (const buffer of this.constants) this.handles.set(buffer, buffer.handle);
    const reserved = host.reserveSlots(program.temporaries.length);
    this.slots = reserved.indices;
    this.generation = reserved.generation;
    for (const [position, buffer] of program.temporaries.entries()) {
      this.handles.set(buffer, { index: this.slots[position] as number, generation: 0 });
    }
    const { kernels, removed, temporaries } = program;
    this.summary = { commands: kernels.length, removed, buffers: temporaries.length };
  }

  replay(inputs: readonly TensorInfo[]): TensorInfo[] {
    const { host, program, parts } = this;
    if (this.isDisposed) throw new ReplayError('the program', 'one that is not disposed', 'a disposed one');
    this.checkInputs(inputs);
    for (const { variable } of parts.carries) ownMemory(host, variable);
    const written: TensorEntry[] = [];
    const bound = this.bindings.map(({ buffer, from, isWritten }) => {
      if (isWritten && from.kind === 'variable') ownMemory(host, from.variable);
      const entry = this.entryOf(from, inputs);
      if (isWritten) written.push(entry);
      const input = from.kind === 'input' ? inputs[from.position] : undefined;
      return { buffer, handle: input === undefined ? host.handleOf(entry) : host.inputHandle(input) };
    });
    const carried = parts.carries.map(({ variable, buffer }) => ({ entry: host.entryOf(variable.dataId), buffer }));
    host.flush();

    this.generation += 1;
    for (const buffer of program.temporaries) {
      (this.handles.get(buffer) as { generation: number }).generation = this.generation;
    }
    for (const { buffer, handle } of bound) this.handles.set(buffer, handle);
    const results = parts.results.map(({ buffer, shape, dtype, size }) => {
      const handle = host.newHandle();
      this.handles.set(buffer, handle);
      return { dataId: host.newEntry(dtype, size, handle), shape, dtype };
    });
    const news = carried.map(({ entry, buffer }) => {
      const handle = host.newHandle();
      this.handles.set(buffer, handle);
      return { entry, handle };
    });
    for (const entry of written) host.forgetCopies(entry);

    const failure = host.run(program.stream((buffer) => this.handles.get(buffer) as BufferHandle));
    for (const { entry, handle } of news) {
      const old = entry.handle;
      host.forgetCopies(entry);
      entry.handle = handle;
      if (old !== undefined) host.freeHandle(old);
    }
    if (failure !== null) {
      const error = host.toError(program.kernels[failure.sequence - 1] ?? 'replay', failure);
      // What the step changes has the values of no step now.
      const entries = [...written, ...news.map(({ entry }) => entry), ...results.map(({ dataId }) => dataId)];
      for (const entry of entries) entry.failure = error;
      throw error;
    }
    return results;
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    for (const { handle } of this.constants) this.host.freeHandle(handle);
    this.host.releaseSlots(this.slots, this.generation);
  }

  private entryOf(from: Binding, inputs: readonly TensorInfo[]): TensorEntry {
    const { host } = this;
    if (from.kind === 'tensor') {
      if (from.entry.isLive) return from.entry;
      throw new ReplayError('a tensor that the step holds', 'one that is not disposed', 'a disposed one');
    }
    if (from.kind === 'input') return host.entryOf((inputs[from.position] as TensorInfo).dataId);
    if (!from.variable.isDisposed) return host.entryOf(from.variable.dataId);
    throw new ReplayError(`variable ${from.variable.name}`, 'one that is not disposed', 'a disposed one');
  }

  private checkInputs(inputs: readonly TensorInfo[]): void {
    const { signature } = this.parts;
    const described = (tensors: readonly Pick<TensorInfo, 'shape' | 'dtype'>[]) =>
      tensors.map(({ shape, dtype }) => `${dtype} [${shape}]`).join(', ');
    if (described(inputs) !== described(signature))
      throw new ReplayError('inputs', described(signature), described(inputs));
  }
}

/** A variable that shares its memory gets a copy before it is changed in place; times 1 is exact. */
function ownMemory(host: ReplayHost, variable: Variable): void {
  if (variable.isDisposed || host.entryOf(variable.dataId).refCount <= 1) return;
  tf.tidy(() => variable.assign(tf.mul(variable, 1)));
}
