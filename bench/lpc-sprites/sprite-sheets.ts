// Layer sheets as cells of straight-alpha RGBA, and stacks of them as images.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { cellSide, type Pose, poses } from './poses.ts';
import { StudyError } from './study-error.ts';

const sheetWidth = 832;
const sheetHeight = 1344;

/** One layer in every pose: uint8 [pose, 64, 64, RGBA], straight alpha. */
export type Layer = Uint8Array;

const cellBytes = 4 * cellSide * cellSide;

export class SpriteSheets {
  private readonly layers = new Map<string, Promise<Layer>>();

  constructor(private readonly folder: string) {
    if (existsSync(join(folder, 'universal-male')) && existsSync(join(folder, 'li2018'))) return;
    throw new StudyError(
      `${folder} is not the folder of the LPC sprite layers: it should hold the folders universal-male and li2018. ` +
        'Name it with --sprites or in GGB_LPC_SPRITES.',
    );
  }

  layer(file: string): Promise<Layer> {
    const known = this.layers.get(file);
    if (known !== undefined) return known;
    const layer = this.read(file);
    this.layers.set(file, layer);
    return layer;
  }

  private async read(file: string): Promise<Layer> {
    const path = join(this.folder, file);
    if (!existsSync(path)) throw new StudyError(`layer ${path} does not exist.`);
    const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    if (info.width !== sheetWidth || info.height !== sheetHeight || info.channels !== 4) {
      throw new StudyError(
        `layer ${path}: expected ${sheetWidth} x ${sheetHeight} RGBA, received ${info.width} x ${info.height} with ` +
          `${info.channels} channels.`,
      );
    }
    const cells = new Uint8Array(poses.length * cellBytes);
    poses.forEach(({ row, column }, pose) => {
      for (let y = 0; y < cellSide; y++) {
        const start = 4 * ((row * cellSide + y) * sheetWidth + column * cellSide);
        cells.set(data.subarray(start, start + 4 * cellSide), pose * cellBytes + 4 * y * cellSide);
      }
    });
    return cells;
  }
}

/** The pixels of one pose, a view. */
export function cell(layer: Layer, pose: Pose): Uint8Array {
  const start = poses.indexOf(pose) * cellBytes;
  return layer.subarray(start, start + cellBytes);
}

export interface Sprite {
  /** RGB [64, 64, 3]. */
  readonly image: Uint8Array;
  /** 255 where less than half of the background shows through, else 0. */
  readonly silhouette: Uint8Array;
}

/** Layers over each other, the first at the bottom, before one flat grey. */
export function composed(layers: readonly Layer[], pose: Pose, background: number): Sprite {
  const pixels = cellSide * cellSide;
  const colours = new Float64Array(3 * pixels).fill(background);
  const transparency = new Float64Array(pixels).fill(1);
  for (const layer of layers) {
    const rgba = cell(layer, pose);
    for (let p = 0; p < pixels; p++) {
      const alpha = (rgba[4 * p + 3] as number) / 255;
      if (alpha === 0) continue;
      for (let c = 0; c < 3; c++) {
        const below = colours[3 * p + c] as number;
        colours[3 * p + c] = below + alpha * ((rgba[4 * p + c] as number) - below);
      }
      transparency[p] = (transparency[p] as number) * (1 - alpha);
    }
  }
  return {
    image: Uint8Array.from(colours, Math.round),
    // Alpha above 127 of 255.
    silhouette: Uint8Array.from(transparency, (value) => (Math.round(255 * (1 - value)) > 127 ? 255 : 0)),
  };
}
