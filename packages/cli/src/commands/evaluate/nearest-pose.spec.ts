import { type Joint, jointCount, type Keypoints, type Pair, type RgbImage } from '@ggb/core';
import { NearestPose } from './nearest-pose.ts';

/** A line of joints at x. */
const at = (x: number): Keypoints => Array.from({ length: jointCount }, (_, joint): Joint => [x, joint]);

/** Images are named by identity and place: a1 shows a at 1. */
const pair = (source: string, target: string, options: Partial<Pair> = {}): Pair => ({
  id: `${source}-${target}`,
  source,
  target,
  keypoints: at(Number(target.slice(1))),
  sourceKeypoints: at(Number(source.slice(1))),
  manifest: 'pairs.jsonl',
  line: 1,
  ...options,
});

const training = [pair('a1', 'a5', { identity: 'a' }), pair('b2', 'b9', { identity: 'b' })];

describe('the image nearest in pose', () => {
  const nearest = new NearestPose(training);

  it('is looked for among sources and targets', () => {
    expect(nearest.nearest(pair('c0', 'c8'))).toBe('b9');
    expect(nearest.nearest(pair('c0', 'c2'))).toBe('b2');
  });

  it('is the first of those that are equally near', () => {
    expect(nearest.nearest(pair('c0', 'c7'))).toBe('a5');
  });

  it('is never the target or the source of the pair, whatever else is known', () => {
    const unnamed = new NearestPose(training.map(({ identity, ...rest }) => rest));
    expect(unnamed.nearest(pair('a1', 'a5'))).toBe('b2');
    expect(unnamed.nearest(pair('b2', 'b9'))).toBe('a5');
    expect(unnamed.nearest(pair('b2', 'a5'))).toBe('a1');
  });

  it('is none of the identity of the pair', () => {
    expect(nearest.nearest(pair('a7', 'a6', { identity: 'a' }))).toBe('b9');
    expect(nearest.nearest(pair('b7', 'b9', { identity: 'b' }))).toBe('a5');
  });

  it('is found anew for another source of the same target', () => {
    expect(nearest.nearest(pair('c0', 'a4'))).toBe('a5');
    expect(nearest.nearest(pair('a5', 'a4'))).toBe('b2');
  });

  it('is not there, if nothing but the pair itself was trained on, or the pair has no pose', () => {
    expect(new NearestPose([pair('a1', 'a5')]).nearest(pair('a1', 'a5'))).toBeUndefined();
    const { keypoints, ...poseless } = pair('c0', 'c2');
    expect(nearest.nearest(poseless)).toBeUndefined();
  });
});

describe('decoded images', () => {
  const image: RgbImage = { data: new Uint8Array(12), width: 2, height: 2 };

  it('are kept up to the capacity; the one not used for longest goes first', async () => {
    const decoded: string[] = [];
    const nearest = new NearestPose(training, {
      capacityBytes: 2 * image.data.length,
      decode: async (path) => {
        decoded.push(path);
        return image;
      },
    });
    const ask = async (...places: number[]) => {
      for (const place of places) expect(await nearest.image(pair('c0', `c${place}`))).toBe(image);
    };
    await ask(1, 2, 1, 2);
    expect(decoded).toEqual(['a1', 'b2']);
    await ask(1, 9);
    expect(decoded).toEqual(['a1', 'b2', 'b9']);
    await ask(1, 2);
    expect(decoded).toEqual(['a1', 'b2', 'b9', 'b2']);
  });
});
