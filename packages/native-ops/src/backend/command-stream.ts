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

/** A growing row of words; floats are stored by bit pattern. */
export class WordList {
  protected words = new Int32Array(1 << 10);
  protected length = 0;
  private floats = new Float32Array(this.words.buffer);

  int(value: number): this {
    if (this.length === this.words.length) this.grow(this.length + 1);
    this.words[this.length++] = value;
    return this;
  }

  float(value: number): this {
    if (this.length === this.words.length) this.grow(this.length + 1);
    this.floats[this.length++] = value;
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

  append(other: WordList): this {
    const end = this.length + other.length;
    if (end > this.words.length) this.grow(end);
    for (let i = 0; i < other.length; i++) this.words[this.length + i] = other.words[i] as number;
    this.length = end;
    return this;
  }

  clear(): void {
    this.length = 0;
  }

  copy(): Int32Array {
    return this.words.slice(0, this.length);
  }

  get count(): number {
    return this.length;
  }

  private grow(atLeast: number): void {
    const words = new Int32Array(Math.max(this.words.length * 2, atLeast));
    words.set(this.words);
    this.words = words;
    this.floats = new Float32Array(words.buffer);
  }
}

export class CommandStream extends WordList {
  constructor(readonly version: number) {
    super();
    this.clear();
  }

  get isEmpty(): boolean {
    return this.length === headerWords;
  }

  /** The finished stream, a view that is valid until the next command. */
  finish(): Int32Array {
    this.words[0] = this.version;
    this.words[1] = this.length - headerWords;
    return this.words.subarray(0, this.length);
  }

  override clear(): void {
    this.length = headerWords;
  }

  allocate(handle: BufferHandle, bytes: number, sequence: number): void {
    this.int(allocateOpcode).int(4).int(sequence).buffer(handle).size(bytes);
  }

  free(handle: BufferHandle, sequence: number): void {
    this.int(freeOpcode).int(2).int(sequence).buffer(handle);
  }

  /** A whole command at once: whatever its arguments caused (uploads, even a flush) has happened by then. */
  command(opcode: number, sequence: number, argumentWords: WordList): void {
    this.int(opcode).int(argumentWords.count).int(sequence).append(argumentWords);
  }
}
