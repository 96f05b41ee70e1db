// Everything that a folder of images can have wrong with it, planted on purpose: what is found there must be what was put.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { ImageSetProblem, ProblemKind } from '../src/image-set/image-set-problem.ts';
import { writeImage } from './image-files.ts';
import { pngOf } from './png-chunks.ts';
import { figure, noise } from './test-images.ts';

export interface PlantedFault {
  readonly kind: ProblemKind;
  readonly side: 'real' | 'generated';
  /** Name in the folder of its side; of names that are no text, the end of it that is. */
  readonly name: string;
}

type Plant = (folder: string, name: string, partner: string) => Promise<string> | string;

const size = 32;

/** Twelve kinds; each plants one file in place of a good one, and returns its name if it is another. */
const plants: readonly { readonly kind: ProblemKind; readonly plant: Plant }[] = [
  {
    kind: 'truncated',
    plant: async (folder, name) => {
      await writeImage(join(folder, name), noise(size, size));
      const bytes = readFileSync(join(folder, name));
      writeFileSync(join(folder, name), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      return name;
    },
  },
  { kind: 'empty', plant: (folder, name) => put(folder, name, '') },
  {
    kind: 'wrong-extension',
    plant: async (folder, name) => {
      const jpeg = await sharp(figure(size, size, 12).data, { raw: { width: size, height: size, channels: 3 } })
        .jpeg()
        .toBuffer();
      return put(folder, name, jpeg);
    },
  },
  {
    kind: 'symlink-loop',
    plant: (folder, name) => {
      symlinkSync(name, join(folder, name));
      return name;
    },
  },
  {
    kind: 'too-small',
    plant: async (folder, name) => {
      await writeImage(join(folder, name), figure(1, 1, 0));
      return name;
    },
  },
  {
    kind: 'sixteen-bit',
    plant: async (folder, name) => {
      await sharp(figure(size, size, 12).data, { raw: { width: size, height: size, channels: 3 } })
        .toColourspace('rgb16')
        .png()
        .toFile(join(folder, name));
      return name;
    },
  },
  {
    kind: 'cmyk',
    plant: async (folder, name) => {
      const jpeg = name.replace('.png', '.jpg');
      await sharp(figure(size, size, 12).data, { raw: { width: size, height: size, channels: 3 } })
        .toColourspace('cmyk')
        .jpeg()
        .toFile(join(folder, jpeg));
      return jpeg;
    },
  },
  {
    kind: 'animated',
    plant: async (folder, name) => {
      const gif = name.replace('.png', '.gif');
      await sharp(noise(size, 2 * size).data, { raw: { width: size, height: 2 * size, channels: 3, pageHeight: size } })
        .gif()
        .toFile(join(folder, gif));
      return gif;
    },
  },
  // A quarter of a terabyte in a few bytes.
  {
    kind: 'too-large',
    plant: (folder, name) => put(folder, name, pngOf(300_000, 300_000, deflateSync(Buffer.alloc(9)))),
  },
  {
    // A pipe: opening it would wait for a writer for ever. (A file without permission stays readable for root.)
    kind: 'not-a-file',
    plant: (folder, name) => {
      execFileSync('mkfifo', [join(folder, name)]);
      return name;
    },
  },
  {
    kind: 'odd-name',
    plant: async (folder, name) => {
      await writeImage(join(folder, name), figure(size, size, 12));
      // Latin-1 in a name, as old archives have it: no UTF-8.
      const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9, 0xff]), Buffer.from(`-${name}`)]);
      renameSync(Buffer.from(join(folder, name)), odd);
      return `-${name}`;
    },
  },
  { kind: 'missing-partner', plant: (_folder, name) => name },
];

/**
 * Writes `count` pairs with a fault each, half of them on either side, and `good` pairs without one, as `real` and
 * `generated` in `folder`. A fault whose file is gone under its name leaves a missing partner as well.
 */
export async function plantFaults(folder: string, count: number, good: number): Promise<readonly PlantedFault[]> {
  const folders = { real: join(folder, 'real'), generated: join(folder, 'generated') };
  for (const path of Object.values(folders)) mkdirSync(path, { recursive: true });
  for (let i = 0; i < good; i++) {
    await writeImage(join(folders.real, `good-${i}.png`), figure(size, size, 12));
    await writeImage(join(folders.generated, `good-${i}.png`), figure(size, size, 13 + (i % 4)));
  }
  const planted: PlantedFault[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, plant } = plants[i % plants.length] as (typeof plants)[number];
    const side = Math.floor(i / plants.length) % 2 === 0 ? 'generated' : 'real';
    const other = side === 'real' ? 'generated' : 'real';
    const name = `${kind}-${String(i).padStart(3, '0')}.png`;
    await writeImage(join(folders[other], name), figure(size, size, 12));
    const written = await plant(folders[side], name, join(folders[other], name));
    // What is missing is told of the image that is there.
    if (kind === 'missing-partner') planted.push({ kind, side: other, name });
    else planted.push({ kind, side, name: written });
  }
  return planted;
}

/** The planted faults that no problem tells of. */
export function unreported(
  planted: readonly PlantedFault[],
  problems: readonly ImageSetProblem[],
): readonly PlantedFault[] {
  return planted.filter(
    ({ kind, side, name }) =>
      !problems.some((problem) => problem.kind === kind && problem.side === side && problem.file.endsWith(name)),
  );
}

function put(folder: string, name: string, bytes: string | Buffer): string {
  writeFileSync(join(folder, name), bytes);
  return name;
}
