// The trivial answer "right pose, wrong clothes": of the images that training saw, the one nearest in pose to the target.
// Never the answer itself: where pairs are scored that were trained on, their own images would be the nearest of all.
import { type MeasuredPose, measuredPose, measuredPoseDistance, type Pair, type RgbImage } from '@ggb/core';
import { decodeImage } from '@ggb/core/node';

interface PosedImage {
  readonly path: string;
  readonly pose: MeasuredPose;
  readonly identity?: string;
}

export interface NearestPoseOptions {
  /** Pixels of decoded images that are kept, in bytes. The default holds three hundred of 256 x 256. */
  readonly capacityBytes?: number;
  readonly decode?: (path: string) => Promise<RgbImage>;
}

export class NearestPose {
  private readonly images: readonly PosedImage[];
  private readonly decode: (path: string) => Promise<RgbImage>;
  private readonly capacityBytes: number;
  /** The one used last stands last. */
  private readonly decoded = new Map<string, RgbImage>();
  private decodedBytes = 0;
  /** By target: pairs of many sources share one, and a search looks at every image. */
  private readonly found = new Map<string, readonly PosedImage[]>();

  /** Looks among sources and targets of these pairs, as far as their pose is known. */
  constructor(
    trainingPairs: readonly Pair[],
    { capacityBytes = 64 * 2 ** 20, decode = decodeImage }: NearestPoseOptions = {},
  ) {
    this.capacityBytes = capacityBytes;
    this.decode = decode;
    const images = new Map<string, PosedImage>();
    for (const { source, target, keypoints, sourceKeypoints, identity } of trainingPairs) {
      for (const [path, pose] of [
        [target, keypoints],
        [source, sourceKeypoints],
      ] as const) {
        if (pose === undefined || images.has(path)) continue;
        images.set(path, { path, pose: measuredPose(pose), ...(identity === undefined ? {} : { identity }) });
      }
    }
    this.images = [...images.values()];
  }

  /** Whether there is any image to choose from. */
  get isKnown(): boolean {
    return this.images.length > 0;
  }

  /**
   * The first of the nearest images in the order of the training pairs; neither source nor target of this pair, nor an image
   * of its identity where that is known. Undefined if no other is left, or the pair has no pose.
   */
  nearest(pair: Pair): string | undefined {
    return this.twoNearest(pair).find(({ path }) => path !== pair.source)?.path;
  }

  /**
   * The same, decoded.
   *
   * @throws ImageError  for an image that cannot be read.
   */
  async image(pair: Pair): Promise<RgbImage | undefined> {
    const path = this.nearest(pair);
    if (path === undefined) return undefined;
    const image = this.decoded.get(path) ?? (await this.decode(path));
    this.keep(path, image);
    return image;
  }

  /** Two, so that one is left when the first is the source: the search need not know of the source. */
  private twoNearest({ target, identity, keypoints }: Pair): readonly PosedImage[] {
    if (keypoints === undefined) return [];
    const key = JSON.stringify([target, identity, keypoints]);
    const known = this.found.get(key);
    if (known !== undefined) return known;
    const pose = measuredPose(keypoints);
    let [first, second]: (PosedImage & { distance: number })[] = [];
    for (const image of this.images) {
      if (image.path === target || (identity !== undefined && image.identity === identity)) continue;
      const distance = measuredPoseDistance(image.pose, pose);
      if (first === undefined || distance < first.distance) [first, second] = [{ ...image, distance }, first];
      else if (second === undefined || distance < second.distance) second = { ...image, distance };
    }
    const two = [first, second].filter((image) => image !== undefined);
    this.found.set(key, two);
    return two;
  }

  private keep(path: string, image: RgbImage): void {
    if (this.decoded.delete(path)) this.decodedBytes -= image.data.length;
    this.decoded.set(path, image);
    this.decodedBytes += image.data.length;
    for (const [oldest, { data }] of this.decoded) {
      if (this.decodedBytes <= this.capacityBytes) break;
      this.decoded.delete(oldest);
      this.decodedBytes -= data.length;
    }
  }
}
