// How large the change is that a pair of figures demands.
import type { FigurePose } from './figure-pose.ts';
import type { Point } from './surface.ts';

export interface PoseChange {
  /**
   * Mean over all 18 joints, hidden ones too, of the distance between the two places in the frame, divided by the
   * mean of the two figures' heights (longer side of the box around the joints).
   */
  readonly displacement: number;
  /** Turn of the body between the two views, degrees, 0..180. */
  readonly turn: number;
  /** `displacement + turn / 180`: 0 for no change, above 1 for a figure that turns around and moves its limbs. */
  readonly change: number;
}

function height(joints: readonly Point[]): number {
  const spread = (axis: 0 | 1) => {
    const values = joints.map((joint) => joint[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  return Math.max(spread(0), spread(1));
}

/** A pose and where all of its joints are on the screen, nothing hidden. */
export interface PlacedPose {
  readonly pose: FigurePose;
  readonly joints: readonly Point[];
}

/** The change from one pose of a person to another; symmetric. Both in pixels of the same frame. */
export function poseChange(source: PlacedPose, target: PlacedPose): PoseChange {
  const scale = (height(source.joints) + height(target.joints)) / 2;
  const sum = source.joints.reduce((total, [x, y], i) => {
    const [u, v] = target.joints[i] as Point;
    return total + Math.hypot(x - u, y - v);
  }, 0);
  const displacement = sum / source.joints.length / scale;
  const turned = Math.abs(source.pose.yaw - target.pose.yaw) % 360;
  const turn = Math.min(turned, 360 - turned);
  // Four decimals: a record, not an intermediate result, and the same on every machine.
  const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
  return { displacement: rounded(displacement), turn: rounded(turn), change: rounded(displacement + turn / 180) };
}
