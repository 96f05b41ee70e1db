// FID and Inception Score of image sets, from files to numbers that say what they were computed with.
import type { GaussianStatistics } from '../frechet-distance/feature-statistics.ts';
import { FeatureStatistics } from '../frechet-distance/feature-statistics.ts';
import { type FrechetDistance, fewImages, frechetDistance } from '../frechet-distance/frechet-distance.ts';
import { portableStatistics } from '../frechet-distance/portable-statistics.ts';
import type { StatisticsEngine } from '../frechet-distance/statistics-engine.ts';
import { FeatureStatisticsError } from '../frechet-distance/statistics-error.ts';
import { readStatistics } from '../frechet-distance/statistics-file.ts';
import { defaultSplits, InceptionScore, type InceptionScoreValue } from '../inception-score/inception-score.ts';
import {
  type ExtractionOptions,
  extractFeatures,
  ignoredWarning,
  listImageFiles,
  sortedByName,
} from './extract-features.ts';

/** A folder of images, a `.npz` file of statistics, or the paths of images. */
export type ImageSet = string | readonly string[];

export type DistributionMetric = 'fid' | 'is';

export interface DistributionRequest extends ExtractionOptions {
  /** Needed for `fid` alone. */
  readonly real?: ImageSet;
  readonly generated: ImageSet;
  readonly metrics: readonly DistributionMetric[];
  /**
   * The network that made the statistics of a `.npz` file: such files do not say. Its name must be that of `features`. Left
   * out, a distance from such a file is labelled not comparable, for it may mix two networks or two ways of resizing.
   */
  readonly statisticsNetwork?: string;
  /** What computes covariances and eigenvalues: {@link portableStatistics} unless given. */
  readonly statistics?: StatisticsEngine;
  /** Of the Inception Score; 10 unless said. */
  readonly splits?: number;
  readonly onProgress?: (progress: DistributionProgress) => void;
}

export interface DistributionProgress {
  readonly set: 'real' | 'generated';
  readonly done: number;
  readonly total: number;
  /** How many of those done came from the cache. */
  readonly cached: number;
}

export interface DistributionScores {
  readonly network: {
    readonly name: string;
    readonly weightsSha256: string;
    readonly comparable: boolean;
    /** Why the scores may or may not stand beside published ones; print it with them. */
    readonly label: string;
  };
  /** What computed covariances and eigenvalues. */
  readonly engine: string;
  /** Images of each set; undefined for statistics from a file that does not say. */
  readonly count: { readonly real?: number; readonly generated?: number };
  readonly fid?: FrechetDistance;
  readonly is?: InceptionScoreValue;
  /** Sentences for people: too few images, for example. */
  readonly warnings: readonly string[];
}

/**
 * Computes features of both sets, once, and the metrics from them. Files of a folder are taken in the order of their names, and
 * so are files that are given; memory does not grow with their number.
 *
 * @throws FeatureStatisticsError  for sets that have no such score.
 * @throws ImageFeaturesError  for an image that cannot be read or decoded; an AbortError once the signal says so.
 */
export async function evaluateDistribution(request: DistributionRequest): Promise<DistributionScores> {
  const { features: network, metrics, statistics: engine = portableStatistics, real, generated } = request;
  const wantsFid = metrics.includes('fid');
  const wantsIs = metrics.includes('is');
  if (wantsFid && real === undefined) {
    throw new FeatureStatisticsError('fid', 'real images', 'none', 'Say with --real what to compare with.');
  }
  if (wantsIs && network.classes === 0) {
    const advice = 'An Inception Score needs the logits of Inception-v3.';
    throw new FeatureStatisticsError('is', 'a network with classes', `${network.name}, which has none`, advice);
  }
  const label = labelOf(request);
  const generatedScores = await scoresOf('generated', generated, request, engine, wantsFid, wantsIs);
  const realScores =
    wantsFid && real !== undefined ? await scoresOf('real', real, request, engine, true, false) : undefined;
  request.signal?.throwIfAborted();
  const fid =
    realScores?.statistics === undefined || generatedScores.statistics === undefined
      ? undefined
      : await frechetDistance(realScores.statistics, generatedScores.statistics, engine);
  const count = {
    ...(realScores?.count === undefined ? {} : { real: realScores.count }),
    ...(generatedScores.count === undefined ? {} : { generated: generatedScores.count }),
  };
  return {
    network: { name: network.name, weightsSha256: network.weightsSha256, ...label },
    engine: engine.description,
    count,
    ...(fid === undefined ? {} : { fid }),
    ...(generatedScores.is === undefined ? {} : { is: generatedScores.is }),
    warnings: [
      ...(fid === undefined ? [] : fewImagesWarnings(count)),
      ...[realScores?.warning, generatedScores.warning].filter((warning) => warning !== undefined),
    ],
  };
}

interface SetScores {
  readonly count: number | undefined;
  readonly statistics: GaussianStatistics | undefined;
  readonly is: InceptionScoreValue | undefined;
  readonly warning: string | undefined;
}

async function scoresOf(
  set: 'real' | 'generated',
  images: ImageSet,
  request: DistributionRequest,
  engine: StatisticsEngine,
  wantsFid: boolean,
  wantsIs: boolean,
): Promise<SetScores> {
  const { features: network, splits = defaultSplits, onProgress } = request;
  if (isStatisticsFile(images)) {
    if (wantsIs) {
      const advice = 'Statistics do not hold what an Inception Score is computed from.';
      throw new FeatureStatisticsError('is', 'images', images, advice);
    }
    const statistics = await readStatistics(images);
    return { count: statistics.count, statistics, is: undefined, warning: undefined };
  }
  const listed = typeof images === 'string' ? await listImageFiles(images) : undefined;
  const files = listed?.files ?? sortedByName(images as readonly string[]);
  const statistics = wantsFid ? new FeatureStatistics(network.dimensions, engine) : undefined;
  const score = wantsIs ? new InceptionScore(files.length, network.classes, splits) : undefined;
  let [done, cached] = [0, 0];
  for await (const batch of extractFeatures(files, request)) {
    statistics?.add(batch.features);
    score?.add(batch.logits);
    done += batch.count;
    cached += batch.cached;
    onProgress?.({ set, done, total: files.length, cached });
  }
  const warning = typeof images === 'string' ? ignoredWarning(images, listed?.ignored ?? []) : undefined;
  return { count: files.length, statistics: statistics?.result(), is: score?.result(), warning };
}

/** Statistics are told from folders by the ending of their name. */
export function isStatisticsFile(images: ImageSet | undefined): images is string {
  return typeof images === 'string' && images.toLowerCase().endsWith('.npz');
}

/** Whether the scores may stand beside published ones. @throws FeatureStatisticsError  for statistics of another network. */
function labelOf({ features: network, metrics, statisticsNetwork, real, generated }: DistributionRequest) {
  const { comparable, reason } = network.comparability;
  const file = metrics.includes('fid') ? [real, generated].find(isStatisticsFile) : undefined;
  if (file === undefined || statisticsNetwork === network.name) return { comparable, label: reason };
  if (statisticsNetwork === undefined) {
    const label = `not comparable: ${file} does not say which network and resizing made it`;
    return { comparable: false, label: comparable ? label : `${label}; ${reason}` };
  }
  throw new FeatureStatisticsError(
    file,
    `statistics of ${network.name}, whose features are computed of the images`,
    `of ${statisticsNetwork}`,
    'Distances between features of two networks mean nothing: choose the network that made the file.',
  );
}

function fewImagesWarnings(count: { readonly real?: number; readonly generated?: number }): string[] {
  return (['real', 'generated'] as const).flatMap((set) => {
    const images = count[set];
    if (images === undefined || images >= fewImages) return [];
    return [
      `FID from ${images} ${set} images: below ${fewImages} the distance depends on their number more than on the images. ` +
        'Compare it with distances from exactly as many.',
    ];
  });
}
