// The trivial answer "right pose, wrong clothes": of all images that training saw, the one nearest in pose to the target.
import { type Keypoints, type Pair, poseDistance, type RgbImage } from '@ggb/core';
import { decodeImage } from '@ggb/core/node';

interface PosedImage {
  readonly path: string;
  readonly keypoints: Keypoints;
}

export class NearestPose {
  private readonly images: readonly PosedImage[];
  private readonly decoded = new Map<string, Promise<RgbImage>>();

  /** Looks among sources and targets of these pairs, as far as their pose is known. */
  constructor(trainingPairs: readonly Pair[]) {
    const images = new Map<string, PosedImage>();
    for (const { source, target, keypoints, sourceKeypoints } of trainingPairs) {
      if (keypoints !== undefined) images.set(target, { path: target, keypoints });
      if (sourceKeypoints !== undefined) images.set(source, { path: source, keypoints: sourceKeypoints });
    }
    this.images = [...images.values()];
  }

  /** Whether there is any image to choose from. */
  get isKnown(): boolean {
    return this.images.length > 0;
  }

  /** The first of the nearest images in the order of the pairs. */
  nearest(keypoints: Keypoints): string {
    let best: { path: string; distance: number } | undefined;
    for (const image of this.images) {
      const distance = poseDistance(image.keypoints, keypoints);
      if (best === undefined || distance < best.distance) best = { path: image.path, distance };
    }
    if (best === undefined) throw new Error('NearestPose: there is no image with a pose.');
    return best.path;
  }

  /** The same, decoded. */
  image(keypoints: Keypoints): Promise<RgbImage> {
    const path = this.nearest(keypoints);
    let image = this.decoded.get(path);
    if (image === undefined) {
      image = decodeImage(path);
      this.decoded.set(path, image);
    }
    return image;
  }
}
