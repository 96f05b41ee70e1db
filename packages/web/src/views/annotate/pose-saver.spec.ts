import type { ViewKeypoints } from '../../run-source/view-data.ts';
import { PoseSaver } from './pose-saver.ts';

const pose = (x: number): ViewKeypoints => [[x, 0], null];

/** A manifest that can be out of order. */
function manifest() {
  const written: [number, ViewKeypoints][] = [];
  const broken = new Set<number>();
  const states: string[] = [];
  const saver: PoseSaver = new PoseSaver(
    async (photo, keypoints) => {
      if (broken.has(photo)) throw new Error('refused');
      written.push([photo, keypoints]);
    },
    () => states.push(saver.stateOf(0)),
  );
  return { saver, written, broken, states };
}

describe('poses to be saved', () => {
  it('are written, and told to be', async () => {
    const { saver, written, states } = manifest();
    saver.edited(0, pose(1));
    await saver.saveAll();
    expect(written).toEqual([[0, pose(1)]]);
    expect(states).toEqual(['changed', 'saving', 'saved']);
    await saver.saveAll();
    expect(written).toHaveLength(1);
  });

  it('are kept when a save fails, also when another photo is edited then, and are written with the next', async () => {
    const { saver, written, broken } = manifest();
    broken.add(0);
    saver.edited(0, pose(1));
    await saver.saveAll();
    saver.edited(1, pose(2));
    await saver.saveAll();
    expect(written).toEqual([[1, pose(2)]]);
    expect([saver.unsaved, saver.stateOf(0), saver.stateOf(1)]).toEqual([[0], 'changed', 'saved']);
    broken.clear();
    await saver.saveAll();
    expect([written.at(-1), saver.unsaved]).toEqual([[0, pose(1)], []]);
  });

  it('are written anew when they were edited while they were being saved', async () => {
    const { saver, written } = manifest();
    saver.edited(0, pose(1));
    const first = saver.saveAll();
    await Promise.resolve();
    saver.edited(0, pose(2));
    await first;
    expect([saver.unsaved, saver.stateOf(0)]).toEqual([[0], 'changed']);
    await saver.saveAll();
    expect([written, saver.unsaved]).toEqual([
      [
        [0, pose(1)],
        [0, pose(2)],
      ],
      [],
    ]);
  });

  it('go one after the other, however often saving is asked for', async () => {
    let [atOnce, most] = [0, 0];
    const saver = new PoseSaver(
      async () => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setTimeout(resolve, 1));
        atOnce--;
      },
      () => {},
    );
    for (const photo of [0, 1, 2]) saver.edited(photo, pose(photo));
    await Promise.all([saver.saveAll(), saver.saveAll(), saver.saveAll()]);
    expect([most, saver.unsaved]).toEqual([1, []]);
  });
});
