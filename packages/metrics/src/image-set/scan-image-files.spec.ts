import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { writeImage } from '../../testing/image-files.ts';
import { figure } from '../../testing/test-images.ts';
import { scanImageFiles } from './scan-image-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-images-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('scanImageFiles', () => {
  it('names every file that cannot be used, and keeps the order of the others', async () => {
    const paths = ['c.png', 'empty.png', 'a.webp', 'text.jpg', 'cmyk.jpg', 'b.bmp'].map((name) => join(folder, name));
    const [good, empty, webp, text, cmyk, bitmap] = paths as [string, string, string, string, string, string];
    await writeImage(good, figure(16, 16, 5));
    await writeImage(webp, figure(16, 16, 6));
    writeFileSync(empty, '');
    writeFileSync(text, 'no image');
    writeFileSync(bitmap, 'BM\x3a\0\0\0\0\0\0\0');
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .toColourspace('cmyk')
      .jpeg()
      .toFile(cmyk);
    const { files, problems } = await scanImageFiles(paths, { side: 'real' });
    expect(files).toEqual([good, webp]);
    expect(problems.map(({ kind, file }) => [kind, file])).toEqual([
      ['empty', empty],
      ['not-an-image', text],
      ['cmyk', cmyk],
      ['unsupported-format', bitmap],
    ]);
    expect((await scanImageFiles(paths, { side: 'real', allow: ['cmyk'] })).files).toEqual([good, webp, cmyk]);
  });

  it('stops when told to', async () => {
    const file = join(folder, 'a.png');
    await writeImage(file, figure(16, 16, 5));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scanImageFiles([file], { side: 'real', signal })).rejects.toThrow('enough');
  });
});
