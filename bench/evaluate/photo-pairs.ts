// Pairs of photo-like pictures on disk: octaves of smooth noise as light and shade, shapes with hard edges, grain. Drawn so
// that their files are about as large as those of real photographs of 256 pixels, because that is what decoding time depends
// on: the photographs of performance studies take 20 KB as JPEG of quality 90 and 110 KB as PNG.
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

export type PairFormat = 'jpeg' | 'png';

export interface PhotoPairs {
  /** Two folders with equal names, and nothing else in them. */
  readonly real: string;
  readonly generated: string;
  /** Mean size of a file. */
  readonly bytes: number;
  /** Pairs with pixels of their own. */
  readonly drawn: number;
}

const size = 256;
const version = 2;
/** Pictures made of one: turned and mirrored in every way, which is quick, and changes neither size nor kind of their files. */
const views = 8;

/**
 * `count` pairs beneath `folder`, written once. Only `drawn` of them, a multiple of eight, have pixels of their own; the others
 * are further names (hard links) of the same files, which no reader can tell: all 12,800 would take many minutes and 3 GB.
 */
export async function photoPairs(
  folder: string,
  format: PairFormat,
  count: number,
  drawn: number,
): Promise<PhotoPairs> {
  const files = join(folder, `${format}-${count}-of-${drawn}`);
  const extension = format === 'jpeg' ? 'jpg' : 'png';
  const nameOf = (side: string, index: number) => join(files, side, `${String(index).padStart(6, '0')}.${extension}`);
  const record = join(files, 'record.json');
  if (!existsSync(record) || JSON.parse(readFileSync(record, 'utf8')).version !== version) {
    rmSync(files, { recursive: true, force: true });
    for (const side of ['real', 'generated']) mkdirSync(join(files, side), { recursive: true });
    let bytes = 0;
    const write = async (photo: Uint8Array, index: number) => {
      for (const [side, pixels] of [
        ['real', photo],
        ['generated', await distorted(photo, index)],
      ] as const) {
        const file = await encoded(pixels, format);
        bytes += file.length;
        writeFileSync(nameOf(side, index), file);
      }
    };
    for (let index = 0; index < drawn; index += views) {
      const photo = drawPhoto(index / views);
      // Side by side: encoders run in threads of their own.
      await Promise.all(Array.from({ length: views }, (_, view) => write(turned(photo, view), index + view)));
      if (index % 400 === 400 - views) console.error(`Drawing the ${format} pairs, once: ${index + views} of ${drawn}`);
    }
    for (const side of ['real', 'generated']) {
      for (let index = drawn; index < count; index++) linkSync(nameOf(side, index % drawn), nameOf(side, index));
    }
    writeFileSync(`${record}.new`, JSON.stringify({ version, bytes: bytes / (2 * drawn) }));
    renameSync(`${record}.new`, record);
  }
  const { bytes } = JSON.parse(readFileSync(record, 'utf8')) as { bytes: number };
  return { real: join(files, 'real'), generated: join(files, 'generated'), drawn, bytes };
}

/** One of the eight symmetries of a square: bit 0 mirrors left and right, bit 1 up and down, bit 2 about the diagonal. */
function turned(photo: Uint8Array, view: number): Uint8Array {
  const pixels = new Uint8Array(photo.length);
  const last = size - 1;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = view & 1 ? last - x : x;
      const v = view & 2 ? last - y : y;
      const from = 3 * (view & 4 ? u * size + v : v * size + u);
      const to = 3 * (y * size + x);
      for (let c = 0; c < 3; c++) pixels[to + c] = photo[from + c] as number;
    }
  }
  return pixels;
}

function encoded(pixels: Uint8Array, format: PairFormat): Promise<Buffer> {
  const image = sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
  // What most programs write: 4:2:0; level 6 with a filter chosen for each row.
  if (format === 'jpeg') return image.jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer();
  return image.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
}

/** xorshift32, uniform in 0..1. */
function generator(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function drawPhoto(seed: number): Uint8Array {
  const random = generator(seed);
  const light = new Float32Array(size * size).fill(110 + 40 * random());
  for (let cells = 2, amplitude = 62; cells <= 128; cells *= 2, amplitude *= 0.85)
    addNoise(light, cells, amplitude, random);
  const tints = [0, 1, 2].map(() => {
    const tint = new Float32Array(size * size);
    for (let cells = 2, amplitude = 22; cells <= 16; cells *= 2, amplitude *= 0.5)
      addNoise(tint, cells, amplitude, random);
    return tint;
  });
  for (let shape = 0; shape < 9; shape++) addEllipse(light, tints, random);
  const pixels = new Uint8Array(3 * size * size);
  for (let i = 0; i < size * size; i++) {
    const grain = 4 * (random() + random() - 1);
    for (let c = 0; c < 3; c++) {
      const value = (light[i] as number) + (tints[c]?.[i] as number) + grain + random() - 0.5;
      pixels[3 * i + c] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return pixels;
}

/** Random values at the corners of `cells` x `cells` squares, smoothly interpolated. */
function addNoise(plane: Float32Array, cells: number, amplitude: number, random: () => number): void {
  const corners = Float32Array.from({ length: (cells + 1) ** 2 }, () => amplitude * (2 * random() - 1));
  const smooth = (t: number) => t * t * (3 - 2 * t);
  for (let y = 0; y < size; y++) {
    const v = (y * cells) / size;
    const row = Math.floor(v);
    const wy = smooth(v - row);
    for (let x = 0; x < size; x++) {
      const u = (x * cells) / size;
      const column = Math.floor(u);
      const wx = smooth(u - column);
      const at = row * (cells + 1) + column;
      const top = (corners[at] as number) * (1 - wx) + (corners[at + 1] as number) * wx;
      const bottom = (corners[at + cells + 1] as number) * (1 - wx) + (corners[at + cells + 2] as number) * wx;
      plane[y * size + x] = (plane[y * size + x] as number) + top * (1 - wy) + bottom * wy;
    }
  }
}

function addEllipse(light: Float32Array, tints: readonly Float32Array[], random: () => number): void {
  const [cx, cy] = [size * random(), size * random()];
  const [rx, ry] = [size * (0.04 + 0.16 * random()), size * (0.04 + 0.2 * random())];
  const shade = 90 * (random() - 0.5);
  const colours = tints.map(() => 60 * (random() - 0.5));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 > 1) continue;
      const at = y * size + x;
      light[at] = (light[at] as number) + shade;
      for (const [c, tint] of tints.entries()) tint[at] = (tint[at] as number) + (colours[c] as number);
    }
  }
}

/** What synthesis does to pictures, one kind in turn: noise, blur, blocks of JPEG, contrast, a shift. */
async function distorted(photo: Uint8Array, index: number): Promise<Uint8Array> {
  const random = generator(index + 1_000_003);
  const image = () => sharp(photo, { raw: { width: size, height: size, channels: 3 } });
  switch (index % 5) {
    case 0:
      return photo.map((value) => Math.min(255, Math.max(0, value + 24 * (random() + random() - 1))));
    case 1:
      return image()
        .blur(1 + random())
        .raw()
        .toBuffer();
    case 2:
      return sharp(
        await image()
          .jpeg({ quality: 15 + Math.round(30 * random()) })
          .toBuffer(),
      )
        .raw()
        .toBuffer();
    case 3:
      return image()
        .linear(0.6 + 0.6 * random(), 30 * random())
        .raw()
        .toBuffer();
    default:
      return photo.map((_, i) => {
        const from = i - 3 * (2 + size * 2);
        return Math.min(255, Math.max(0, (photo[from < 0 ? i : from] as number) + 8 * (random() - 0.5)));
      });
  }
}
