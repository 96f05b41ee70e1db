// Pan and zoom of several panes at once. The viewport is in image fractions and relative to "fits the pane", so that it
// means the same in panes and for images of other sizes, and stays while stepping through results.
import type { Viewport } from '../app/view-state.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where an image lies in its pane: CSS pixels for each image pixel, and the place of its top left corner. */
export interface Placement {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const maximumZoom = 64;
/** Of the side that fits, what whole pixels may leave: more empty pane is worse than pixels that differ by one. */
const leastOfPane = 0.85;

/**
 * The scale at which the image just fits. Enlarged images take whole device pixels for each of theirs where that costs
 * little of the pane: all pixels are then equally large.
 */
export function fittingScale(image: Size, pane: Size, devicePixelRatio: number): number {
  const fit = Math.min(pane.width / image.width, pane.height / image.height);
  const whole = Math.floor(fit * devicePixelRatio) / devicePixelRatio;
  return whole >= leastOfPane * fit ? whole : fit;
}

export function placement(image: Size, pane: Size, viewport: Viewport, devicePixelRatio = 1): Placement {
  const scale = fittingScale(image, pane, devicePixelRatio) * viewport.zoom;
  const left = pane.width / 2 - viewport.x * image.width * scale;
  const top = pane.height / 2 - viewport.y * image.height * scale;
  // At whole device pixels: in between, every pixel edge would be blurred.
  const snap = (value: number) => Math.round(value * devicePixelRatio) / devicePixelRatio;
  return { scale, left: snap(left), top: snap(top) };
}

/** The image pixel under a point of the pane, undefined beside the image. */
export function pixelAt(point: Point, image: Size, { scale, left, top }: Placement): Point | undefined {
  const x = Math.floor((point.x - left) / scale);
  const y = Math.floor((point.y - top) / scale);
  return x >= 0 && y >= 0 && x < image.width && y < image.height ? { x, y } : undefined;
}

/** Zooms by `factor` such that what is under `point` stays under it. */
export function zoomedAt(viewport: Viewport, factor: number, point: Point, image: Size, pane: Size, dpr = 1): Viewport {
  const zoom = Math.min(maximumZoom, Math.max(1, viewport.zoom * factor));
  if (zoom === viewport.zoom) return viewport;
  const before = fittingScale(image, pane, dpr) * viewport.zoom;
  const after = fittingScale(image, pane, dpr) * zoom;
  const offset = { x: point.x - pane.width / 2, y: point.y - pane.height / 2 };
  return clamped({
    zoom,
    x: viewport.x + offset.x / (before * image.width) - offset.x / (after * image.width),
    y: viewport.y + offset.y / (before * image.height) - offset.y / (after * image.height),
  });
}

/** Moves the image by CSS pixels, as a hand would. */
export function panned(viewport: Viewport, by: Point, image: Size, pane: Size, dpr = 1): Viewport {
  const scale = fittingScale(image, pane, dpr) * viewport.zoom;
  return clamped({
    zoom: viewport.zoom,
    x: viewport.x - by.x / (scale * image.width),
    y: viewport.y - by.y / (scale * image.height),
  });
}

/** The middle of the pane always shows the image; at zoom 1 all of it. */
function clamped({ zoom, x, y }: Viewport): Viewport {
  const margin = 0.5 / zoom;
  const inside = (value: number) => Math.min(1 - margin, Math.max(margin, value));
  return { zoom, x: inside(x), y: inside(y) };
}
