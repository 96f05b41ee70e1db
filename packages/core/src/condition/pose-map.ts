// Key points as planes: how a pose reaches the generator. The paper's own encoding is lost; discs are PG2's.
import type { ConditionConfig } from '../config/model-config.ts';
import { ConditionError } from './condition-error.ts';
import { bones, type Joint, jointCount, jointNames, type Keypoints, layoutAdvice } from './keypoints.ts';

type PoseConfig = Extract<ConditionConfig, { kind: 'keypoints' }>;

/** Some planes of a sample [size, size, channels]: one joint or bone each, from `firstPlane` on. */
interface Planes {
  readonly firstPlane: number;
  readonly channels: number;
}

/** Below this, exp(-x) is no normal float32: such values are 0, because subnormal numbers are slow and say nothing. */
const smallestNormal = 2 ** -126;
const largestExponent = -Math.log(smallestNormal);

/**
 * Draws one pose. Lengths are those of the config times size/256.
 *
 * - `discs`: +1 at distance <= radius from the joint's pixel, else -1. The joint is rounded to its pixel first, so that
 *   every visible joint inside the image has one, however small the radius.
 * - `limbs`: +1 at distance <= radius from the segment between the two joints' pixels, else -1. A bone with a hidden end
 *   is not drawn.
 * - `gaussians`: exp(-d^2 / (2 sigma^2)), d from the exact joint, sigma the radius; 0 below the normal float32 numbers.
 *
 * What lies outside the image is cut off; a hidden joint leaves its plane empty.
 *
 * @throws ConditionError
 */
export function drawPose(
  config: PoseConfig,
  field: string,
  keypoints: Keypoints | undefined,
  size: number,
  out: Float32Array,
  planes: Planes,
): void {
  checkKeypoints(field, keypoints);
  const radius = (config.radiusAt256 * size) / 256;
  switch (config.map) {
    case 'discs':
      if (planes.firstPlane === 0) out.fill(-1);
      for (const [index, joint] of keypoints.entries()) {
        if (joint) drawCapsule(joint, joint, radius, size, out, planes.firstPlane + index, planes.channels);
      }
      return;
    case 'limbs':
      if (planes.firstPlane === 0) out.fill(-1);
      for (const [index, [from, to]] of bones.entries()) {
        const [start, end] = [keypoints[from], keypoints[to]];
        if (start && end) drawCapsule(start, end, radius, size, out, planes.firstPlane + index, planes.channels);
      }
      return;
    case 'gaussians':
      if (planes.firstPlane === 0) out.fill(0);
      for (const [index, joint] of keypoints.entries()) {
        if (joint) drawGaussian(joint, radius, size, out, planes.firstPlane + index, planes.channels);
      }
      return;
    default:
      config.map satisfies never;
  }
}

function checkKeypoints(field: string, keypoints: Keypoints | undefined): asserts keypoints is Keypoints {
  if (keypoints?.length !== jointCount) {
    throw new ConditionError(
      field,
      `${jointCount} joints in COCO-18 order, [x, y] or null`,
      keypoints === undefined ? 'none' : `${keypoints.length}`,
      layoutAdvice(keypoints?.length ?? 0).advice,
    );
  }
  const wrong = keypoints.findIndex((joint) => joint && !(Number.isFinite(joint[0]) && Number.isFinite(joint[1])));
  if (wrong !== -1) {
    throw new ConditionError(`${field}[${wrong}] (${jointNames[wrong]})`, 'finite numbers', `[${keypoints[wrong]}]`);
  }
}

/** +1 where the distance from the segment between the two pixels is at most the radius. A disc is a capsule of length 0. */
function drawCapsule(
  start: NonNullable<Joint>,
  end: NonNullable<Joint>,
  radius: number,
  size: number,
  out: Float32Array,
  plane: number,
  channels: number,
): void {
  const startX = Math.round(start[0]);
  const startY = Math.round(start[1]);
  const dx = Math.round(end[0]) - startX;
  const dy = Math.round(end[1]) - startY;
  const perLengthSquared = dx === 0 && dy === 0 ? 0 : 1 / (dx * dx + dy * dy);
  const left = Math.max(0, Math.ceil(Math.min(0, dx) + startX - radius));
  const right = Math.min(size - 1, Math.floor(Math.max(0, dx) + startX + radius));
  const top = Math.max(0, Math.ceil(Math.min(0, dy) + startY - radius));
  const bottom = Math.min(size - 1, Math.floor(Math.max(0, dy) + startY + radius));
  for (let y = top; y <= bottom; y++) {
    const py = y - startY;
    for (let x = left; x <= right; x++) {
      const px = x - startX;
      // Place of the nearest point of the segment: 0 at its start, 1 at its end.
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * perLengthSquared));
      const awayX = px - along * dx;
      const awayY = py - along * dy;
      if (awayX * awayX + awayY * awayY <= radius * radius) out[(y * size + x) * channels + plane] = 1;
    }
  }
}

/** The Gaussian is the product of one in x and one in y: 2 * size exponentials and not size * size. */
function drawGaussian(
  [centreX, centreY]: NonNullable<Joint>,
  sigma: number,
  size: number,
  out: Float32Array,
  plane: number,
  channels: number,
): void {
  const reach = sigma * Math.sqrt(2 * largestExponent);
  const left = Math.max(0, Math.ceil(centreX - reach));
  const right = Math.min(size - 1, Math.floor(centreX + reach));
  const top = Math.max(0, Math.ceil(centreY - reach));
  const bottom = Math.min(size - 1, Math.floor(centreY + reach));
  if (left > right) return;
  const alongX = new Float64Array(right - left + 1).map((_, i) => gaussian(left + i - centreX, sigma));
  for (let y = top; y <= bottom; y++) {
    const alongY = gaussian(y - centreY, sigma);
    for (let x = left; x <= right; x++) {
      const value = alongY * (alongX[x - left] as number);
      if (value >= smallestNormal) out[(y * size + x) * channels + plane] = value;
    }
  }
}

function gaussian(distance: number, sigma: number): number {
  return Math.exp(-(distance * distance) / (2 * sigma * sigma));
}
