// What `ggb evaluate` was asked for, checked before any work.
import { dirname, resolve } from 'node:path';
import { type PairMetricName, type Protocol, protocolNamed } from '@ggb/metrics';
import type { InceptionName } from '@ggb/metrics/features';
import { type AllowableKind, allowableKinds, needsKeypoints, pairMetricNamed } from '@ggb/metrics/node';
import { UserError } from '../../user-error.ts';
import { defaultMetrics, type FeatureMetricName, featureMetricNames } from './metric-names.ts';

export const defaultProtocol = 'tf';

export type OnBad = 'fail' | 'skip' | 'quarantine';

export interface EvaluateFoldersOptions {
  readonly real?: string;
  readonly generated?: string;
  readonly pairs?: string;
  readonly protocol?: string;
  readonly metrics?: string;
  readonly json?: string;
  readonly csv?: string;
  readonly parquet?: string;
  readonly maps?: string;
  readonly onBad?: OnBad;
  readonly allow?: string;
  readonly resume?: boolean;
  readonly threads?: number;
  readonly scorer?: 'native' | 'portable';
  readonly features?: string;
  readonly network?: InceptionName;
}

export interface Folders {
  readonly real: string;
  readonly generated: string;
  readonly list?: string;
}

/** @throws UserError */
export function foldersOf({ real, generated, pairs }: EvaluateFoldersOptions): Folders {
  if (pairs !== undefined) {
    const beside = dirname(pairs);
    return { real: real ?? beside, generated: generated ?? beside, list: pairs };
  }
  if (real !== undefined && generated !== undefined) {
    if (resolve(real) === resolve(generated)) {
      throw new UserError('--real and --generated are the same folder', {
        where: real,
        remedy: 'Every image would be compared with itself. Name two folders, or list pairs with --pairs MANIFEST.',
      });
    }
    return { real, generated };
  }
  throw new UserError('nothing says which images are scored', {
    expected: '--real DIR --generated DIR, or --pairs MANIFEST, or --run RUN',
    received: real === undefined ? (generated === undefined ? 'none of them' : '--generated alone') : '--real alone',
  });
}

export interface Scoring {
  readonly protocol: Protocol;
  readonly metrics: readonly PairMetricName[];
  /** Of the two sets, not of pairs. */
  readonly featureMetrics: readonly FeatureMetricName[];
}

/** @throws UnknownProtocolError, UnknownMetricError, UserError */
export function scoringOf(options: EvaluateFoldersOptions): Scoring {
  const { protocol = defaultProtocol, metrics = defaultMetrics, pairs, features, network } = options;
  const names = metricNamesOf(metrics);
  const featureMetrics = featureMetricNames.filter((name) => names.includes(name));
  const scoring = {
    protocol: protocolNamed(protocol),
    metrics: names
      .filter((name) => !(featureMetricNames as readonly string[]).includes(name))
      .map((name) => pairMetricNamed(name, featureMetricNames)),
    featureMetrics,
  };
  if (needsKeypoints(scoring.protocol, scoring.metrics) && pairs === undefined) {
    throw new UserError('the mask needs the key points of the real images', {
      where: `--protocol ${protocol} --metrics ${metrics}`,
      expected: '--pairs MANIFEST, whose lines have keypoints',
      remedy: 'docs/how-to/evaluate-folders.md shows such a list.',
    });
  }
  if (network !== undefined && featureMetrics.length === 0) {
    throw new UserError('--network has no meaning without fid and is', { received: `--metrics ${metrics}` });
  }
  if (featureMetrics.length > 0 !== (features !== undefined)) {
    throw new UserError(`${featureMetricNames.join(' and ')} need the weights of a network, and nothing else does`, {
      expected: '--metrics fid,is --features WEIGHTS.safetensors',
      received: features === undefined ? `--metrics ${metrics} alone` : `--features with --metrics ${metrics}`,
      remedy: 'docs/how-to/inception-weights.md says where weights come from.',
    });
  }
  return scoring;
}

function metricNamesOf(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    const expected = 'names with commas between: ssim,psnr';
    throw new UserError('--metrics has an empty name', { expected, received: text });
  }
  return [...new Set(names)];
}

/** @throws UserError */
export function allowedOf({ allow }: EvaluateFoldersOptions): readonly AllowableKind[] {
  if (allow === undefined) return [];
  return allow.split(',').map((name) => {
    const kind = allowableKinds.find((known) => known === name.trim());
    if (kind !== undefined) return kind;
    throw new UserError('--allow knows no such kind', { expected: allowableKinds.join(', '), received: name });
  });
}
