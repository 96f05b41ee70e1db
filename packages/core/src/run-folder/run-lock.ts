// One process writes a run folder. A file in it names that process; one that a killed process left behind does not count.
import { readFileSync, rmSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { lockFile, RunFolderError } from './run-layout.ts';

/** Another process trains in the folder. */
export class RunInUseError extends RunFolderError {
  override readonly name = 'RunInUseError';

  constructor(
    dir: string,
    /** Of the process that has the folder. */
    readonly pid: number,
  ) {
    super(
      dir,
      `process ${pid} is training in this folder. Wait until it has ended, or stop it. If no such process is at work here, ` +
        `delete ${lockFile} in the folder.`,
    );
  }
}

/** What stands in the file. */
interface Holder {
  readonly pid: number;
  /** When the process began, as its system counts; numbers of processes are given again. Absent where it is not known. */
  readonly started?: string;
}

/** Whether a process of this machine is training in the folder. Looks only: what a killed process left stays. */
export async function isRunInUse(dir: string): Promise<boolean> {
  const text = await readFile(join(dir, lockFile), 'utf8').catch(() => '');
  const holder = holderFrom(text);
  return holder !== undefined && isAlive(holder);
}

export class RunLock {
  private static readonly held = new Set<RunLock>();
  private readonly text = `${JSON.stringify(holderOf(process.pid))}\n`;

  private constructor(private readonly path: string) {}

  /** @throws RunInUseError  if a process that still runs has it, be it this one. */
  static async take(dir: string): Promise<RunLock> {
    const lock = new RunLock(join(dir, lockFile));
    for (let tries = 0; !(await lock.create()); tries++) {
      const found = await lock.read();
      if (found === undefined) continue;
      if (found.holder !== undefined && isAlive(found.holder)) throw new RunInUseError(dir, found.holder.pid);
      // A file that is being written has nothing in it yet.
      if (found.holder === undefined && tries < 3) await setTimeout(100);
      else await lock.removeStale(found.text);
    }
    // A process that ends by itself leaves nothing behind; after one that is killed, the next finds that it is gone.
    if (RunLock.held.size === 0) process.on('exit', releaseAll);
    RunLock.held.add(lock);
    return lock;
  }

  /** Lets the folder go. Does nothing the second time. */
  release(): void {
    if (!RunLock.held.delete(this)) return;
    if (RunLock.held.size === 0) process.off('exit', releaseAll);
    rmSync(this.path, { force: true });
  }

  static releaseAll(): void {
    for (const lock of RunLock.held) lock.release();
  }

  private async create(): Promise<boolean> {
    try {
      await writeFile(this.path, this.text, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  }

  private async read(): Promise<{ readonly text: string; readonly holder?: Holder } | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const holder = holderFrom(text);
    return holder === undefined ? { text } : { text, holder };
  }

  /** Two processes may find the same stale file: what is taken away is looked at again, and put back if it is another's. */
  private async removeStale(text: string): Promise<void> {
    const aside = `${this.path}.${process.pid}.tmp`;
    try {
      await rename(this.path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if ((await readFile(aside, 'utf8')) === text) await rm(aside, { force: true });
    else await rename(aside, this.path);
  }
}

const releaseAll = () => RunLock.releaseAll();

/** `undefined` for text that names no process. */
function holderFrom(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>;
    return Number.isSafeInteger(pid) ? { pid: pid as number, ...(started && { started }) } : undefined;
  } catch {
    return undefined;
  }
}

function holderOf(pid: number): Holder {
  const started = startOf(pid);
  return started === undefined ? { pid } : { pid, started };
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || started === now;
}

/** Linux tells the start of every process, in ticks since the machine began; other systems would need a program for it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in parentheses and may hold anything; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
