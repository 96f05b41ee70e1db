// Three-dimensional vectors and rotations of the figures.
// Axes: x to the right of the picture, y down, z towards the viewer. In the frame of a body: x to the person's left,
// y down, z forward; the two agree for a person who faces the viewer.

export type Vector3 = readonly [x: number, y: number, z: number];

/** A frame: the pictures of the three unit vectors (the columns of its matrix). */
export type Frame = readonly [x: Vector3, y: Vector3, z: Vector3];

export function add(a: Vector3, b: Vector3): Vector3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function scale(a: Vector3, factor: number): Vector3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function mix(a: Vector3, b: Vector3, t: number): Vector3 {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export function subtract(a: Vector3, b: Vector3): Vector3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function dot(a: Vector3, b: Vector3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** `frame * (x, y, z)`. */
export function at(frame: Frame, x: number, y: number, z: number): Vector3 {
  const [ex, ey, ez] = frame;
  return [ex[0] * x + ey[0] * y + ez[0] * z, ex[1] * x + ey[1] * y + ez[1] * z, ex[2] * x + ey[2] * y + ez[2] * z];
}

/** The rotations one after the other, the last one applied first: `compose(a, b)` is the matrix product a b. */
export function compose(...frames: readonly Frame[]): Frame {
  return frames.reduce((a, b) => [at(a, ...b[0]), at(a, ...b[1]), at(a, ...b[2])] as const);
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Swings what hangs down (y) forward (z) by `degrees`. */
export function swingForward(degrees: number): Frame {
  const c = Math.cos(radians(degrees));
  const s = Math.sin(radians(degrees));
  return [
    [1, 0, 0],
    [0, c, s],
    [0, -s, c],
  ];
}

/** Swings what hangs down (y) towards the person's left (x) by `degrees`. */
export function swingLeft(degrees: number): Frame {
  const c = Math.cos(radians(degrees));
  const s = Math.sin(radians(degrees));
  return [
    [c, -s, 0],
    [s, c, 0],
    [0, 0, 1],
  ];
}

/** Turns what points forward (z) towards the person's right (-x) by `degrees`, around the vertical. */
export function turnRight(degrees: number): Frame {
  const c = Math.cos(radians(degrees));
  const s = Math.sin(radians(degrees));
  return [
    [c, 0, s],
    [0, 1, 0],
    [-s, 0, c],
  ];
}
