// Patterns of fabrics, laid around a body: the same stripes and dots from whatever side it is seen.

import type { Colour } from './colour.ts';
import type { Fabric } from './figure-identity.ts';
import { flat, type Point, type Surface } from './surface.ts';
import { add, scale } from './vector3.ts';

/** A patch of colour on a layer. */
export interface Mark {
  readonly outline: readonly Point[];
  readonly colour: Colour;
  readonly opacity: number;
}

/** How a surface is measured out for a pattern. */
export interface Cloth {
  /** Length of the whole surface along the body, body heights. */
  readonly length: number;
  /** Circumference, body heights: decides how many stripes or dots go around. */
  readonly girth: number;
  /** Part of the surface that the cloth covers. */
  readonly from: number;
  readonly to: number;
}

const dotCorners = 8;

/** The marks that `fabric` leaves on a surface, over its base colour. */
export function patternMarks(surface: Surface, fabric: Fabric, cloth: Cloth): Mark[] {
  const { from, to, length, girth } = cloth;
  const { pattern, accent, period } = fabric;
  const marks: Mark[] = [];
  const paint = (outline: Point[], opacity = 1) => {
    if (outline.length > 2) marks.push({ outline, colour: accent, opacity });
  };
  const across = (spacing: number, thickness: number, opacity = 1) => {
    const step = spacing / length;
    for (let start = from + step * 0.4; start < to; start += step) {
      paint(surface.band(start, Math.min(to, start + step * thickness)), opacity);
    }
  };
  const columns = (spacing: number) => Math.max(4, 2 * Math.round(girth / spacing / 2));
  const along = (spacing: number, thickness: number, opacity = 1, twist = 0) => {
    const count = columns(spacing);
    const step = 360 / count;
    for (let i = 0; i < count; i++) {
      // Symmetric about the front: a stripe in the middle of the chest.
      const start = (i - thickness / 2) * step;
      const turn = (place: number) => (twist * (place - from)) / (to - from);
      paintPieces(
        (place) => start + turn(place),
        (place) => start + thickness * step + turn(place),
        opacity,
        twist,
      );
    }
  };
  // A patch must stay within half a turn of what faces the viewer: strong twists are cut into short pieces.
  const paintPieces = (
    start: (place: number) => number,
    end: (place: number) => number,
    opacity: number,
    twist: number,
  ) => {
    const pieces = Math.max(1, Math.ceil(Math.abs(twist) / 60));
    for (let i = 0; i < pieces; i++) {
      const a = from + ((to - from) * i) / pieces;
      paint(surface.patch(a, from + ((to - from) * (i + 1)) / pieces, start, end), opacity);
    }
  };

  switch (pattern) {
    case 'plain':
      break;
    case 'horizontalStripes':
      across(period, 0.5);
      break;
    case 'verticalStripes':
      along(period * 1.1, 0.45);
      break;
    case 'diagonalStripes':
      along(period * 1.5, 0.45, 1, (300 * length * (to - from)) / Math.max(0.12, girth));
      break;
    case 'checks':
      // Two thin dyes, as in gingham: where stripes cross, the colour is full.
      across(period, 0.5, 0.6);
      along(period, 0.5, 0.6);
      break;
    case 'dots': {
      const spacing = period * 1.12;
      const rows = Math.max(1, Math.round(((to - from) * length) / (spacing * 0.8)));
      const count = columns(spacing);
      const radius = spacing * 0.3;
      for (let row = 0; row < rows; row++) {
        const place = from + ((to - from) * (row + 0.5)) / rows;
        for (let i = 0; i < count; i++) {
          const angle = ((i + (row % 2) / 2) * 360) / count;
          if (surface.visibility(place, angle) < 0.12) continue;
          const centre = surface.point(place, angle);
          const dAlong = scale(
            add(
              surface.point(Math.min(1, place + 0.02), angle),
              scale(surface.point(Math.max(0, place - 0.02), angle), -1),
            ),
            radius / (0.04 * length),
          );
          const dAround = scale(
            add(surface.point(place, angle + 3), scale(surface.point(place, angle - 3), -1)),
            radius / (girth / 60),
          );
          const outline: Point[] = [];
          for (let k = 0; k < dotCorners; k++) {
            const turn = (2 * Math.PI * k) / dotCorners;
            outline.push(flat(add(centre, add(scale(dAlong, Math.cos(turn)), scale(dAround, Math.sin(turn))))));
          }
          paint(outline);
        }
      }
      break;
    }
    case 'band':
      paint(surface.band(from + (to - from) * 0.34, from + (to - from) * 0.56));
      break;
    case 'block':
      paint(surface.band(from + (to - from) * 0.52, to));
      break;
    default:
      pattern satisfies never;
  }
  return marks;
}
