import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-file-'));
  path = join(folder, 'file');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writeAtomically', () => {
  it('leaves what was there, and nothing else, if writing fails', async () => {
    writeFileSync(path, 'old');
    const failing = writeAtomically(path, async (file) => {
      await file.writeFile('half of the n');
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves the whole text of one of two that write the same file at the same moment', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(1000));
    const write = (text: string) =>
      writeAtomically(path, async (file) => {
        await file.writeFile(text.slice(0, 500));
        // Both files are half written now.
        expect(await bothAreOpen).toBe(true);
        await file.writeFile(text.slice(500));
      });
    const bothAreOpen = waitFor(() => readdirSync(folder).length === 2);
    await Promise.all(texts.map(write));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

/** Whether it becomes true, within a time that a disk never takes. */
async function waitFor(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1000 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  return condition();
}
