import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { build } from 'esbuild';
import sharp from 'sharp';
import { decodeImage, ImageError, readImageHeader } from './decode-image.ts';

const fixtures = join(__dirname, '..', '..', 'testing', 'decoded-by-pil');
const golden: { files: Record<string, { width: number; height: number; rgb: string }> } = JSON.parse(
  readFileSync(join(fixtures, 'pil.golden.json'), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'decode-image-'));

afterAll(() => rmSync(folder, { recursive: true }));

function pillow(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(golden.files[name]?.rgb as string, 'base64'));
}

async function errorOf(promise: Promise<unknown>): Promise<ImageError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ImageError);
  return error;
}

/** A PNG that says it has this size; `pixels` is all it holds. */
function pngOfSize(width: number, height: number, pixels = Buffer.alloc(1)): Buffer {
  const chunk = (kind: string, body: Buffer) => {
    const content = Buffer.concat([Buffer.from(kind), body]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    check.writeUInt32BE(crc32(content));
    return Buffer.concat([length, content, check]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

describe('decodeImage', () => {
  const equal = Object.keys(golden.files).filter((name) => name !== 'transparent.gif');

  it.each(equal)("gives the pixels of Pillow's convert('RGB'): %s", async (name) => {
    const { data, width, height } = await decodeImage(join(fixtures, name));
    expect({ width, height }).toEqual({ width: golden.files[name]?.width, height: golden.files[name]?.height });
    expect(data).toEqual(pillow(name));
  });

  it('gives the same for the bytes of a file', async () => {
    expect((await decodeImage(readFileSync(join(fixtures, '420.jpg')))).data).toEqual(pillow('420.jpg'));
  });

  it('makes transparent pixels of a GIF black, where Pillow shows the colour of their palette entry', async () => {
    const file = join(fixtures, 'transparent.gif');
    const { data } = await decodeImage(file);
    const alpha = await sharp(file).extractChannel('alpha').raw().toBuffer();
    const expected = pillow('transparent.gif').map((value, i) => (alpha[Math.floor(i / 3)] === 0 ? 0 : value));
    expect(alpha.filter((value) => value === 0).length).toBeGreaterThan(0);
    expect(data).toEqual(expected);
  });

  it('has fixtures that would tell: a decoder that obeys profiles and orientation gives other pixels', async () => {
    const obeyed = await sharp(join(fixtures, 'icc.png')).raw().toBuffer();
    expect(new Uint8Array(obeyed)).not.toEqual(pillow('icc.png'));
    const turned = await sharp(join(fixtures, 'exif-rotated.jpg'))
      .autoOrient()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(turned.info.width).toBe(golden.files['exif-rotated.jpg']?.height);
  });

  it('sees a file that was replaced under the same name', async () => {
    const file = join(folder, 'replaced.png');
    for (const shade of [10, 200]) {
      writeFileSync(file, pngOfSize(1, 1, Buffer.from([0, shade])));
      expect([...(await decodeImage(file)).data]).toEqual([shade, shade, shade]);
    }
  });

  it.each(['rgb.png', '444.jpg', 'progressive.jpg', 'lossless.webp'])('refuses half of a file: %s', async (name) => {
    const bytes = readFileSync(join(fixtures, name));
    const error = await errorOf(decodeImage(bytes.subarray(0, bytes.length / 2)));
    expect(error.message).toMatch(/^\(bytes\): expected an image .*, received a file that cannot be decoded \(.+\)\.$/);
  });

  it('refuses more than 100 megapixels by the header alone', async () => {
    const error = await errorOf(decodeImage(pngOfSize(20_000, 5_001)));
    expect(error.received).toBe('20000 x 5001 pixels');
    expect(await readImageHeader(pngOfSize(20_000, 5_000))).toEqual({
      width: 20_000,
      height: 5_000,
      encoding: 'common',
    });
  });

  it('says what is there instead of an image', async () => {
    const text = join(folder, 'text.png');
    writeFileSync(text, 'hello');
    expect((await errorOf(decodeImage(text))).received).toMatch(/cannot be decoded/);
    expect((await errorOf(decodeImage(folder))).received).toBe('a folder');
    expect((await errorOf(decodeImage(join(folder, 'none.png')))).message).toBe(
      `${join(folder, 'none.png')}: expected an image (png, jpeg, webp, gif, tiff), received nothing there.`,
    );
  });

  it('refuses drawings, which are no pixels yet', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
    expect((await errorOf(decodeImage(svg))).received).toBe('the format svg');
  });

  it('says how to install sharp where it is missing', async () => {
    // A folder outside the repository, from which no sharp can be found.
    const program = join(folder, 'program.mjs');
    await build({
      stdin: {
        contents: `import { decodeImage } from './decode-image.ts';
          await decodeImage('x.png').catch((error) => console.log(error.name + ': ' + error.message));`,
        resolveDir: __dirname,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['sharp'],
      outfile: program,
      logLevel: 'silent',
    });
    const output = execFileSync(process.execPath, [program], { encoding: 'utf8' });
    expect(output).toMatch(/^SharpMissingError: Reading image files needs the package sharp.*npm install sharp@0\.35/);
  });
});
