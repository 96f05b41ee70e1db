import { readFileSync } from 'node:fs';
import { itWhen } from '../../../../tools/testing/skipping.ts';
import { GrowingMemory, releasableUint32, release } from './releasable-memory.ts';

/** Megabytes of this process that are no pages of files. */
function resident(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

describe('GrowingMemory', () => {
  it('keeps what was written, wherever the room comes from', () => {
    const memory = new GrowingMemory();
    // Ordinary memory, memory that grows in place, and a larger reservation.
    const lengths = [1000, 50_000, 70_000, 3_000_000, 100_000_000];
    for (const [i, length] of lengths.entries()) {
      memory.reserve(length);
      expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(length);
      new Uint8Array(memory.buffer)[length - 1] = i + 1;
      const bytes = new Uint8Array(memory.buffer);
      expect(lengths.slice(0, i + 1).map((written) => bytes[written - 1])).toEqual(
        lengths.slice(0, i + 1).map((_, at) => at + 1),
      );
    }
    memory.release();
  });

  it('says when views must be made anew', () => {
    const memory = new GrowingMemory();
    expect([memory.reserve(1), memory.reserve(1_000_000), memory.reserve(1_000_000)]).toEqual([false, true, false]);
    memory.release();
  });

  itWhen(process.platform === 'linux', 'resident memory is read from /proc')('gives its memory back at once', () => {
    const memory = new GrowingMemory();
    memory.reserve(40 * 2 ** 20);
    const before = resident();
    new Uint8Array(memory.buffer, 0, 40 * 2 ** 20).fill(1);
    const full = resident();
    memory.release();
    // Forty megabytes, less what other threads of this process may take meanwhile.
    expect([full - before > 35, full - resident() > 35]).toEqual([true, true]);
  });
});

describe('releasableUint32', () => {
  it.each([0, 10, 100_000])('is %d zeros that can be written to, and released', (length) => {
    const array = releasableUint32(length);
    expect([array.length, array.every((value) => value === 0)]).toEqual([length, true]);
    array.fill(7);
    expect(array.every((value) => value === 7)).toBe(true);
    release(array);
  });
});
