// The golden values of testing/golden, with types, and the images that they are of.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ImagePair, PairMetricName } from '../src/pair-metrics/pair-metric.ts';
import { protocolNamed } from '../src/protocols/protocol-named.ts';
import { keypointMask, type MaskJoint } from '../src/silhouette/keypoint-mask.ts';
import { degraded, testImages } from './test-images.ts';

export interface GoldenScore {
  readonly protocol: string;
  readonly ssim: number;
  readonly map: readonly [rows: number, columns: number];
  readonly places: readonly (readonly [row: number, column: number, ssim: number])[];
  readonly psnr: number;
  readonly l1: number;
  /** `gfla` alone: what the original's float32 gives. */
  readonly ssimInFloat32?: number;
}

interface GoldenImages {
  readonly images: string;
  readonly drawn?: readonly string[];
  readonly photograph?: string;
  readonly width: number;
  readonly height: number;
  readonly sha256: readonly string[];
}

export interface GoldenCase extends GoldenImages {
  readonly keypoints: readonly (readonly number[] | null)[];
  readonly scores: readonly GoldenScore[];
}

export interface MultiscaleCase extends GoldenImages {
  readonly scores: readonly { readonly protocol: string; readonly 'ms-ssim': number }[];
}

export interface MaskCase {
  readonly width: number;
  readonly height: number;
  readonly keypoints: readonly (readonly number[] | null)[];
  readonly pg2: { readonly pixels: number; readonly sha256: string };
  readonly defgan: { readonly pixels: number; readonly sha256: string };
}

export interface ProtocolsGolden {
  readonly versions: string;
  readonly cases: readonly GoldenCase[];
  readonly multiscale: readonly MultiscaleCase[];
  readonly masks: readonly MaskCase[];
  readonly camera: { readonly sha256: readonly string[]; readonly default: number; readonly gaussian: number };
}

export interface PiqGolden {
  readonly versions: string;
  readonly cases: readonly (GoldenImages & {
    readonly ssim: number;
    readonly 'ms-ssim': number;
    readonly psnr: number;
  })[];
}

const folder = join(__dirname, 'golden');

export const protocolsGolden: ProtocolsGolden = JSON.parse(readFileSync(join(folder, 'protocols.golden.json'), 'utf8'));
export const piqGolden: PiqGolden = JSON.parse(readFileSync(join(folder, 'piq.golden.json'), 'utf8'));

/** Whole photographs: there when Python has prepared them, in the folder that GGB_PHOTOGRAPHS names. */
export const photographsGolden: Pick<ProtocolsGolden, 'versions' | 'cases' | 'multiscale'> | undefined =
  process.env.GGB_PHOTOGRAPHS === undefined
    ? undefined
    : JSON.parse(readFileSync(join(process.env.GGB_PHOTOGRAPHS, 'photographs.golden.json'), 'utf8'));

/**
 * The two images of a case: drawn again, decoded from testing/golden, or read from a folder of raw pixels.
 *
 * @throws Error  if the pixels are not those that Python saw.
 */
export async function goldenPair(of: GoldenImages, photographs?: string): Promise<ImagePair> {
  const pair = await imagesOf(of, photographs);
  const hashes = [sha256(pair.real.data), sha256(pair.generated.data)];
  if (hashes.join() !== of.sha256.join()) throw new Error(`${of.images}: these are not the pixels that Python saw`);
  return pair;
}

export function joints(keypoints: readonly (readonly number[] | null)[]): MaskJoint[] {
  return keypoints.map((joint) => (joint === null ? null : [joint[0] as number, joint[1] as number]));
}

/** What a protocol needs of a case: the pair, and the mask if it has one. */
export function pairFor(protocolName: string, pair: ImagePair, of: GoldenCase): ImagePair {
  const { mask } = protocolNamed(protocolName);
  return mask === 'none' ? pair : { ...pair, mask: keypointMask(mask, joints(of.keypoints), pair.real) };
}

export function sha256(data: Uint8Array | Uint8ClampedArray): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Pixels of a PNG in testing/golden, as sRGB without alpha. */
export async function goldenImage(name: string) {
  const { data, info } = await sharp(join(folder, name)).toColourspace('srgb').removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

/** Tolerances of the golden values. Both sides compute in float64; the reasons are of the transcript's rounding. */
export const goldenTolerances: Readonly<Record<PairMetricName, number>> = {
  // scikit-image takes variances as differences of numbers up to 65025 (rounding 1e-11) and adds C2; where the range is one
  // grey level, C2 is 9e-4.
  ssim: 1e-7,
  'ms-ssim': 1e-9,
  psnr: 1e-9,
  l1: 1e-9,
  'ssim-inside': 1e-7,
  'l1-inside': 1e-9,
};

async function imagesOf({ drawn, photograph, width, height }: GoldenImages, photographs?: string): Promise<ImagePair> {
  if (drawn !== undefined) {
    const [real, generated] = drawn.map((name) => {
      const draw = testImages[name];
      if (draw === undefined) throw new Error(`testing/test-images.ts does not draw ${name}`);
      return draw(width, height);
    });
    if (real === undefined || generated === undefined) throw new Error('a golden case has two images');
    return { real, generated };
  }
  if (photographs === undefined) {
    const real = await goldenImage(`${photograph}.png`);
    return { real, generated: degraded(real) };
  }
  const read = (side: string) => ({
    data: new Uint8Array(readFileSync(join(photographs, `${photograph}.${side}.rgb`))),
    width,
    height,
  });
  return { real: read('real'), generated: read('generated') };
}
