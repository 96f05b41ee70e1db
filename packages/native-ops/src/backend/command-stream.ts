// Writes commands as integers into one growing array. Layout: [version, words that follow], then commands
// [opcode, argument words, sequence number, arguments...]; sizes take two words, floats travel by bit pattern. The
// reader is runtime/interpreter.cc.

/** Types a native buffer can hold; the position is the number in commands (runtime/element-type.h). */
export const elementTypes = ['float32', 'int32', 'bool'] as const;

export type ElementType = (typeof elementTypes)[number];

export function elementBytes(type: ElementType): number {
  return type === 'bool' ? 1 : 4;
}

const allocateOpcode = 1;
const freeOpcode = 2;
const headerWords = 2;

/** A native buffer: a slot and how often that slot was used. */
export interface BufferHandle {
  readonly index: number;
  readonly generation: number;
}

export class CommandStream {
  private words = new Int32Array(1 << 12);
  private floats = new Float32Array(this.words.buffer);
  private end = headerWords;
  private open = -1;

  constructor(readonly version: number) {}

  get isEmpty(): boolean {
    return this.end === headerWords;
  }

  get length(): number {
    return this.end;
  }

  /** The finished stream, a view that is valid until the next command. */
  finish(): Int32Array {
    if (this.open >= 0) throw new Error('command-stream: finish while a command is open');
    this.words[0] = this.version;
    this.words[1] = this.end - headerWords;
    return this.words.subarray(0, this.end);
  }

  clear(): void {
    this.end = headerWords;
    this.open = -1;
  }

  /** Forgets the command that was begun and not ended, if there is one. */
  abandon(): void {
    if (this.open >= 0) this.end = this.open;
    this.open = -1;
  }

  allocate(handle: BufferHandle, bytes: number, sequence: number): void {
    this.begin(allocateOpcode, sequence).buffer(handle).size(bytes).finishCommand();
  }

  free(handle: BufferHandle, sequence: number): void {
    this.begin(freeOpcode, sequence).buffer(handle).finishCommand();
  }

  begin(opcode: number, sequence: number): this {
    if (this.open >= 0) throw new Error('command-stream: a command began inside another; make outputs before the command');
    this.open = this.end;
    return this.int(opcode).int(0).int(sequence);
  }

  finishCommand(): void {
    this.words[this.open + 1] = this.end - this.open - 3;
    this.open = -1;
  }

  int(value: number): this {
    if (this.end === this.words.length) this.grow();
    this.words[this.end++] = value;
    return this;
  }

  float(value: number): this {
    if (this.end === this.words.length) this.grow();
    this.floats[this.end++] = value;
    return this;
  }

  /** A 64-bit size or signed stride; exact for every safe integer. */
  size(value: number): this {
    return this.int(value | 0).int(Math.floor(value / 0x1_0000_0000));
  }

  /** Rank and sizes, or rank and strides. */
  shape(sizes: readonly number[]): this {
    this.int(sizes.length);
    for (const size of sizes) this.size(size);
    return this;
  }

  buffer(handle: BufferHandle): this {
    return this.int(handle.index).int(handle.generation);
  }

  private grow(): void {
    const words = new Int32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.floats = new Float32Array(words.buffer);
  }
}
