// What one run of a step did, as the backend saw it: the commands, the buffers they name and where those came from. While
// it listens the step runs as always, so a step that cannot be recorded has still been done; `refusal` then says why.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BufferHandle } from '../backend/command-stream.ts';
import type { TensorEntry } from '../backend/tensor-entry.ts';

/** A number that a command carries: fixed, or asked for again whenever the command runs. */
export type NumberSource = number | (() => number);

export function currentValue(source: NumberSource): number {
  return typeof source === 'function' ? source() : source;
}

/**
 * inside: allocated by the step. constant: values that came from JavaScript inside of the step. outside: was there before,
 * as an input, a variable, or a tensor that the step's function holds.
 */
export interface RecordedBuffer {
  readonly handle: BufferHandle;
  readonly origin: 'inside' | 'constant' | 'outside';
  /** Of its allocation; 0 for others. */
  readonly bytes: number;
  readonly entry: TensorEntry;
  isFreed: boolean;
}

export interface RecordedReference {
  /** Position of index and generation among the arguments. */
  readonly offset: number;
  readonly buffer: RecordedBuffer;
  readonly isWritten: boolean;
}

export interface RecordedCommand {
  readonly kernel: string;
  readonly opcode: number;
  readonly words: Int32Array;
  readonly references: readonly RecordedReference[];
  /** Sizes (two words) that are asked for at each run. */
  readonly numbers: readonly { readonly offset: number; readonly source: () => number }[];
}

/** Why a step cannot be recorded. */
export interface Refusal {
  /** The TF.js kernel that ran. */
  readonly kernel: string;
  readonly what: string;
  /** Where in the step's own code, as far as the stack tells. */
  readonly origin: string;
}

export class Recorder {
  readonly commands: RecordedCommand[] = [];
  readonly buffers = new Map<BufferHandle, RecordedBuffer>();
  /** Entries of tensors that the step made. */
  readonly entries = new Set<TensorEntry>();
  refusal: Refusal | undefined;
  private references: RecordedReference[] = [];
  private numbers: { offset: number; source: () => number }[] = [];

  /** Only the first reason is kept: what follows is often its consequence. */
  refuse(kernel: string, what: string): void {
    this.refusal ??= { kernel, what, origin: callerOf(deepStack()) };
  }

  entryMade(entry: TensorEntry): void {
    this.entries.add(entry);
  }

  /** `entry` as another type. */
  castMade(entry: TensorEntry, cast: TensorEntry, kernel: string): void {
    if (this.entries.has(entry)) this.entries.add(cast);
    else this.refuse(kernel, 'a tensor from outside of the step is read as another type than its own');
  }

  allocated(handle: BufferHandle, entry: TensorEntry, bytes: number): void {
    this.buffers.set(handle, { handle, origin: 'inside', bytes, entry, isFreed: false });
  }

  uploaded(handle: BufferHandle, entry: TensorEntry): void {
    const origin = this.entries.has(entry) ? 'constant' : 'outside';
    this.buffers.set(handle, { handle, origin, bytes: 0, entry, isFreed: false });
  }

  /** Whether the recording takes the buffer over, so that nobody must free it: constants outlive the step. */
  takes(handle: BufferHandle): boolean {
    const buffer = this.buffers.get(handle);
    if (buffer === undefined) return false;
    buffer.isFreed = true;
    return buffer.origin === 'constant';
  }

  reference(handle: BufferHandle, entry: TensorEntry, offset: number, isWritten: boolean, kernel: string): void {
    let buffer = this.buffers.get(handle);
    if (buffer === undefined) {
      buffer = { handle, origin: 'outside', bytes: 0, entry, isFreed: false };
      this.buffers.set(handle, buffer);
    }
    if (isWritten && buffer.origin === 'constant') {
      this.refuse(kernel, 'it changes a tensor in place that was made from values in JavaScript');
    }
    this.references.push({ offset, buffer, isWritten });
  }

  number(offset: number, source: NumberSource): void {
    if (typeof source === 'function') this.numbers.push({ offset, source });
  }

  command(kernel: string, opcode: number, words: Int32Array): void {
    this.commands.push({ kernel, opcode, words, references: this.references, numbers: this.numbers });
    this.references = [];
    this.numbers = [];
  }
}

/** What a backend must offer for steps to be compiled. */
export interface StepRecorder {
  /** Starts listening. One recording at a time. */
  beginRecording(): void;
  /**
   * Stops listening. `inputs` and `outputs` of the step that was run; the program it gives, or why there is none.
   */
  endRecording(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): RecordedProgram | Refusal;
  /** Stops listening after the step threw. */
  abandonRecording(): void;
}

export interface RecordedProgram {
  /** Runs the step on other inputs of the same shapes; the results are new tensors of the caller. */
  replay(inputs: readonly TensorInfo[]): TensorInfo[];
  /** What is run, for those who want to know. */
  readonly summary: ProgramSummary;
  /** Frees the constants. */
  dispose(): void;
}

export interface ProgramSummary {
  /** Commands that are run, without memory management. */
  readonly commands: number;
  /** Commands of the recording whose results nobody reads. */
  readonly removed: number;
  /** Buffers that live only within a run. */
  readonly buffers: number;
}

export function isRefusal(result: RecordedProgram | Refusal): result is Refusal {
  return 'what' in result;
}

/** Ops stand deep in TF.js's own calls: ten lines, the default, seldom reach the step. */
function deepStack(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 60;
  const { stack } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

/** The first line of a stack that is neither TF.js nor this package: where the step's author finds the cause. */
function callerOf(stack = ''): string {
  const line = stack
    .split('\n')
    .slice(1)
    .find(
      (each) =>
        !/native-ops[/\\](src|dist|generated)[/\\](?!.*\.spec\.)|@tensorflow|tfjs-(core|backend-cpu)|node:internal|<anonymous>/.test(
          each,
        ),
    );
  return line?.trim().replace(/^at /, '') ?? 'unknown';
}
