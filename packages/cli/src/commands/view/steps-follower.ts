// steps.jsonl while somebody writes it. A trainer appends lines; one that resumes puts a shorter file in its place, and a
// person may copy another one there.
import { type FileHandle, open } from 'node:fs/promises';
import type { StepRecord } from '@ggb/core/run-record';
import { parseSteps } from '@ggb/core/run-record';

export interface NewSteps {
  /** The file is another one than before: `records` are all that it holds. */
  readonly replaces: boolean;
  readonly records: readonly StepRecord[];
}

/** What was read so far: in which file, up to where, and how it ended there. */
interface Place {
  readonly file: string;
  /** Bytes of whole lines. */
  readonly offset: number;
  readonly tail: Buffer;
}

/**
 * The end of what was read is looked at again: a file that was cut and has grown past its old length meanwhile has the same
 * inode and no smaller size. A line of records is longer than this and names its step and its time.
 */
const tailBytes = 512;

export class StepsFollower {
  private place: Place | undefined;
  private mark: string | undefined;

  constructor(private readonly path: string) {}

  /**
   * What is new since the call before; all of it at the first. `undefined`: nothing is. A line without its end is left for
   * later.
   *
   * @throws RunRecordError  for a line that is no record; the next call begins anew.
   */
  async next(): Promise<NewSteps | undefined> {
    const file = await open(this.path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (file === undefined) return this.gone();
    try {
      return await this.read(file);
    } catch (error) {
      this.place = undefined;
      throw error;
    } finally {
      await file.close();
    }
  }

  private gone(): NewSteps | undefined {
    if (this.place === undefined) return undefined;
    this.place = undefined;
    this.mark = undefined;
    return { replaces: true, records: [] };
  }

  private async read(file: FileHandle): Promise<NewSteps | undefined> {
    const { dev, ino, size, mtimeNs } = await file.stat({ bigint: true });
    const identity = `${dev}-${ino}`;
    const mark = `${identity}-${size}-${mtimeNs}`;
    if (mark === this.mark && this.place !== undefined) return undefined;
    const before = this.place;
    const continues = before !== undefined && before.file === identity && (await endsAsBefore(file, before));
    const from = continues ? before.offset : 0;
    const bytes = await readFrom(file, from, Number(size) - from);
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
    const { records } = parseSteps(whole.toString('utf8'), this.path);
    const offset = from + whole.length;
    const tail = Buffer.concat([continues ? before.tail : Buffer.alloc(0), whole]).subarray(-tailBytes);
    this.place = { file: identity, offset, tail: Buffer.from(tail) };
    this.mark = mark;
    if (continues && records.length === 0) return undefined;
    return { replaces: !continues, records };
  }
}

async function endsAsBefore(file: FileHandle, { offset, tail }: Place): Promise<boolean> {
  const found = await readFrom(file, offset - tail.length, tail.length);
  return found.equals(tail);
}

/** Fewer bytes where the file ends before. */
async function readFrom(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, length));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
