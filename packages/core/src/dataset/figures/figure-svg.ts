// Parts as an SVG document. Coordinates are rounded to fixed decimals, so that the text is the same on every machine.
import { hex, shaded } from './colour.ts';
import type { Circle, Layer, Part } from './figure-parts.ts';
import type { FigurePose } from './figure-pose.ts';
import type { Point } from './surface.ts';

/** Side of the drawing; pictures of any size are this drawing, scaled. */
export const canvasSide = 256;

// Of a figure at scale 1 and average height, in canvas units: head to heel fill most of the frame.
const unitsPerHeight = 246;
const margin = 5;
const outlineWidth = 0.0095;
const outlineShade = 0.5;

/** From body heights to canvas units: `factor * p + offset`. */
export interface Placement {
  readonly factor: number;
  readonly offset: Point;
}

function extent(parts: readonly Part[]): { low: Point; high: Point } {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const reach = (x: number, y: number, radius: number) => {
    left = Math.min(left, x - radius);
    top = Math.min(top, y - radius);
    right = Math.max(right, x + radius);
    bottom = Math.max(bottom, y + radius);
  };
  for (const { layers } of parts) {
    for (const { polygons, circles } of layers) {
      for (const polygon of polygons) for (const [x, y] of polygon) reach(x, y, outlineWidth / 2);
      for (const { centre, radius } of circles ?? []) reach(centre[0], centre[1], radius + outlineWidth / 2);
    }
  }
  return { low: [left, top], high: [right, bottom] };
}

/** Where the figure stands in the frame: at its scale if it fits, smaller if not, never cut off unless the pose says so. */
export function placement(parts: readonly Part[], height: number, pose: FigurePose): Placement {
  const { low, high } = extent(parts);
  const [width, tall] = [high[0] - low[0], high[1] - low[1]];
  const room = canvasSide - 2 * margin;
  // Crouching figures come a little nearer: the frame stays filled.
  const wanted = unitsPerHeight * height * pose.scale * Math.min(1.14, Math.max(1, 0.92 / (tall * height)));
  const factor = pose.crop ? unitsPerHeight * height * pose.scale : Math.min(wanted, room / width, room / tall);
  // Not more than a twelfth of the frame off the middle, and inside the margin.
  const free = (size: number) => Math.max(0, Math.min(canvasSide / 12, (room - size * factor) / 2));
  const middle: Point = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  const shifted = (axis: 0 | 1, size: number) =>
    canvasSide / 2 + pose.shift[axis] * (pose.crop ? canvasSide / 12 : free(size)) - middle[axis] * factor;
  return { factor, offset: [shifted(0, width), shifted(1, tall)] };
}

function signedArea(polygon: readonly Point[]): number {
  let area = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [x0, y0] = polygon[j] as Point;
    const [x1, y1] = polygon[i] as Point;
    area += x0 * y1 - x1 * y0;
  }
  return area;
}

// Coordinates of the SVG are integers: 16 steps to a canvas unit, a sixteenth of a pixel at 256 px.
const stepsPerUnit = 16;

// Points closer to the one before than this (0.4 canvas units) would cost time and show at no size.
const finestStep = 7;

class Pen {
  readonly #factor: number;
  readonly #x: number;
  readonly #y: number;

  constructor({ factor, offset }: Placement) {
    this.#factor = factor * stepsPerUnit;
    this.#x = offset[0] * stepsPerUnit;
    this.#y = offset[1] * stepsPerUnit;
  }

  length(value: number): number {
    return Math.round(value * this.#factor);
  }

  /** Points as an SVG path: one absolute, the others relative to the one before, which makes short text. */
  open(points: readonly Point[], isReversed = false): string {
    let text = '';
    let lastX = 0;
    let lastY = 0;
    const count = points.length;
    for (let i = 0; i < count; i++) {
      const point = points[isReversed ? count - 1 - i : i] as Point;
      const x = Math.round(point[0] * this.#factor + this.#x);
      const y = Math.round(point[1] * this.#factor + this.#y);
      if (i === 0) text = `M${x} ${y}`;
      else if (i < count - 1 && Math.abs(x - lastX) + Math.abs(y - lastY) < finestStep) continue;
      else text += `l${x - lastX} ${y - lastY}`;
      lastX = x;
      lastY = y;
    }
    return text;
  }

  /** All polygons run the same way around: overlaps stay filled under the non-zero rule. */
  polygon(points: readonly Point[]): string {
    return `${this.open(points, signedArea(points) < 0)}z`;
  }

  circle({ centre, radius }: Circle): string {
    const r = this.length(radius);
    const x = Math.round(centre[0] * this.#factor + this.#x);
    const y = Math.round(centre[1] * this.#factor + this.#y);
    // Clockwise on screen, like the polygons.
    return `M${x - r} ${y}a${r} ${r} 0 0 1 ${2 * r} 0a${r} ${r} 0 0 1 ${-2 * r} 0z`;
  }

  layer({ polygons, circles }: Layer): string {
    let text = '';
    for (const polygon of polygons) if (polygon.length > 2) text += this.polygon(polygon);
    for (const circle of circles ?? []) text += this.circle(circle);
    return text;
  }
}

/**
 * The figure as an SVG document of `size` x `size` pixels on a transparent ground.
 *
 * @param parts  in painting order.
 */
export function figureSvg(parts: readonly Part[], place: Placement, size: number): string {
  const pen = new Pen(place);
  const body: string[] = [];
  const width = pen.length(outlineWidth);
  const side = canvasSide * stepsPerUnit;
  for (let i = 0; i < parts.length; ) {
    let end = i + 1;
    while (end < parts.length && parts[end]?.chain === parts[i]?.chain) end++;
    const chain = parts.slice(i, end);
    i = end;
    // All outlines of a chain come first: what is filled later hides those that cross it.
    const shapes = new Map<Layer, string>();
    for (const part of chain) {
      for (const layer of part.layers) {
        const d = pen.layer(layer);
        shapes.set(layer, d);
        const colour = hex(shaded(layer.colour, outlineShade * part.light));
        const line = layer.contour ? layer.contour.map((points) => pen.open(points)).join('') : d;
        if (line) body.push(`<path d="${line}" fill="none" stroke="${colour}"/>`);
      }
    }
    for (const part of chain) {
      if (part.isContour) continue;
      for (const layer of part.layers) {
        const d = shapes.get(layer);
        if (!d) continue;
        body.push(`<path d="${d}" fill="${hex(shaded(layer.colour, part.light))}"/>`);
        // Neighbouring marks of one colour are one path.
        const marks = layer.marks ?? [];
        for (let m = 0; m < marks.length; ) {
          const first = marks[m];
          if (!first) break;
          let text = '';
          while (m < marks.length && marks[m]?.colour === first.colour && marks[m]?.opacity === first.opacity) {
            text += pen.polygon(marks[m]?.outline ?? []);
            m++;
          }
          const opacity = first.opacity < 1 ? ` fill-opacity="${first.opacity}"` : '';
          body.push(`<path d="${text}" fill="${hex(shaded(first.colour, part.light))}"${opacity}/>`);
        }
        for (const line of layer.lines ?? []) {
          body.push(
            `<path d="${pen.open(line.points)}" fill="none" stroke="#000" stroke-opacity="${line.opacity}" stroke-width="${pen.length(line.width)}"/>`,
          );
        }
      }
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${side} ${side}"><g stroke-linejoin="round" stroke-width="${width}">${body.join('')}</g></svg>`;
}
