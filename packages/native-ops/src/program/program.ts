// A recorded step as one stream of commands: what nobody reads is left out, memory is taken before the first use and given
// back after the last. Each replay fills in the buffers of the moment and hands the stream to the interpreter at once.
import type { BufferHandle } from '../backend/command-stream.ts';
import { CommandStream, WordList } from '../backend/command-stream.ts';
import type { RecordedBuffer, RecordedCommand } from './recorder.ts';

/** Where a buffer's index and generation stand in the stream. */
interface Place {
  readonly offset: number;
  readonly buffer: RecordedBuffer;
}

export class Program {
  /** Kernel of each command; a command's sequence number is its position here, counted from 1. */
  readonly kernels: readonly string[];
  readonly removed: number;
  /** Buffers that live only within a run; they keep their slots, one generation a run. */
  readonly temporaries: readonly RecordedBuffer[];
  private readonly commands: readonly RecordedCommand[];
  private readonly words: Int32Array;
  private readonly places: readonly Place[];
  private readonly numbers: readonly { readonly offset: number; readonly source: () => number }[];

  /** `escaping`: buffers that the step made and that are there after it. */
  constructor(recorded: readonly RecordedCommand[], escaping: ReadonlySet<RecordedBuffer>, streamVersion: number) {
    const commands = withoutDead(recorded, escaping);
    this.commands = commands;
    this.removed = recorded.length - commands.length;
    this.kernels = commands.map(({ kernel }) => kernel);
    const { first, last } = lifetimes(commands);

    const stream = new CommandStream(streamVersion);
    const places: Place[] = [];
    const numbers: { offset: number; source: () => number }[] = [];
    const unknown = { index: 0, generation: 0 };
    const allocate = (buffer: RecordedBuffer, sequence: number) => {
      places.push({ offset: stream.count + 3, buffer });
      stream.allocate(unknown, buffer.bytes, sequence);
    };
    for (const buffer of escaping) if (!first.has(buffer)) allocate(buffer, 1);
    for (const [position, command] of commands.entries()) {
      const sequence = position + 1;
      const buffers = new Set(command.references.map(({ buffer }) => buffer));
      for (const buffer of buffers) {
        if (buffer.origin === 'inside' && first.get(buffer) === position) allocate(buffer, sequence);
      }
      const start = stream.count + 3;
      for (const { offset, buffer } of command.references) places.push({ offset: start + offset, buffer });
      for (const { offset, source } of command.numbers) numbers.push({ offset: start + offset, source });
      stream.command(command.opcode, sequence, wordsOf(command.words));
      for (const buffer of buffers) {
        if (buffer.origin !== 'inside' || escaping.has(buffer) || last.get(buffer) !== position) continue;
        places.push({ offset: stream.count + 3, buffer });
        stream.free(unknown, sequence);
      }
    }
    this.words = stream.finish().slice();
    this.places = places;
    this.numbers = numbers;
    this.temporaries = [...first.keys()].filter((buffer) => buffer.origin === 'inside' && !escaping.has(buffer));
  }

  /** Buffers from outside and constants that the commands name; those that are written say so. */
  uses(): Map<RecordedBuffer, { isWritten: boolean }> {
    const used = new Map<RecordedBuffer, { isWritten: boolean }>();
    for (const { references } of this.commands) {
      for (const { buffer, isWritten } of references) {
        if (buffer.origin === 'inside') continue;
        used.set(buffer, { isWritten: isWritten || (used.get(buffer)?.isWritten ?? false) });
      }
    }
    return used;
  }

  /** The stream for one run, valid until the next. */
  stream(handleOf: (buffer: RecordedBuffer) => BufferHandle): Int32Array {
    const { words } = this;
    for (const { offset, buffer } of this.places) {
      const handle = handleOf(buffer);
      words[offset] = handle.index;
      words[offset + 1] = handle.generation;
    }
    for (const { offset, source } of this.numbers) {
      const value = source();
      words[offset] = value | 0;
      words[offset + 1] = Math.floor(value / 0x1_0000_0000);
    }
    return words;
  }
}

/** Commands that change something which is read later, or which is there after the step. */
function withoutDead(
  commands: readonly RecordedCommand[],
  escaping: ReadonlySet<RecordedBuffer>,
): readonly RecordedCommand[] {
  const needed = new Set<RecordedBuffer>(escaping);
  const kept: RecordedCommand[] = [];
  for (const command of [...commands].reverse()) {
    const { references } = command;
    const isNeeded = references.some(
      ({ buffer, isWritten }) => isWritten && (buffer.origin === 'outside' || needed.has(buffer)),
    );
    if (!isNeeded) continue;
    kept.push(command);
    // What is written may be changed in place, so whatever wrote it before is needed as well.
    for (const { buffer } of references) needed.add(buffer);
  }
  return kept.reverse();
}

function lifetimes(commands: readonly RecordedCommand[]) {
  const first = new Map<RecordedBuffer, number>();
  const last = new Map<RecordedBuffer, number>();
  for (const [position, { references }] of commands.entries()) {
    for (const { buffer } of references) {
      if (!first.has(buffer)) first.set(buffer, position);
      last.set(buffer, position);
    }
  }
  return { first, last };
}

function wordsOf(words: Int32Array): WordList {
  const list = new WordList();
  for (const word of words) list.int(word);
  return list;
}
