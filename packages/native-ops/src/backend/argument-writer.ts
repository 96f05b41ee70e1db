// Arguments of one command, on their way into the stream.
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { currentValue, type NumberSource } from '../program/recorder.ts';
import { type BufferHandle, elementTypes, WordList } from './command-stream.ts';
import { asElementType } from './element-values.ts';
import { NativeKernelError } from './errors.ts';
import type { CommandWriter } from './kernel-runtime.ts';

/** Collects the arguments of one command and hands them over when it ends. */
export class ArgumentWriter implements CommandWriter {
  private readonly words = new WordList();
  private opcode = 0;
  private variants: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly inputHandle: (tensor: TensorInfo, offset: number) => BufferHandle,
    private readonly outputHandle: (tensor: TensorInfo, offset: number) => BufferHandle,
    private readonly deliver: (opcode: number, words: WordList) => void,
    private readonly noteNumber: (offset: number, source: NumberSource) => void,
  ) {}

  begin(opcode: number, variants: ReadonlyMap<string, number>): this {
    this.words.clear();
    this.opcode = opcode;
    this.variants = variants;
    return this;
  }

  int(value: number): this {
    this.words.int(value);
    return this;
  }

  float(value: number): this {
    this.words.float(value);
    return this;
  }

  size(value: number): this {
    this.words.size(value);
    return this;
  }

  currentSize(source: NumberSource): this {
    this.noteNumber(this.words.count, source);
    return this.size(currentValue(source));
  }

  shape(sizes: readonly number[]): this {
    this.words.shape(sizes);
    return this;
  }

  variant(name: string): this {
    const number = this.variants.get(name);
    if (number === undefined)
      throw new NativeKernelError(name, 'invalid-command', 'the addon has no such variant; rebuild it');
    return this.int(number);
  }

  elementType(type: DataType): this {
    return this.int(elementTypes.indexOf(asElementType(type)));
  }

  input(tensor: TensorInfo): this {
    this.words.buffer(this.inputHandle(tensor, this.words.count));
    return this;
  }

  output(tensor: TensorInfo): this {
    this.words.buffer(this.outputHandle(tensor, this.words.count));
    return this;
  }

  end(): void {
    this.deliver(this.opcode, this.words);
  }
}
