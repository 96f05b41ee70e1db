import { wholeImage } from '../app/view-state.ts';
import { fittingScale, panned, pixelAt, placement, zoomedAt } from './viewport.ts';

const image = { width: 64, height: 32 };
const pane = { width: 256, height: 256 };

describe('the viewport of the panes', () => {
  it('shows the whole image in the middle at first', () => {
    expect(placement(image, pane, wholeImage)).toEqual({ scale: 4, left: 0, top: 64 });
  });

  it('gives each pixel of an enlarged image equally many device pixels', () => {
    expect(fittingScale({ width: 60, height: 60 }, pane, 1)).toBe(4);
    expect(fittingScale({ width: 60, height: 60 }, pane, 2)).toBe(4);
    expect(fittingScale({ width: 60, height: 60 }, { width: 290, height: 290 }, 2)).toBe(4.5);
  });

  it('fits exactly where whole pixels would waste the pane, or the image is larger', () => {
    expect(fittingScale({ width: 100, height: 100 }, pane, 1)).toBe(2.56);
    expect(fittingScale({ width: 64, height: 64 }, { width: 255, height: 255 }, 1)).toBe(255 / 64);
    expect(fittingScale({ width: 512, height: 512 }, pane, 1)).toBe(0.5);
  });

  it('keeps what is under the pointer there while zooming', () => {
    const pointer = { x: 100, y: 140 };
    const before = pixelAt(pointer, image, placement(image, pane, wholeImage));
    const viewport = zoomedAt(wholeImage, 4, pointer, image, pane);
    expect(viewport.zoom).toBe(4);
    expect(pixelAt(pointer, image, placement(image, pane, viewport))).toEqual(before);
    expect(before).toEqual({ x: 25, y: 19 });
  });

  it('neither shrinks below the whole image nor grows without end', () => {
    expect(zoomedAt({ zoom: 2, x: 0.3, y: 0.6 }, 0.1, { x: 0, y: 0 }, image, pane)).toEqual(wholeImage);
    expect(zoomedAt(wholeImage, 1e6, { x: 128, y: 128 }, image, pane).zoom).toBe(64);
  });

  it('follows the hand, up to the edge of the image', () => {
    const zoomed = { zoom: 4, x: 0.5, y: 0.5 };
    // 16 CSS pixels are one image pixel here, a 64th of the width.
    expect(panned(zoomed, { x: 16, y: -16 }, image, pane)).toEqual({ zoom: 4, x: 0.5 - 1 / 64, y: 0.5 + 1 / 32 });
    expect(panned(zoomed, { x: 1e6, y: 0 }, image, pane).x).toBe(0.125);
    expect(panned(wholeImage, { x: 30, y: 30 }, image, pane)).toEqual(wholeImage);
  });

  it('names no pixel beside the image', () => {
    const placed = placement(image, pane, wholeImage);
    expect(pixelAt({ x: 10, y: 63.9 }, image, placed)).toBeUndefined();
    expect(pixelAt({ x: 255.9, y: 191.9 }, image, placed)).toEqual({ x: 63, y: 31 });
    expect(pixelAt({ x: 256, y: 100 }, image, placed)).toBeUndefined();
  });
});
