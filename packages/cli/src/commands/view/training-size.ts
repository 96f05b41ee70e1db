// Whether training takes photos of a size: it never resizes, and who learns that after marking joints has marked in vain.
import { imageSchema } from '@ggb/core/files';

export interface PhotoSize {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** Why training refuses an image of this size, and what to do; `undefined` if it does not. */
export function trainingSizeProblem({ width, height }: Omit<PhotoSize, 'name'>): string | undefined {
  if (width === height && isSide(width)) return undefined;
  return `Training refuses this photo: expected ${expectedSize}, received ${width} x ${height}. ${remedy}`;
}

/** What to say before anybody marks joints in these photos; `undefined` where training takes all of them. */
export function trainingSizesNote(photos: readonly PhotoSize[]): string | undefined {
  const refused = photos.filter((photo) => trainingSizeProblem(photo) !== undefined);
  const [first] = refused;
  if (first !== undefined) {
    const { name, width, height } = first;
    const count = `${refused.length} of ${photos.length} photos`;
    return `Training refuses ${count}: expected ${expectedSize}, received ${name} of ${width} x ${height}. ${remedy}`;
  }
  const sides = [...new Set(photos.map(({ width }) => width))].sort((a, b) => a - b);
  if (sides.length < 2) return undefined;
  return `The photos are squares of ${sides.join(', ')} pixels: training takes those of one size, image.size. Scale them to one before their joints are marked.`;
}

const isSide = (side: number) => imageSchema.shape.size.safeParse(side).success;
const sides = Array.from({ length: 15 }, (_, power) => 2 ** power).filter(isSide);
const expectedSize = `a square with a side of ${sides.slice(0, -1).join(', ')} or ${sides.at(-1)} pixels`;
const remedy =
  'Images are never resized: crop and scale first (256 x 256 is the default image.size), then mark the joints, which are pixels of the file.';
