// Files that appear whole or not at all, written a piece at a time.
import { open, rename, rm } from 'node:fs/promises';

/** Bytes gathered before they are written. */
const chunkLength = 1 << 16;

/** Replaces what is there when the last piece is written; a failure leaves it as it was. */
export async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  await replaceFile(path, async (unfinished) => {
    const file = await open(unfinished, 'w');
    try {
      let chunk = '';
      for (const piece of pieces) {
        chunk += piece;
        if (chunk.length < chunkLength) continue;
        await file.write(chunk);
        chunk = '';
      }
      await file.write(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** @param write  makes the file under the name it is given; it is moved to its place afterwards. */
export async function replaceFile(path: string, write: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await write(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
