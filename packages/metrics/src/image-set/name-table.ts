// Names of a hundred thousand files without a hundred thousand strings: an evaluation's memory shall not grow with it.
import { GrowingMemory, release } from './releasable-memory.ts';
import { sortedIndices } from './sorted-indices.ts';

/** Texts in one block of UTF-8. Order is that of the bytes, which is that of code points: the same on every machine. */
export class NameTable {
  private readonly byteMemory = new GrowingMemory();
  private readonly endMemory = new GrowingMemory();
  private bytes = Buffer.from(this.byteMemory.buffer);
  /** The text i is bytes[ends[i - 1] .. ends[i]]. */
  private ends = new Uint32Array(this.endMemory.buffer);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** @returns its index. */
  add(name: string): number {
    // Three bytes for each UTF-16 unit is the most that UTF-8 takes.
    const start = this.roomFor(3 * name.length);
    return this.close(start + this.bytes.write(name, start, 'utf8'));
  }

  at(index: number): string {
    return this.bytes.toString('utf8', this.start(index), this.end(index));
  }

  /** Negative when name i comes first, 0 when they are equal. */
  compare(i: number, j: number): number {
    return this.bytes.compare(this.bytes, this.start(j), this.end(j), this.start(i), this.end(i));
  }

  /** The indices in the order of their names; equal names in that of their indices. */
  order(): Uint32Array {
    return sortedIndices(this.count, (i, j) => this.compare(i, j));
  }

  /** Whether the other table holds the same names in the same order. */
  equals(other: NameTable): boolean {
    if (this.count !== other.count) return false;
    for (let i = 0; i < this.count; i++) if (this.ends[i] !== other.ends[i]) return false;
    const end = this.start(this.count);
    return this.bytes.compare(other.bytes, 0, end, 0, end) === 0;
  }

  /** A table with the same names in order: this one, if they are. Otherwise this one is released. */
  sorted(): NameTable {
    let isSorted = true;
    for (let i = 1; i < this.count && isSorted; i++) isSorted = this.compare(i - 1, i) <= 0;
    if (isSorted) return this;
    const sorted = new NameTable();
    const order = this.order();
    for (const index of order) sorted.addFrom(this, index);
    release(order);
    this.release();
    return sorted;
  }

  /** Gives the memory back; the table must not be used any more. */
  release(): void {
    this.byteMemory.release();
    this.endMemory.release();
  }

  /**
   * Where `name` stands in `order`, a result of {@link order}: positions from `first` to before `last`; none when equal.
   * Without `order` the names themselves must be in order.
   */
  find(name: string, order?: Uint32Array): { readonly first: number; readonly last: number } {
    const wanted = Buffer.from(name, 'utf8');
    const isBefore = (position: number, orEqual: boolean) => {
      const index = order === undefined ? position : (order[position] as number);
      const sign = this.bytes.compare(wanted, 0, wanted.length, this.start(index), this.end(index));
      return sign < 0 || (orEqual && sign === 0);
    };
    const bound = (orEqual: boolean) => {
      let low = 0;
      let high = this.count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (isBefore(middle, orEqual)) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const first = bound(false);
    const index = order === undefined ? first : order[first];
    const isThere =
      first < this.count &&
      index !== undefined &&
      this.bytes.compare(wanted, 0, wanted.length, this.start(index), this.end(index)) === 0;
    return { first, last: isThere ? bound(true) : first };
  }

  private addFrom(other: NameTable, index: number): void {
    const [from, to] = [other.start(index), other.end(index)];
    const start = this.roomFor(to - from);
    this.close(start + other.bytes.copy(this.bytes, start, from, to));
  }

  /** Where the next name begins, with so many bytes behind it. */
  private roomFor(length: number): number {
    const start = this.start(this.count);
    if (this.byteMemory.reserve(start + length)) this.bytes = Buffer.from(this.byteMemory.buffer);
    if (this.endMemory.reserve(Uint32Array.BYTES_PER_ELEMENT * (this.count + 1))) {
      this.ends = new Uint32Array(this.endMemory.buffer);
    }
    return start;
  }

  private close(end: number): number {
    this.ends[this.count] = end;
    return this.count++;
  }

  private start(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  private end(index: number): number {
    return this.ends[index] as number;
  }
}
