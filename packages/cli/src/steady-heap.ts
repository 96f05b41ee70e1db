// Keeps a command that makes much garbage in the memory that it needs. V8 lets some ten megabytes of what has outlived its
// young generation gather before it looks for the dead among it: little beside a training, much beside an evaluation, whose
// memory shall not depend on the number of images.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Resident memory that may be added before garbage is looked for. */
const defaultRoom = 1024 * 1024;

export class SteadyHeap {
  private readonly collectGarbage: () => void;
  private mark = process.memoryUsage.rss();

  /** @param room  bytes. */
  constructor(private readonly room = defaultRoom) {
    // The young generation would grow to 48 MB on short-lived objects, and stay so.
    setFlagsFromString('--semi-space-growth-factor=1');
    // Node starts without `gc`; contexts made from here on have it.
    setFlagsFromString('--expose-gc');
    this.collectGarbage = runInNewContext('gc') as () => void;
  }

  /** To be called now and then; takes microseconds, or some tens of milliseconds where memory has grown. */
  check(): void {
    if (process.memoryUsage.rss() - this.mark > this.room) this.collect();
  }

  collect(): void {
    this.collectGarbage();
    this.mark = process.memoryUsage.rss();
  }
}
