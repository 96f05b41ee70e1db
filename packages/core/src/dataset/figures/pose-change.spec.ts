import { figureIdentity } from './figure-identity.ts';
import { type FigurePose, standingPose } from './figure-pose.ts';
import { poseChange } from './pose-change.ts';
import { layOutFigure } from './render-figure.ts';

const person = figureIdentity(1, 0);
const placed = (pose: FigurePose) => ({ pose, joints: layOutFigure(person, pose, 64).joints });
const front = placed(standingPose('front'));

describe('poseChange', () => {
  it('is 0 without a change', () => {
    expect(poseChange(front, front)).toEqual({ displacement: 0, turn: 0, change: 0 });
  });

  it('counts a turn around as 1, whichever way around', () => {
    expect(poseChange(front, placed(standingPose('back'))).turn).toBe(180);
    expect(poseChange(placed(standingPose('left')), placed(standingPose('right'))).turn).toBe(180);
    const past = { ...standingPose('back'), yaw: 170 };
    const before = { ...standingPose('back'), yaw: -170 };
    expect(poseChange(placed(past), placed(before)).turn).toBe(20);
  });

  it('is larger for raised arms than for a turned head', () => {
    const base = standingPose('front');
    const up = { flexion: 10, abduction: 150, rotation: 0, elbow: 10 };
    const raised = poseChange(front, placed({ ...base, arms: { left: up, right: up } }));
    const turned = poseChange(front, placed({ ...base, body: { ...base.body, headTurn: 20 } }));
    expect(raised.displacement).toBeGreaterThan(turned.displacement);
    expect(turned.displacement).toBeGreaterThan(0);
  });

  it('is symmetric', () => {
    const other = placed({ ...standingPose('left'), scale: 0.9 });
    expect(poseChange(front, other)).toEqual(poseChange(other, front));
  });
});
