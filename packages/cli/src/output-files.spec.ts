import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareFile, refuseExisting } from './output-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, name);

describe('refuseExisting', () => {
  it('names the first file that is there and counts the others, and what to do', async () => {
    for (const name of ['b.png', 'c.png']) writeFileSync(file(name), '');
    await expect(refuseExisting([file('a.png')])).resolves.toBeUndefined();
    await expect(refuseExisting(['a.png', 'b.png', 'c.png'].map(file))).rejects.toThrow(
      `${file('b.png')}: the file exists, and 1 more of those to be written.\n  Choose another name, or overwrite with --force`,
    );
  });

  it('counts a link to nowhere as something that is there', async () => {
    symlinkSync(file('nowhere'), file('link.png'));
    await expect(refuseExisting([file('link.png')])).rejects.toThrow('the file exists');
  });

  it('lets everything pass with force', async () => {
    writeFileSync(file('a.png'), '');
    await expect(refuseExisting([file('a.png')], true)).resolves.toBeUndefined();
  });
});

describe('prepareFile', () => {
  it('makes the folder and writes no file', async () => {
    await prepareFile(file('new/folder/a.json'));
    await expect(refuseExisting([file('new/folder')])).rejects.toThrow('exists');
    await expect(refuseExisting([file('new/folder/a.json')])).resolves.toBeUndefined();
  });

  it('refuses what cannot become a file', async () => {
    mkdirSync(file('folder'));
    writeFileSync(file('text'), '');
    await expect(prepareFile(file('folder'))).rejects.toThrow('is a folder, not a file');
    await expect(prepareFile(file('text/a.json'))).rejects.toThrow(/ENOTDIR|EEXIST/);
    await expect(prepareFile(file('a'.repeat(300)))).rejects.toThrow('ENAMETOOLONG');
  });
});
