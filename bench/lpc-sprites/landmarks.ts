// The pose of a frame as up to nine points, taken from ONE fixed layer for each part whatever the character wears, so that
// they say nothing of identity. A part whose layer shows no pixel in a frame (hidden, eyes shut) has no point.
//
// They are stored in the slots of COCO-18 nearest in meaning:
//
//   part           layer                 slot
//   hair           hair/plain/white      nose
//   torso          longsleeve, white     neck
//   hands          metal gloves          rightWrist, leftWrist
//   belt           white cloth           rightHip (the other hip stays empty)
//   feet           black shoes           rightAnkle, leftAnkle
//   eyes           eyes/blue             rightEye, leftEye
//
// Of two connected pieces, each is one of a pair: in the image's left half of the figure is the person's right one, seen from
// the back the left one. Side views count as front views when there are two pieces; a single piece there is the side that
// faces the viewer.
import { cellSide, type Pose, poses } from './poses.ts';
import { cell, type Layer, type SpriteSheets } from './sprite-sheets.ts';

export type Point = readonly [x: number, y: number];

/** 18 entries in COCO-18 order, (0, 0) the centre of the top left pixel; `null`: not visible. */
export type Keypoints = readonly (Point | null)[];

const jointCount = 18;
const slots = {
  hair: { single: 0 },
  torso: { single: 1 },
  belt: { single: 8 },
  hands: { right: 4, left: 7 },
  feet: { right: 10, left: 13 },
  eyes: { right: 14, left: 15 },
} as const;

interface Part {
  readonly file: string;
  readonly slot: { readonly single: number } | { readonly right: number; readonly left: number };
  /** Pixels at most this far apart, along both axes, are one piece. Eyes have gaps: white, pupil, brow. */
  readonly reach: number;
}

const male = 'universal-male';
const parts: readonly Part[] = [
  { file: `${male}/hair/male/plain/white.png`, slot: slots.hair, reach: cellSide },
  { file: `${male}/torso/shirts/longsleeve/male/white_longsleeve.png`, slot: slots.torso, reach: cellSide },
  { file: `${male}/belt/cloth/male/white_cloth_male.png`, slot: slots.belt, reach: cellSide },
  { file: `${male}/hands/gloves/male/metal_gloves_male.png`, slot: slots.hands, reach: 1 },
  { file: `${male}/feet/shoes/male/black_shoes_male.png`, slot: slots.feet, reach: 1 },
  { file: `${male}/body/male/eyes/blue.png`, slot: slots.eyes, reach: 2 },
];

/** Of every pose, in the order of `poses`. */
export async function landmarks(sheets: SpriteSheets): Promise<Keypoints[]> {
  const layers = await Promise.all(parts.map(({ file }) => sheets.layer(file)));
  return poses.map((pose) => {
    const keypoints = new Array<Point | null>(jointCount).fill(null);
    parts.forEach((part, i) => {
      placePart(keypoints, part, pose, layers[i] as Layer);
    });
    return keypoints;
  });
}

function placePart(keypoints: (Point | null)[], part: Part, pose: Pose, layer: Layer): void {
  const found = pieces(cell(layer, pose), part.reach);
  const [largest, second] = found;
  if (largest === undefined) return;
  const { slot } = part;
  if ('single' in slot) {
    keypoints[slot.single] = centroid(largest);
    return;
  }
  const inImageOrder = pose.direction === 'back' ? [slot.left, slot.right] : [slot.right, slot.left];
  if (second !== undefined) {
    const pair = [centroid(largest), centroid(second)].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    inImageOrder.forEach((joint, i) => {
      keypoints[joint] = pair[i] as Point;
    });
    return;
  }
  const point = centroid(largest);
  if (pose.direction === 'left') keypoints[slot.left] = point;
  else if (pose.direction === 'right') keypoints[slot.right] = point;
  // Figures stand in the middle of their cell.
  else keypoints[inImageOrder[point[0] <= (cellSide - 1) / 2 ? 0 : 1] as number] = point;
}

/** Connected opaque pixels, the largest piece first; of equal ones, the one met first row by row. */
function pieces(rgba: Uint8Array, reach: number): Point[][] {
  const isOpen = Array.from({ length: cellSide * cellSide }, (_, p) => (rgba[4 * p + 3] as number) > 127);
  const found: Point[][] = [];
  for (let start = 0; start < isOpen.length; start++) {
    if (!isOpen[start]) continue;
    isOpen[start] = false;
    const piece: Point[] = [[start % cellSide, Math.floor(start / cellSide)]];
    for (const [x, y] of piece) {
      for (let ny = Math.max(0, y - reach); ny <= Math.min(cellSide - 1, y + reach); ny++) {
        for (let nx = Math.max(0, x - reach); nx <= Math.min(cellSide - 1, x + reach); nx++) {
          if (!isOpen[ny * cellSide + nx]) continue;
          isOpen[ny * cellSide + nx] = false;
          piece.push([nx, ny]);
        }
      }
    }
    found.push(piece);
  }
  return found.sort((a, b) => b.length - a.length);
}

function centroid(piece: readonly Point[]): Point {
  const mean = (axis: 0 | 1) => {
    const sum = piece.reduce((total, point) => total + point[axis], 0);
    return Math.round((100 * sum) / piece.length) / 100;
  };
  return [mean(0), mean(1)];
}
