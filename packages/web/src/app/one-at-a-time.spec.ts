import { OneAtATime } from './one-at-a-time.ts';

describe('readings of one thing', () => {
  it('are one at a time, and one more for all who asked meanwhile', async () => {
    const queue = new OneAtATime();
    const log: string[] = [];
    const ends: (() => void)[] = [];
    const work = async () => {
      log.push('begins');
      await new Promise<void>((resolve) => ends.push(resolve));
      log.push('ends');
    };
    const first = queue.run('a', work);
    while (ends.length < 1) await Promise.resolve();
    const all = Promise.all([first, queue.run('a', work), queue.run('a', work)]);
    ends[0]?.();
    while (ends.length < 2) await Promise.resolve();
    ends[1]?.();
    await all;
    expect(log).toEqual(['begins', 'ends', 'begins', 'ends']);
    const later = queue.run('a', work);
    while (ends.length < 3) await Promise.resolve();
    ends[2]?.();
    await later;
    expect(log).toHaveLength(6);
  });

  it('do not wait for readings of another', async () => {
    const queue = new OneAtATime();
    void queue.run('a', () => new Promise<void>(() => {}));
    let isDone = false;
    await queue.run('b', async () => {
      isDone = true;
    });
    expect(isDone).toBe(true);
  });
});
