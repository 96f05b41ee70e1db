import { type FigurePose, figurePose, figureViews, jointLimits } from './figure-pose.ts';

const poses: FigurePose[] = [];
for (let identity = 0; identity < 100; identity++) {
  for (let index = 0; index < 8; index++) poses.push(figurePose(3, identity, index));
}

describe('figurePose', () => {
  it('keeps every joint within what a body can do', () => {
    const beyond: string[] = [];
    for (const pose of poses) {
      const groups = [
        [pose.body, jointLimits.body],
        [pose.arms.left, jointLimits.arm],
        [pose.arms.right, jointLimits.arm],
        [pose.legs.left, jointLimits.leg],
        [pose.legs.right, jointLimits.leg],
      ] as unknown as [Record<string, number>, Record<string, readonly [number, number]>][];
      for (const [angles, limits] of groups) {
        for (const [name, [low, high]] of Object.entries(limits)) {
          const angle = angles[name] ?? Number.NaN;
          if (!(angle >= low && angle <= high)) beyond.push(`${pose.name}: ${name} ${angle}, limits ${low}..${high}`);
        }
      }
    }
    expect(beyond).toEqual([]);
  });

  it('has limits no wider than the ranges of motion of adults', () => {
    // American Academy of Orthopaedic Surgeons: shoulder flexion 180, extension 60, abduction 180, rotation 70-90;
    // elbow 150; hip flexion 120, extension 30, abduction 45 to 50; knee 135 to 140; ankle 50 down, 20 to 25 up.
    const outer = {
      arm: { flexion: [-60, 180], abduction: [-50, 180], rotation: [-90, 90], elbow: [0, 150] },
      leg: { flexion: [-30, 120], abduction: [-30, 50], rotation: [-45, 45], knee: [0, 140], ankle: [-50, 25] },
    } as const;
    for (const limb of ['arm', 'leg'] as const) {
      for (const [name, [low, high]] of Object.entries(outer[limb])) {
        const limits = (jointLimits[limb] as Record<string, readonly [number, number]>)[name];
        expect(limits?.[0]).toBeGreaterThanOrEqual(low);
        expect(limits?.[1]).toBeLessThanOrEqual(high);
      }
    }
  });

  it('shows a person from all four sides in every four poses', () => {
    for (let first = 0; first < poses.length; first += 4) {
      const views = poses.slice(first, first + 4).map((pose) => pose.view);
      expect([...views].sort()).toEqual([...figureViews].sort());
    }
  });

  it('turns the body no more than 22 degrees away from its view', () => {
    const middle = { front: 0, left: 90, back: 180, right: -90 };
    for (const pose of poses) expect(Math.abs(pose.yaw - middle[pose.view])).toBeLessThanOrEqual(22);
  });

  it('does not depend on the poses drawn before it', () => {
    expect(figurePose(3, 40, 5)).toEqual(poses[40 * 8 + 5]);
    expect(figurePose(4, 40, 5)).not.toEqual(poses[40 * 8 + 5]);
  });
});
