import { type Picture, PictureStore } from './picture-store.ts';

/** Pictures of 10 x 10 pixels, 400 bytes, that say when they are closed. */
function storeFor(capacityBytes: number) {
  const closed: string[] = [];
  const decoded: string[] = [];
  const decode = async (url: string): Promise<Picture> => {
    decoded.push(url);
    if (url === 'broken') throw new Error('broken');
    const drawable = { close: () => closed.push(url) } as unknown as ImageBitmap;
    return { drawable, width: 10, height: 10 };
  };
  return { store: new PictureStore({ capacityBytes, decode }), closed, decoded };
}

describe('decoded pictures', () => {
  it('are kept within a budget of bytes, the last used longest, and closed when they go', async () => {
    const { store, closed, decoded } = storeFor(1000);
    for (const url of ['a', 'b', 'a', 'c']) await store.load(url);
    expect([closed, decoded, store.usedBytes]).toEqual([['b'], ['a', 'b', 'c'], 800]);
    expect([store.arrived('a')?.width, store.arrived('b')]).toEqual([10, undefined]);
    await store.load('b');
    expect([closed, decoded]).toEqual([
      ['b', 'a'],
      ['a', 'b', 'c', 'b'],
    ]);
  });

  it('stay while they are shown, whatever they take', async () => {
    const { store, closed } = storeFor(500);
    store.hold(new Set(['a', 'b']));
    for (const url of ['a', 'b', 'c']) await store.load(url);
    expect([closed, store.usedBytes]).toEqual([['c'], 800]);
    store.hold(new Set(['d']));
    await store.load('d');
    expect([closed, store.usedBytes]).toEqual([['c', 'a', 'b'], 400]);
  });

  it('are asked for again when they did not arrive', async () => {
    const { store, decoded } = storeFor(1000);
    await expect(store.load('broken')).rejects.toThrow('broken');
    await expect(store.load('broken')).rejects.toThrow('broken');
    expect([decoded, store.usedBytes]).toEqual([['broken', 'broken'], 0]);
  });
});
