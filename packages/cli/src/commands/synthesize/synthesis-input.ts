import type { RgbImage, SynthesisInput, VariationInput } from '@ggb/core';

/** What a pair of a manifest asks of a model. */
export function synthesisInput(image: RgbImage, variation: VariationInput): SynthesisInput {
  const { keypoints, sourceKeypoints, label, image: condition } = variation;
  return {
    image,
    ...(keypoints && { keypoints }),
    ...(sourceKeypoints && { sourceKeypoints }),
    ...(label && { label }),
    ...(condition && { condition }),
  };
}
