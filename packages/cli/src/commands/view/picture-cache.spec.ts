import type { Picture } from './picture.ts';
import { PictureCache } from './picture-cache.ts';

const picture = (bytes: number): Picture => ({ bytes: new Uint8Array(bytes), type: 'image/png' });

function counted(cache: PictureCache) {
  const made: string[] = [];
  const get = (name: string, bytes = 10) =>
    cache.picture(name, async () => {
      made.push(name);
      return picture(bytes);
    });
  return { made, get };
}

it('makes a picture once, also when several ask for it at a time', async () => {
  const { made, get } = counted(new PictureCache({ capacityBytes: 100, atOnce: 2 }));
  const [first, second] = await Promise.all([get('a'), get('a')]);
  expect(await get('a')).toBe(first);
  expect(second).toBe(first);
  expect(made).toEqual(['a']);
});

it('drops what was asked for longest ago when it is full, and never holds more', async () => {
  const cache = new PictureCache({ capacityBytes: 30, atOnce: 2 });
  const { made, get } = counted(cache);
  for (const name of ['a', 'b', 'c', 'a', 'd']) await get(name);
  expect(cache.usedBytes).toBe(30);
  made.length = 0;
  for (const name of ['a', 'c', 'd', 'b']) await get(name);
  expect(made).toEqual(['b']);
  await get('large', 31);
  expect(cache.usedBytes).toBe(0);
});

it('makes only so many at once', async () => {
  const cache = new PictureCache({ capacityBytes: 100, atOnce: 2 });
  let [running, most] = [0, 0];
  const slow = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    return picture(1);
  };
  await Promise.all(Array.from({ length: 7 }, (_, index) => cache.picture(`${index}`, slow)));
  expect(most).toBe(2);
});

it('does not keep a failure, and goes on after it', async () => {
  const cache = new PictureCache({ capacityBytes: 100, atOnce: 1 });
  await expect(cache.picture('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect((await cache.picture('a', async () => picture(3))).bytes).toHaveLength(3);
});
