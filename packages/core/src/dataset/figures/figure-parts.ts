// The drawn parts of a figure: what is painted, how deep it lies, and which joints it carries.
import type { Joint, jointNames } from '../../condition/keypoints.ts';
import type { Colour } from './colour.ts';
import type { Mark } from './pattern.ts';
import type { Point } from './surface.ts';

export type JointName = (typeof jointNames)[number];

export interface Circle {
  readonly centre: Point;
  readonly radius: number;
}

export interface Line {
  readonly points: readonly Point[];
  readonly width: number;
  readonly opacity: number;
}

/** One colour of a part: the union of its polygons and circles, with marks and lines on it. Body heights. */
export interface Layer {
  readonly colour: Colour;
  readonly polygons: readonly (readonly Point[])[];
  readonly circles?: readonly Circle[];
  readonly marks?: readonly Mark[];
  readonly lines?: readonly Line[];
  /** Drawn instead of the full outline where the layer grows out of another part. */
  readonly contour?: readonly (readonly Point[])[];
}

export interface Part {
  readonly name: string;
  /** Parts are painted from the smallest to the greatest depth. About the distance towards the viewer. */
  readonly depth: number;
  /** Neighbours in the painting order with the same chain are outlined together: no line crosses an elbow. */
  readonly chain: string;
  /** Joints that this part, dressed as it is, does not hide. */
  readonly carries: readonly JointName[];
  readonly layers: readonly Layer[];
  /** An outline alone, under the parts that are painted later; hides nothing. */
  readonly isContour?: boolean;
  /** Colours are multiplied by this: what is further away lies in the shade. */
  readonly light: number;
}

/** A joint of the figure: where it is, whether the body itself hides it whatever is painted over it. */
export interface JointPlace {
  readonly name: JointName;
  readonly at: Point;
  /** Turned away from the viewer, or too deep in the part that carries it. */
  readonly isBuried: boolean;
}

export function containsPoint(polygon: readonly Point[], [x, y]: Point): boolean {
  // Winding number: parts overlap themselves, and what is covered twice is covered.
  let winding = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [x0, y0] = polygon[j] as Point;
    const [x1, y1] = polygon[i] as Point;
    const side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
    if (y0 <= y && y1 > y && side > 0) winding++;
    else if (y0 > y && y1 <= y && side < 0) winding--;
  }
  return winding !== 0;
}

function covers(layer: Layer, point: Point): boolean {
  return (
    layer.polygons.some((polygon) => containsPoint(polygon, point)) ||
    (layer.circles ?? []).some(({ centre, radius }) => Math.hypot(centre[0] - point[0], centre[1] - point[1]) <= radius)
  );
}

/**
 * Joints as a viewer sees them: `null` where another part of the body was painted over the joint, or where the body
 * turns it away. Clothes and hair do not hide what they dress.
 *
 * @param parts   in painting order.
 * @param places  all 18, in COCO-18 order.
 */
export function visibleJoints(parts: readonly Part[], places: readonly JointPlace[]): Joint[] {
  return places.map(({ name, at, isBuried }) => {
    if (isBuried) return null;
    // The joint lies on the first part that carries it, its own limb: what is painted later and covers the place hides it.
    const own = parts.findIndex((part) => part.carries.includes(name));
    const isHidden = parts.some(
      (part, i) =>
        i > own && !part.isContour && !part.carries.includes(name) && part.layers.some((layer) => covers(layer, at)),
    );
    return isHidden ? null : at;
  });
}

/** Convex hull (Andrew's monotone chain), counter-clockwise in screen coordinates. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const p of list) {
      while (chain.length >= 2) {
        const [a, b] = chain.slice(-2) as [Point, Point];
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(p);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
