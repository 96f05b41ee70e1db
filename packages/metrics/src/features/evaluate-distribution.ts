// FID and Inception Score of image sets, from files to numbers that say what they were computed with.
import type { GaussianStatistics } from '../frechet-distance/feature-statistics.ts';
import { FeatureStatistics } from '../frechet-distance/feature-statistics.ts';
import { type FrechetDistance, fewImages, frechetDistance } from '../frechet-distance/frechet-distance.ts';
import { portableStatistics } from '../frechet-distance/portable-statistics.ts';
import type { StatisticsEngine } from '../frechet-distance/statistics-engine.ts';
import { FeatureStatisticsError } from '../frechet-distance/statistics-error.ts';
import { readStatistics } from '../frechet-distance/statistics-file.ts';
import { defaultSplits, InceptionScore, type InceptionScoreValue } from '../inception-score/inception-score.ts';
import { type ExtractionOptions, extractFeatures, imageFilesOf, sortedByName } from './extract-features.ts';

/** A folder of images, a `.npz` file of statistics, or the paths of images. */
export type ImageSet = string | readonly string[];

export type DistributionMetric = 'fid' | 'is';

export interface DistributionRequest extends ExtractionOptions {
  /** Needed for `fid` alone. */
  readonly real?: ImageSet;
  readonly generated: ImageSet;
  readonly metrics: readonly DistributionMetric[];
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
  const generatedScores = await scoresOf('generated', generated, request, engine, wantsFid, wantsIs);
  const realScores =
    wantsFid && real !== undefined ? await scoresOf('real', real, request, engine, true, false) : undefined;
  request.signal?.throwIfAborted();
  const fid =
    realScores?.statistics === undefined || generatedScores.statistics === undefined
      ? undefined
      : await frechetDistance(realScores.statistics, generatedScores.statistics, engine);
  const { comparable, reason } = network.comparability;
  const count = {
    ...(realScores?.count === undefined ? {} : { real: realScores.count }),
    ...(generatedScores.count === undefined ? {} : { generated: generatedScores.count }),
  };
  return {
    network: { name: network.name, weightsSha256: network.weightsSha256, comparable, label: reason },
    engine: engine.description,
    count,
    ...(fid === undefined ? {} : { fid }),
    ...(generatedScores.is === undefined ? {} : { is: generatedScores.is }),
    warnings: fid === undefined ? [] : fewImagesWarnings(count),
  };
}

interface SetScores {
  readonly count: number | undefined;
  readonly statistics: GaussianStatistics | undefined;
  readonly is: InceptionScoreValue | undefined;
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
  if (typeof images === 'string' && images.toLowerCase().endsWith('.npz')) {
    if (wantsIs) {
      const advice = 'Statistics do not hold what an Inception Score is computed from.';
      throw new FeatureStatisticsError('is', 'images', images, advice);
    }
    const statistics = await readStatistics(images);
    return { count: statistics.count, statistics, is: undefined };
  }
  const files = typeof images === 'string' ? await imageFilesOf(images) : sortedByName(images);
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
  return { count: files.length, statistics: statistics?.result(), is: score?.result() };
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
