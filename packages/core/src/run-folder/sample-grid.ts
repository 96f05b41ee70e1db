// A picture of how far a run is: one row a probe, columns source, target pose, output, truth.
import { bones, type Joint, jointNames, type Keypoints } from '../condition/keypoints.ts';
import type { RgbImage, VariationInput } from '../dataset/example.ts';
import { RunFolderError } from './run-layout.ts';

export interface SampleRow {
  readonly source: RgbImage;
  /** The target variation: key points are drawn as a figure, labels as bars, an image as it is. */
  readonly variation: VariationInput;
  readonly output: RgbImage;
  readonly truth: RgbImage;
}

type Colour = readonly [red: number, green: number, blue: number];

const background: Colour = [244, 244, 242];
const paper: Colour = [255, 255, 255];
/** The person's right, left, and what has no side: told apart by hue and by lightness. */
const right: Colour = [213, 94, 0];
const left: Colour = [0, 114, 178];
const middle: Colour = [90, 90, 90];

const columns = 4;
/** Between tiles and around them, pixels of the picture. */
export const sampleGap = 4;
/** Images smaller than this are drawn at twice their size. */
const smallSide = 128;

/** By the joint a bone leads to, which is the one further from the neck. */
const boneColours = bones.map(([, to]): Colour => {
  const name = jointNames[to] as string;
  if (name.startsWith('right')) return right;
  return name.startsWith('left') ? left : middle;
});

/**
 * The grid as a PNG. All images must be squares of one size.
 *
 * @throws RunFolderError  when sharp, which encodes it, is not installed.
 */
export async function sampleGrid(rows: readonly SampleRow[]): Promise<Uint8Array> {
  const side = rows[0]?.source.width ?? 0;
  const scale = side < smallSide ? 2 : 1;
  const tile = side * scale;
  const canvas = blank(
    columns * (tile + sampleGap) + sampleGap,
    rows.length * (tile + sampleGap) + sampleGap,
    background,
  );
  for (const [row, { source, variation, output, truth }] of rows.entries()) {
    const tiles = [source, drawVariation(variation, side, scale), output, truth];
    for (const [column, image] of tiles.entries()) {
      paste(image, canvas, sampleGap + column * (tile + sampleGap), sampleGap + row * (tile + sampleGap), tile);
    }
  }
  const { width, height, data } = canvas;
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw new RunFolderError('samples', 'pictures are written with sharp, which is not installed: npm install sharp', {
      cause,
    });
  });
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** The variation as a tile of `side * scale` pixels; an image keeps its size. */
export function drawVariation({ keypoints, label, image }: VariationInput, side: number, scale: number): RgbImage {
  if (image !== undefined) return image;
  const canvas = blank(side * scale, side * scale, paper);
  if (keypoints !== undefined) drawFigure(keypoints, canvas, scale);
  else if (label !== undefined) drawBars(label, canvas);
  return canvas;
}

function drawFigure(keypoints: Keypoints, canvas: RgbImage, scale: number): void {
  const radius = Math.max(1, canvas.width / 80);
  for (const [index, [from, to]] of bones.entries()) {
    const [a, b] = [keypoints[from], keypoints[to]];
    if (a && b) drawLine(scaled(a, scale), scaled(b, scale), radius, boneColours[index] as Colour, canvas);
  }
  for (const joint of keypoints) {
    if (joint) drawLine(scaled(joint, scale), scaled(joint, scale), 1.5 * radius, middle, canvas);
  }
}

type Point = NonNullable<Joint>;

/** (0, 0) is the centre of a pixel, so it is the edge of the image that scales. */
function scaled([x, y]: Point, scale: number): Point {
  return [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5];
}

/** All pixels within `radius` of the line from a to b. */
function drawLine([ax, ay]: Point, [bx, by]: Point, radius: number, colour: Colour, canvas: RgbImage): void {
  const { width, height } = canvas;
  const [dx, dy] = [bx - ax, by - ay];
  const lengthSquared = dx * dx + dy * dy;
  const firstRow = Math.max(0, Math.ceil(Math.min(ay, by) - radius));
  const lastRow = Math.min(height - 1, Math.floor(Math.max(ay, by) + radius));
  const firstColumn = Math.max(0, Math.ceil(Math.min(ax, bx) - radius));
  const lastColumn = Math.min(width - 1, Math.floor(Math.max(ax, bx) + radius));
  for (let y = firstRow; y <= lastRow; y += 1) {
    for (let x = firstColumn; x <= lastColumn; x += 1) {
      const along = lengthSquared === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / lengthSquared;
      const nearest = Math.min(1, Math.max(0, along));
      if (Math.hypot(x - ax - nearest * dx, y - ay - nearest * dy) <= radius) setPixel(canvas, x, y, colour);
    }
  }
}

/** One bar a number, as high as its share of the largest; what is negative hangs from the top. */
function drawBars(values: readonly number[], canvas: RgbImage): void {
  const { width, height } = canvas;
  const largest = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  for (let x = 0; x < width; x += 1) {
    const value = values[Math.floor((x * values.length) / width)] ?? 0;
    const rows = Math.round((Math.abs(value) / largest) * height);
    for (let row = 0; row < rows; row += 1) {
      if (value > 0) setPixel(canvas, x, height - 1 - row, middle);
      else setPixel(canvas, x, row, right);
    }
  }
}

/** Nearest neighbour: a sample is looked at for its pixels. */
function paste(image: RgbImage, canvas: RgbImage, atX: number, atY: number, side: number): void {
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const fromX = Math.floor((x * image.width) / side);
      const from = 3 * (Math.floor((y * image.height) / side) * image.width + fromX);
      canvas.data.set(image.data.subarray(from, from + 3), 3 * ((atY + y) * canvas.width + atX + x));
    }
  }
}

function setPixel(canvas: RgbImage, x: number, y: number, colour: Colour): void {
  canvas.data.set(colour, 3 * (y * canvas.width + x));
}

function blank(width: number, height: number, colour: Colour): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let at = 0; at < data.length; at += 3) data.set(colour, at);
  return { data, width, height };
}
