// Distributions of images by features of a network: Inception-v3, FID and Inception Score. Node; runs on the active TensorFlow.js
// backend.
export {
  type CustomFeatures,
  customFeatures,
  FeatureShapeError,
  type PredictingModel,
} from '../features/custom-features.ts';
export {
  type DistributionMetric,
  type DistributionProgress,
  type DistributionRequest,
  type DistributionScores,
  evaluateDistribution,
  type ImageSet,
  isStatisticsFile,
} from '../features/evaluate-distribution.ts';
export {
  type DecodeImage,
  type ExtractionOptions,
  extractFeatures,
  type FeatureBatch,
  ImageFeaturesError,
  ignoredWarning,
  imageFilesOf,
  type ListedImages,
  listImageFiles,
} from '../features/extract-features.ts';
export { FeatureCache } from '../features/feature-cache.ts';
export type { FeatureNetwork, ImageFeatures } from '../features/feature-network.ts';
export { FeatureStatistics, type GaussianStatistics } from '../frechet-distance/feature-statistics.ts';
export { type FrechetDistance, fewImages, frechetDistance } from '../frechet-distance/frechet-distance.ts';
export { portableStatistics } from '../frechet-distance/portable-statistics.ts';
export type { StatisticsEngine } from '../frechet-distance/statistics-engine.ts';
export { FeatureStatisticsError } from '../frechet-distance/statistics-error.ts';
export { readStatistics, writeStatistics } from '../frechet-distance/statistics-file.ts';
export {
  type InceptionName,
  type InceptionOptions,
  inceptionNames,
  inceptionNetwork,
} from '../inception/inception-network.ts';
export type { FeatureLayer } from '../inception/inception-v3.ts';
export { InceptionWeightsError, parseInceptionWeights } from '../inception/inception-weights.ts';
export { loadInception } from '../inception/load-inception.ts';
export { defaultSplits, InceptionScore, type InceptionScoreValue } from '../inception-score/inception-score.ts';
