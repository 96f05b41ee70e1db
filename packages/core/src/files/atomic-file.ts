// Files that are there whole or not at all, also after a crash or a power cut.
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Ends of names of files that are not finished. Such a file is left behind by a crash alone. */
export const unfinishedSuffix = '.tmp';

let calls = 0;

/**
 * Writes a file next to its place, forces it to the disk and moves it there. If `write` or `beforeMove` fail, nothing is
 * left and what was at `path` stays.
 *
 * @param beforeMove  runs when the file is on the disk and not yet in its place.
 */
export async function writeAtomically(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  beforeMove: () => Promise<void> = async () => {},
): Promise<void> {
  // Of its own for each call: two writers of one file must not write into each other's.
  const unfinished = `${path}.${process.pid}-${calls++}${unfinishedSuffix}`;
  try {
    const file = await open(unfinished, 'w');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await beforeMove();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The new name is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and needs no such call.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
