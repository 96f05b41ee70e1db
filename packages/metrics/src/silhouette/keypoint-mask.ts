// The two ways in which this field draws a figure from key points, for masked scores. Written anew from what the published
// programs do; testing/golden/protocols.py draws them with scikit-image.
import { ImageInputError } from '../image/image-input-error.ts';
import type { Mask } from '../image/rgb-image.ts';

/** Place of a joint in pixels, x to the right, y down, or `null` when it is not visible. */
export type MaskJoint = readonly [x: number, y: number] | null;

/** Named after the programs, as `Protocol.mask`. */
export type KeypointMaskKind = 'pg2' | 'defgan';

/** Half the width of a limb in pixels, at every image size. */
const radius = 4;

/** Pixels; rounding errors of places in an image of any size are far below. */
const clearlyOff = 1e-6;

/** Side of the square of the closing that fills gaps between limbs. */
const closingSize = 5;

/** Joints that are connected, by their place in COCO-18. More than the skeleton: trunk diagonals, and ears to neck. */
const limbs = [
  [1, 2],
  [1, 5],
  [2, 3],
  [3, 4],
  [5, 6],
  [6, 7],
  [1, 8],
  [8, 9],
  [9, 10],
  [1, 11],
  [11, 12],
  [12, 13],
  [1, 0],
  [0, 14],
  [14, 16],
  [0, 15],
  [15, 17],
  [1, 16],
  [1, 17],
  [8, 11],
  [11, 5],
  [8, 2],
  [16, 17],
] as const;

/**
 * A person as a mask of 0 and 255: limbs between visible joints, then a closing with a square of 5 x 5.
 *
 * 'pg2' puts discs of radius 4 (the rim included) on whole pixels along every limb, about 4 apart; joints without a visible
 * neighbour leave nothing. 'defgan' fills a rectangle of half-width 4 along every limb and puts a disc of radius 4 (without
 * rim) on every visible joint.
 *
 * @param keypoints  18 joints of COCO-18 in pixels of the image; of the target image, for masked scores.
 * @returns a mask that is black when no joint (pg2: no limb) is visible.
 * @throws ImageInputError  unless there are 18 joints with finite places, and a size in whole pixels.
 * @see Ma et al. 2017, PG2 (datasets/convert_DF.py); Siarohin et al. 2018, Deformable GANs (produce_ma_mask).
 */
export function keypointMask(
  kind: KeypointMaskKind,
  keypoints: readonly MaskJoint[],
  { width, height }: { readonly width: number; readonly height: number },
): Mask {
  check(keypoints, width, height);
  const drawn = new Uint8Array(width * height);
  const canvas: Mask & { readonly data: Uint8Array } = { data: drawn, width, height };
  for (const [from, to] of limbs) {
    const [a, b] = [keypoints[from], keypoints[to]];
    if (!a || !b) continue;
    if (kind === 'pg2') drawDiscsAlong(canvas, a, b);
    else fillRectangle(canvas, a, b);
  }
  if (kind === 'defgan') {
    for (const joint of keypoints) if (joint) fillDisc(canvas, joint[0], joint[1], false);
  }
  return { data: closed(drawn, width, height), width, height };
}

const { abs, max } = Math;

type Canvas = Mask & { readonly data: Uint8Array };
type Place = readonly [x: number, y: number];

function drawDiscsAlong(canvas: Canvas, a: Place, b: Place): void {
  const steps = Math.trunc(Math.sqrt((a[1] - b[1]) ** 2 + (a[0] - b[0]) ** 2) / radius);
  const disc = (x: number, y: number) => fillDisc(canvas, Math.trunc(x), Math.trunc(y), true);
  disc(a[0], a[1]);
  disc(b[0], b[1]);
  for (let i = 1; i < steps; i++) disc(a[0] + ((b[0] - a[0]) * i) / steps, a[1] + ((b[1] - a[1]) * i) / steps);
}

function fillDisc({ data, width, height }: Canvas, cx: number, cy: number, withRim: boolean): void {
  const limit = radius * radius;
  for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(height - 1, cy + radius); y++) {
    for (let x = Math.max(0, Math.ceil(cx - radius)); x <= Math.min(width - 1, cx + radius); x++) {
      const distance = (x - cx) ** 2 + (y - cy) ** 2;
      if (distance < limit || (withRim && distance === limit)) data[y * width + x] = 255;
    }
  }
}

/**
 * The rectangle between two joints, its edges included. Pixels whose centre lies on an edge are decided by rounding, so the
 * corners and the test are computed in the order in which NumPy and scikit-image compute them.
 */
function fillRectangle({ data, width, height }: Canvas, a: Place, b: Place): void {
  const [dx, dy] = [a[0] - b[0], a[1] - b[1]];
  const length = Math.sqrt(dy * dy + dx * dx);
  // Two joints on one pixel have no direction; their discs are all there is.
  if (length === 0) return;
  const [across, down] = [(radius * dy) / length, (radius * -dx) / length];
  const corners: readonly Place[] = [
    [a[0] + across, a[1] + down],
    [a[0] - across, a[1] - down],
    [b[0] - across, b[1] - down],
    [b[0] + across, b[1] + down],
  ];
  const top = Math.max(0, Math.floor(Math.min(a[1], b[1]) - radius));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(a[1], b[1]) + radius));
  const left = Math.max(0, Math.floor(Math.min(a[0], b[0]) - radius));
  const right = Math.min(width - 1, Math.ceil(Math.max(a[0], b[0]) + radius));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      // Distances beyond the two ends and the two sides, in pixels; negative inside. Only near zero is rounding at play.
      const along = ((x - b[0]) * dx + (y - b[1]) * dy) / length;
      const beside = ((x - b[0]) * dy - (y - b[1]) * dx) / length;
      const end = max(-along, along - length);
      const side = abs(beside) - radius;
      const outside = max(end, side);
      if (outside < -clearlyOff || (outside < clearlyOff && isInPolygon(x, y, corners))) data[y * width + x] = 255;
    }
  }
}

/** O'Rourke, "Computational Geometry in C", section 7.4: counts crossings of the rays to the right and to the left. */
function isInPolygon(x: number, y: number, corners: readonly Place[]): boolean {
  let crossesRight = false;
  let crossesLeft = false;
  let [x0, y0] = corners.at(-1) as Place;
  x0 -= x;
  y0 -= y;
  for (const corner of corners) {
    const [x1, y1] = [corner[0] - x, corner[1] - y];
    if (Math.abs(x1) < 1e-12 && Math.abs(y1) < 1e-12) return true;
    const crossing = (x0 * y1 - x1 * y0) / (y1 - y0);
    if (y0 > 0 !== y1 > 0 && crossing > 0) crossesRight = !crossesRight;
    if (y0 < 0 !== y1 < 0 && crossing < 0) crossesLeft = !crossesLeft;
    [x0, y0] = [x1, y1];
  }
  // Different: on an edge.
  return crossesRight || crossesLeft;
}

/** Dilation, then erosion; what is beyond the border takes no part in either. */
function closed(values: Uint8Array, width: number, height: number): Uint8Array {
  const dilated = spread(spread(values, 255, width, height, 1, width), 255, height, width, width, 1);
  return spread(spread(dilated, 0, width, height, 1, width), 0, height, width, width, 1);
}

/** Pixels of one value take their neighbours along an axis, two on either side, with them. `step`: from one to the next. */
function spread(
  values: Uint8Array,
  value: number,
  length: number,
  lines: number,
  step: number,
  lineStep: number,
): Uint8Array {
  const reach = (closingSize - 1) / 2;
  const result = values.slice();
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      if (values[line * lineStep + i * step] !== value) continue;
      const last = i + reach < length ? i + reach : length - 1;
      for (let k = i < reach ? 0 : i - reach; k <= last; k++) result[line * lineStep + k * step] = value;
    }
  }
  return result;
}

function check(keypoints: readonly MaskJoint[], width: number, height: number): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new ImageInputError(
      'keypointMask',
      'size',
      'whole pixels',
      `${width} x ${height}`,
      'Give the size of the image.',
    );
  }
  if (keypoints.length !== 18) {
    throw new ImageInputError(
      'keypointMask',
      'key points',
      '18 joints in the order of COCO-18, null for those that are not visible',
      `${keypoints.length}`,
      'BODY_25 and COCO-17 have to be converted first.',
    );
  }
  const wrong = keypoints.findIndex((joint) => joint && !(Number.isFinite(joint[0]) && Number.isFinite(joint[1])));
  if (wrong < 0) return;
  throw new ImageInputError(
    'keypointMask',
    `joint ${wrong}`,
    'two finite numbers, or null',
    `[${keypoints[wrong]?.join(', ')}]`,
    'Files write -1 or 0 for a joint that was not found: that is null here.',
  );
}
