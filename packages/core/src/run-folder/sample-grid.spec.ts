import sharp from 'sharp';
import { type Joint, jointCount } from '../condition/keypoints.ts';
import type { RgbImage } from '../dataset/example.ts';
import { type SampleRow, sampleGrid } from './sample-grid.ts';

type Colour = [number, number, number];

function plain(side: number, colour: Colour): RgbImage {
  return {
    data: Uint8Array.from({ length: 3 * side * side }, (_, i) => colour[i % 3] as number),
    width: side,
    height: side,
  };
}

const red: Colour = [255, 0, 0];
const green: Colour = [0, 255, 0];
const blue: Colour = [0, 0, 255];
const white: Colour = [255, 255, 255];

function row(side: number, variation: SampleRow['variation']): SampleRow {
  return { source: plain(side, red), variation, output: plain(side, green), truth: plain(side, blue) };
}

/** The picture and the colour at a pixel of it. */
async function pixels(rows: readonly SampleRow[]) {
  const { data, info } = await sharp(await sampleGrid(rows))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)];
  return { width: info.width, height: info.height, at };
}

const keypoints = (joints: Record<number, Joint>) =>
  Array.from({ length: jointCount }, (_, index) => joints[index] ?? null);

describe('sampleGrid', () => {
  it('has a row for each probe: source, condition, output, truth; small images at twice their size', async () => {
    const { width, height, at } = await pixels([row(16, { image: plain(16, [9, 8, 7]) }), row(16, {})]);
    expect([width, height]).toEqual([4 * 36 + 4, 2 * 36 + 4]);
    const centres = [0, 1, 2, 3].map((column) => at(20 + 36 * column, 20));
    expect(centres).toEqual([red, [9, 8, 7], green, blue]);
    // The corners of the first tile, and the light gap around it.
    expect([at(4, 4), at(35, 35)]).toEqual([red, red]);
    expect(at(3, 4)).toEqual(at(36, 36));
    expect(Math.min(...at(3, 4))).toBeGreaterThan(230);
    expect([0, 1, 2, 3].map((column) => at(20 + 36 * column, 56))).toEqual([red, white, green, blue]);
  });

  it('shows large images as they are', async () => {
    const { width, height } = await pixels([row(128, {})]);
    expect([width, height]).toEqual([4 * 132 + 4, 136]);
  });

  it('draws joints where they are, and bones between those that are visible', async () => {
    // Neck, right shoulder and left hip; the bone from the neck to the left hip is vertical. The nose is hidden.
    const pose = keypoints({ 1: [8, 2], 2: [3, 2], 11: [8, 13] });
    const { at } = await pixels([row(16, { keypoints: pose })]);
    // Tile pixel of joint x: 2 (x + 0.5) - 0.5; the tile of the pose begins at 40, 4.
    const tile = (x: number, y: number) => at(40 + Math.round(2 * x + 0.5), 4 + Math.round(2 * y + 0.5));
    const [rightBone, leftBone] = [tile(5, 2), tile(8, 8)];
    expect(rightBone[0]).toBeGreaterThan(rightBone[2] as number);
    expect(leftBone[2]).toBeGreaterThan(leftBone[0] as number);
    expect(tile(3, 2)).not.toEqual(white);
    // Nothing towards the hidden nose, nothing at the left shoulder.
    expect([tile(8, 0), tile(12, 2)]).toEqual([white, white]);
  });

  it('draws joints outside of the image as far as they reach into it', async () => {
    const { at } = await pixels([row(16, { keypoints: keypoints({ 1: [8, 8], 2: [-40, 8] }) })]);
    expect(at(40, 4 + 17)).not.toEqual(white);
    expect(at(39, 4 + 17)).not.toEqual(at(40, 4 + 17));
  });

  it('draws labels as bars of their size', async () => {
    const { at } = await pixels([row(16, { label: [1, 0.5] })]);
    const filled = (x: number) =>
      Array.from({ length: 32 }, (_, y) => at(40 + x, 4 + y)).filter(([r]) => r !== 255).length;
    expect([filled(8), filled(24)]).toEqual([32, 16]);
  });
});
