// One person in one pose as pixels, silhouette and joints.
import type { Keypoints } from '../../condition/keypoints.ts';
import type { RgbImage } from '../example.ts';
import { type Colour, figureBackground } from './colour.ts';
import { drawFigure } from './draw-figure.ts';
import type { FigureIdentity } from './figure-identity.ts';
import { visibleJoints } from './figure-parts.ts';
import type { FigurePose } from './figure-pose.ts';
import { canvasSide, figureSvg, placement } from './figure-svg.ts';
import type { Point } from './surface.ts';

export interface RenderedFigure {
  readonly image: RgbImage;
  /** Silhouette, row by row: 255 where the figure covers more than half of the pixel, else 0. */
  readonly mask: Uint8Array;
  /** COCO-18, pixels of the image; `null` where hidden or out of the frame. */
  readonly keypoints: Keypoints;
}

export interface LaidOutFigure {
  readonly svg: string;
  readonly keypoints: Keypoints;
  /** All 18 joints with nothing hidden, in pixels: for measures of pose, not for conditions. */
  readonly joints: readonly Point[];
}

/** Joint coordinates are given to 1/100 pixel: more would differ in the last bits between machines. */
function toPixel(value: number, size: number): number {
  return Math.round(((value * size) / canvasSide - 0.5) * 100) / 100;
}

/** The drawing of a figure for pictures of `size` pixels, and where its joints are. */
export function layOutFigure(identity: FigureIdentity, pose: FigurePose, size: number): LaidOutFigure {
  const { parts, joints } = drawFigure(identity, pose);
  const place = placement(parts, identity.proportions.height, pose);
  const pixel = ([x, y]: Point): Point => [
    toPixel(x * place.factor + place.offset[0], size),
    toPixel(y * place.factor + place.offset[1], size),
  ];
  const isInside = ([x, y]: Point) => x >= -0.5 && y >= -0.5 && x <= size - 0.5 && y <= size - 0.5;
  const keypoints = visibleJoints(parts, joints).map((joint) => {
    const at = joint && pixel(joint);
    return at && isInside(at) ? at : null;
  });
  return { svg: figureSvg(parts, place, size), keypoints, joints: joints.map((joint) => pixel(joint.at)) };
}

/**
 * Draws a figure.
 *
 * @param size        side in pixels, 64 to 256; the same drawing at every size.
 * @param background  uint8 RGB.
 */
export async function renderFigure({
  identity,
  pose,
  size,
  background = figureBackground,
}: {
  identity: FigureIdentity;
  pose: FigurePose;
  size: number;
  background?: Colour;
}): Promise<RenderedFigure> {
  return renderLaidOut(layOutFigure(identity, pose, size), size, background);
}

/** Pixels of a drawing on a background. */
export async function renderLaidOut(
  { svg, keypoints }: LaidOutFigure,
  size: number,
  background: Colour = figureBackground,
): Promise<RenderedFigure> {
  const { default: sharp } = await import('sharp');
  // librsvg always gives RGBA, colours not premultiplied.
  const data = await sharp(Buffer.from(svg)).raw().toBuffer();
  const pixels = size * size;
  const rgb = new Uint8Array(pixels * 3);
  const mask = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const alpha = data[4 * i + 3] as number;
    mask[i] = alpha > 127 ? 255 : 0;
    for (let c = 0; c < 3; c++) {
      const ground = background[c] as number;
      rgb[3 * i + c] = Math.round(ground + (((data[4 * i + c] as number) - ground) * alpha) / 255);
    }
  }
  return { image: { data: rgb, width: size, height: size }, mask, keypoints };
}
