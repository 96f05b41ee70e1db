// A pose for people: bones as lines, the two sides of the body in two colours.
import { bones, type Keypoints, type RgbImage } from '@ggb/core';
import sharp from 'sharp';

/** Drawn larger than it is shown and than the image it belongs to: joints have fractions of pixels. */
const enlargement = 4;

/**
 * @param size  side of the image that the key points belong to.
 * @returns a square of {@link enlargement} times that side. Joints that are not visible are left out with their bones.
 */
export async function poseDrawing(keypoints: Keypoints, size: number): Promise<RgbImage> {
  const side = size * enlargement;
  // Key points count from the centre of the first pixel, SVG from its corner.
  const at = (value: number) => ((value + 0.5) * enlargement).toFixed(2);
  const stroke = (size * enlargement) / 40;
  const lines = bones.flatMap(([from, to]) => {
    const [a, b] = [keypoints[from], keypoints[to]];
    if (!a || !b) return [];
    return `<line x1="${at(a[0])}" y1="${at(a[1])}" x2="${at(b[0])}" y2="${at(b[1])}" stroke="${sideColour(to)}"/>`;
  });
  const dots = keypoints.flatMap((joint, index) =>
    joint ? `<circle cx="${at(joint[0])}" cy="${at(joint[1])}" r="${stroke * 0.8}" fill="${sideColour(index)}"/>` : [],
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="#f4f4f2"/><g stroke-width="${stroke}" stroke-linecap="round">${lines.join('')}</g>${dots.join('')}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const rightJoints = new Set([2, 3, 4, 8, 9, 10, 14, 16]);
const leftJoints = new Set([5, 6, 7, 11, 12, 13, 15, 17]);

/** Orange for the person's right, blue for the left, grey for the middle: also apart for the colour-blind. */
function sideColour(joint: number): string {
  if (rightJoints.has(joint)) return '#d55e00';
  return leftJoints.has(joint) ? '#0072b2' : '#555555';
}
