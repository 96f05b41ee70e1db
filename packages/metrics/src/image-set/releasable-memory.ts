// Memory that grows where it stands and goes back to the system when its owner says so. The garbage collector would do the
// latter when it sees cause to, and the small heap of an evaluation gives it none: what tables have outgrown would stay.

/** Below this, memory is ordinary: a mapping of its own costs more than what it would give back. */
const smallLength = 1 << 16;
/** Addresses, not memory: pages count when they are written to. */
const reservedLength = 1 << 26;

/** ECMAScript 2024; Node has it since 20. */
interface ResizableBuffer extends ArrayBuffer {
  readonly resizable: boolean;
  readonly maxByteLength: number;
  resize(byteLength: number): void;
}

const ResizableBuffer = ArrayBuffer as unknown as new (
  byteLength: number,
  options: { readonly maxByteLength: number },
) => ResizableBuffer;

/** `length` zeros, to be given to {@link release}. */
export function releasableUint32(length: number): Uint32Array {
  const bytes = Uint32Array.BYTES_PER_ELEMENT * length;
  if (bytes <= smallLength) return new Uint32Array(length);
  return new Uint32Array(new ResizableBuffer(bytes, { maxByteLength: bytes }), 0, length);
}

/** Gives the memory of the array back. It must not be used any more: a large one has no elements then. */
export function release({ buffer }: Uint32Array): void {
  giveBack(buffer as ArrayBuffer);
}

/** Bytes whose number is not known before. Views of `buffer` must be made anew whenever `reserve` returns true. */
export class GrowingMemory {
  buffer = new ArrayBuffer(smallLength / 16);

  /** Makes room for `length` bytes; those that are there stay. @returns whether there were fewer. */
  reserve(length: number): boolean {
    if (length <= this.buffer.byteLength) return false;
    const wanted = Math.max(length, 2 * this.buffer.byteLength);
    const { resizable, maxByteLength } = this.buffer as ResizableBuffer;
    if (resizable && wanted <= maxByteLength) {
      (this.buffer as ResizableBuffer).resize(wanted);
      return true;
    }
    const larger =
      wanted <= smallLength
        ? new ArrayBuffer(wanted)
        : new ResizableBuffer(wanted, { maxByteLength: Math.max(reservedLength, 8 * wanted) });
    new Uint8Array(larger).set(new Uint8Array(this.buffer));
    giveBack(this.buffer);
    this.buffer = larger;
    return true;
  }

  /** The memory must not be used any more. */
  release(): void {
    giveBack(this.buffer);
  }
}

function giveBack(buffer: ArrayBuffer): void {
  if ((buffer as ResizableBuffer).resizable) (buffer as ResizableBuffer).resize(0);
}
