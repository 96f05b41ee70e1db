// Round bodies with an elliptic section, seen from the front: outlines and patches of cloth on them.
import { add, type Frame, mix, scale, type Vector3 } from './vector3.ts';

export type Point = readonly [x: number, y: number];

/** A section of a body: `centre + sin(angle) lateral + cos(angle) depth`. */
export interface Ring {
  readonly centre: Vector3;
  readonly lateral: Vector3;
  readonly depth: Vector3;
}

/** A section across the y axis of a frame: `halfWidth` along its x, `halfDepth` along its z. */
export function ring(centre: Vector3, frame: Frame, halfWidth: number, halfDepth: number): Ring {
  return { centre, lateral: scale(frame[0], halfWidth), depth: scale(frame[2], halfDepth) };
}

const degree = Math.PI / 180;

/**
 * A body swept by rings. `along` runs from 0 at the first ring to 1 at the last; angles are degrees around the body,
 * 0 at its front (z of its frame), 90 at its x.
 */
export class Surface {
  readonly rings: readonly Ring[];
  readonly #places: readonly number[];

  /**
   * @param rings   from the first end to the last.
   * @param places  where they lie, rising from 0 to 1; evenly spread if not given.
   */
  constructor(rings: readonly Ring[], places: readonly number[] = rings.map((_, i) => i / (rings.length - 1))) {
    this.rings = rings;
    this.#places = places;
  }

  ring(along: number): Ring {
    const places = this.#places;
    let index = 0;
    while (index < places.length - 2 && along > (places[index + 1] as number)) index++;
    const a = this.rings[index] as Ring;
    const b = this.rings[index + 1] as Ring;
    const start = places[index] as number;
    const t = Math.max(0, Math.min(1, (along - start) / ((places[index + 1] as number) - start)));
    return {
      centre: mix(a.centre, b.centre, t),
      lateral: mix(a.lateral, b.lateral, t),
      depth: mix(a.depth, b.depth, t),
    };
  }

  point(along: number, angle: number): Vector3 {
    return pointOn(this.ring(along), angle);
  }

  /** The angle that faces the viewer; what is more than 90 degrees away from it is out of sight. */
  facing(along: number): number {
    return facing(this.ring(along));
  }

  /** Places between `from` and `to` with every ring between them: patches follow the shape of the body. */
  #stations(from: number, to: number): number[] {
    return [from, ...this.#places.filter((place) => place > from + 1e-6 && place < to - 1e-6), to];
  }

  /**
   * The visible part of a patch: `from..to` along the body, around it between two angles that may change along the way.
   * Empty when it lies on the far side.
   */
  patch(from: number, to: number, start: (along: number) => number, end: (along: number) => number): Point[] {
    const middle = (from + to) / 2;
    // Angles are taken around the body until the patch lies next to what the viewer sees.
    const turns = 360 * Math.round((this.facing(middle) - (start(middle) + end(middle)) / 2) / 360);
    const first: Point[] = [];
    const second: Point[] = [];
    let widest = 0;
    const stations = this.#stations(from, to);
    for (const [i, along] of stations.entries()) {
      const section = this.ring(along);
      const centre = facing(section);
      const wrapped = 360 * Math.round((this.facing(middle) - centre) / 360);
      const low = centre + wrapped - 90;
      const a = Math.max(low, Math.min(low + 180, start(along) + turns));
      const b = Math.max(low, Math.min(low + 180, end(along) + turns));
      widest = Math.max(widest, b - a);
      first.push(flat(pointOn(section, a)));
      const isEdge = i === 0 || i === stations.length - 1;
      // Edges across the body are arcs; between them the sides alone matter.
      const pieces = isEdge ? Math.ceil((b - a) / 26) : 0;
      const arc: Point[] = [];
      for (let k = 1; k < pieces; k++) arc.push(flat(pointOn(section, a + ((b - a) * k) / pieces)));
      if (i === 0) first.unshift(...arc.reverse());
      else if (isEdge) first.push(...arc);
      second.push(flat(pointOn(section, b)));
    }
    return widest < 1 ? [] : [...first, ...second.reverse()];
  }

  /** All that is visible between two places. */
  band(from: number, to: number): Point[] {
    return this.patch(
      from,
      to,
      (along) => this.#facingNear(along, from, to) - 90,
      (along) => this.#facingNear(along, from, to) + 90,
    );
  }

  #facingNear(along: number, from: number, to: number): number {
    const reference = this.facing((from + to) / 2);
    const angle = this.facing(along);
    return angle + 360 * Math.round((reference - angle) / 360);
  }

  /** The two lines where the body turns away from the viewer, between two places. */
  edges(from: number, to: number): readonly [Point[], Point[]] {
    const stations = this.#stations(from, to);
    return [
      stations.map((along) => flat(this.point(along, this.#facingNear(along, from, to) - 90))),
      stations.map((along) => flat(this.point(along, this.#facingNear(along, from, to) + 90))),
    ];
  }

  /** The visible arc across the body. */
  arc(along: number): Point[] {
    const centre = this.facing(along);
    return [-90, -60, -30, 0, 30, 60, 90].map((angle) => flat(this.point(along, centre + angle)));
  }

  /** Depth component of the outward normal, -1..1: positive is visible. */
  visibility(along: number, angle: number): number {
    return normal(this.ring(along), angle)[2];
  }

  normal(along: number, angle: number): Vector3 {
    return normal(this.ring(along), angle);
  }
}

function pointOn({ centre, lateral, depth }: Ring, angle: number): Vector3 {
  return add(centre, add(scale(lateral, Math.sin(angle * degree)), scale(depth, Math.cos(angle * degree))));
}

function lengthSquared(v: Vector3): number {
  return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

/** Normal of the straight cylinder over the ring: the taper of limbs is small. */
function normal({ lateral, depth }: Ring, angle: number): Vector3 {
  const n = add(
    scale(lateral, Math.sin(angle * degree) / Math.max(1e-9, lengthSquared(lateral))),
    scale(depth, Math.cos(angle * degree) / Math.max(1e-9, lengthSquared(depth))),
  );
  return scale(n, 1 / Math.sqrt(Math.max(1e-12, lengthSquared(n))));
}

function facing({ lateral, depth }: Ring): number {
  return (
    Math.atan2(lateral[2] / Math.max(1e-9, lengthSquared(lateral)), depth[2] / Math.max(1e-9, lengthSquared(depth))) /
    degree
  );
}

export function flat(v: Vector3): Point {
  return [v[0], v[1]];
}

/** Catmull-Rom interpolation of a table whose first column rises. */
export function profile(table: readonly (readonly number[])[], x: number): number[] {
  let i = 0;
  while (i < table.length - 2 && x > (table[i + 1]?.[0] as number)) i++;
  const row = (k: number) => table[Math.max(0, Math.min(table.length - 1, k))] as readonly number[];
  const [p0, p1, p2, p3] = [row(i - 1), row(i), row(i + 1), row(i + 2)] as const;
  const span = (p2[0] as number) - (p1[0] as number);
  const t = Math.max(0, Math.min(1, (x - (p1[0] as number)) / span));
  return p1.slice(1).map((_, k) => {
    const [a, b, c, d] = [p0[k + 1], p1[k + 1], p2[k + 1], p3[k + 1]] as [number, number, number, number];
    // Tangents by the distance of the neighbours, so that uneven tables do not overshoot.
    const m1 = ((c - a) / Math.max(1e-9, (p2[0] as number) - (p0[0] as number))) * span;
    const m2 = ((d - b) / Math.max(1e-9, (p3[0] as number) - (p1[0] as number))) * span;
    const t2 = t * t;
    const t3 = t2 * t;
    return (2 * t3 - 3 * t2 + 1) * b + (t3 - 2 * t2 + t) * m1 + (-2 * t3 + 3 * t2) * c + (t3 - t2) * m2;
  });
}
