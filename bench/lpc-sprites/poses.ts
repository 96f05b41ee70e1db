// The grid of every sheet: rows are actions in a direction, columns are frames; 178 poses in all.

export const cellSide = 64;

export interface Pose {
  /** E.g. 'walk-front-3'. */
  readonly name: string;
  readonly action: string;
  readonly direction: 'back' | 'left' | 'front' | 'right';
  readonly row: number;
  readonly column: number;
}

const actions = [
  { action: 'spellcast', frames: 7 },
  { action: 'thrust', frames: 8 },
  { action: 'walk', frames: 9 },
  { action: 'slash', frames: 6 },
  { action: 'shoot', frames: 13 },
] as const;

const directions = ['back', 'left', 'front', 'right'] as const;

const hurtFrames = 6;

export const poses: readonly Pose[] = [
  ...actions.flatMap(({ action, frames }, i) =>
    directions.flatMap((direction, j) => posesOfRow(action, direction, 4 * i + j, frames)),
  ),
  ...posesOfRow('hurt', 'front', 20, hurtFrames),
];

function posesOfRow(action: string, direction: Pose['direction'], row: number, frames: number): Pose[] {
  return Array.from({ length: frames }, (_, column) => ({
    name: `${action}-${direction}-${column}`,
    action,
    direction,
    row,
    column,
  }));
}
