export { ImageInputError } from '../image/image-input-error.ts';
export { type Mask, maskThreshold, type RgbImage } from '../image/rgb-image.ts';
export { insideL1, l1 } from '../l1/l1.ts';
export { type SsimProtocol, type SsimWindow, ssimProtocols } from '../protocols/ssim-protocol.ts';
export { type PairScores, type PairToScore, scorePair } from '../score-pair/score-pair.ts';
export { sharpnessRatio } from '../sharpness/sharpness.ts';
export { figureMask } from '../silhouette/figure-mask.ts';
export { type SsimMap, ssim, ssimInside, ssimMap } from '../ssim/ssim.ts';
