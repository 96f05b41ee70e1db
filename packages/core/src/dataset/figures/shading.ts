// Light from the top left, and shade on what lies behind: overlapping limbs stay apart.
import type { Colour } from './colour.ts';
import type { Mark } from './pattern.ts';
import type { Surface } from './surface.ts';

const shadow: Colour = [20, 16, 40];

/** The side of a round part that is turned away from the light (top left). */
export function shadeMark(surface: Surface, from: number, to: number): Mark[] {
  const middle = (from + to) / 2;
  const facing = surface.facing(middle);
  const light = (angle: number) => {
    const n = surface.normal(middle, angle);
    return n[0] * 0.85 + n[1] * 0.5;
  };
  const sign = light(facing + 60) > light(facing - 60) ? 1 : -1;
  const near = (along: number) => {
    const angle = surface.facing(along);
    return angle + 360 * Math.round((facing - angle) / 360);
  };
  const outline =
    sign > 0
      ? surface.patch(
          from,
          to,
          (along) => near(along) + 32,
          (along) => near(along) + 90,
        )
      : surface.patch(
          from,
          to,
          (along) => near(along) - 90,
          (along) => near(along) - 32,
        );
  return outline.length > 2 ? [{ outline, colour: shadow, opacity: 0.14 }] : [];
}

/** Light on a part at depth z: limbs on the far side lie in the shade of the trunk. */
export function lightAt(z: number): number {
  return 1 - 0.17 * Math.max(0, Math.min(1, (-z - 0.035) / 0.06));
}
