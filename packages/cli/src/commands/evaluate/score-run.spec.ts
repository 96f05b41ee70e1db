// Scoring with pairs among them that cannot be scored, by a generator with random weights.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Generator,
  networkSchema,
  type Pair,
  randomWeights,
  resolveNetwork,
  type StoredTensor,
  Synthesizer,
  writeGeneratorCheckpoint,
} from '@ggb/core';
import { readPairManifest } from '@ggb/core/node';
import sharp from 'sharp';
import { tinySize, writeTinyPairs } from '../../../testing/tiny-pairs.ts';
import { selectBackend } from '../../select-backend.ts';
import { meanScores, type ScoringOptions, scoreModel, scoreRun } from './score-run.ts';

let folder: string;
let pairs: readonly Pair[];
let synthesizer: Synthesizer;
let notes: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-score-'));
  await writeTinyPairs(folder);
  pairs = await readPairManifest(folder);
  const black = { width: tinySize, height: tinySize, channels: 3, background: 'black' } as const;
  await sharp({ create: black }).png().toFile(join(folder, 'black.png'));
  await selectBackend({ backend: 'native-cpu', purpose: 'synthesis', threads: 1 });
  synthesizer = await Synthesizer.load(randomCheckpoint());
});
afterAll(() => {
  synthesizer.dispose();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  notes = [];
});

function randomCheckpoint(): Uint8Array {
  const network = resolveNetwork(
    networkSchema.parse({ image: { size: tinySize }, model: { generator: { baseChannels: 4, maxChannels: 8 } } }),
  );
  const generator = new Generator(network, randomWeights('uniform', 1));
  const tensors = [...generator.variables].map(([name, variable]): [string, StoredTensor] => {
    const data = new Uint8Array((variable.dataSync() as Float32Array).slice().buffer);
    return [name, { dtype: 'F32', shape: variable.shape, data }];
  });
  generator.dispose();
  return writeGeneratorCheckpoint({ network, step: 1, seed: 1, weights: 'average', tensors: new Map(tensors) });
}

const test = () => pairs.filter(({ split }) => split === 'test');
const train = () => pairs.filter(({ split }) => split === 'train');
const score = (options: Partial<ScoringOptions> = {}) =>
  scoreRun({
    synthesizer,
    pairs: test(),
    trainingPairs: train(),
    progress: { note: (text) => void notes.push(text), update: () => {} },
    ...options,
  });

/** The pairs of the test with something wrong with one of them. */
const withFault = (index: number, fault: Partial<Pair>) =>
  test().map((pair, at) => (at === index ? { ...pair, ...fault } : pair));

describe('scores of a run', () => {
  it('are there for each pair, sharpness among them, and beside two trivial answers', async () => {
    const { pairs: scored, mean, baselines, failed } = await score();
    expect(scored.map(({ id }) => id)).toEqual(test().map(({ id }) => id));
    const keys = ['ssim', 'insideSsim', 'insideL1', 'l1', 'sharpness'];
    for (const scores of [mean, baselines.copySource, baselines.nearestPose])
      expect(Object.keys(scores ?? {})).toEqual(keys);
    expect({ failed, notes }).toEqual({ failed: [], notes: [] });
  });

  it.each([
    ['a pose that the model cannot take', { keypoints: [[1, 2]] as const }, /keypoints: expected 18 joints/],
    ['silhouettes without a pixel', { sourceMask: 'black.png', targetMask: 'black.png' }, /inside/],
    [
      'an image that is gone',
      { target: 'gone.png' },
      /: target: expected an image .* received nothing there \(.*gone\.png\)\.$/,
    ],
  ])('are kept when a pair has %s; it is named with its line', async (_name, fault: Partial<Pair>, message) => {
    const inFolder = Object.entries(fault).map(([key, value]) => [
      key,
      typeof value === 'string' ? join(folder, value) : value,
    ]);
    const {
      pairs: scored,
      mean,
      baselines,
      failed,
    } = await score({ pairs: withFault(1, Object.fromEntries(inFolder)) });
    const [first, second, third] = test() as [Pair, Pair, Pair];
    expect(scored.map(({ id }) => id)).toEqual([first.id, third.id]);
    expect(failed).toEqual([{ id: second.id, message: expect.stringMatching(message) }]);
    expect(failed[0]?.message).toContain(`${second.manifest}:${second.line}: pair ${second.id}: `);
    // The means are over the same two pairs.
    const alone = await score({ pairs: [first, third] });
    expect({ mean, baselines }).toEqual({ mean: alone.mean, baselines: alone.baselines });
  });

  it('are refused when no pair has any, with the reasons', async () => {
    const gone = test().map((pair) => ({ ...pair, source: join(folder, 'gone.png') }));
    await expect(score({ pairs: gone })).rejects.toThrow(
      /^3 of 3 pairs could not be scored\.\n {2}.*pairs\.jsonl:7: pair /,
    );
    await expect(scoreModel({ pairs: gone, synthesizer, progress: { note() {}, update() {} } })).rejects.toThrow(
      '3 of 3',
    );
  });
});

describe('the baseline nearestPose', () => {
  const leftOut = async (options: Partial<ScoringOptions>) => {
    const { baselines, failed } = await score(options);
    expect(Object.keys(baselines)).toEqual(['copySource']);
    expect(failed).toEqual([]);
    return notes;
  };

  it('is of another identity when the pairs were trained on themselves', async () => {
    const { baselines } = await score({ pairs: train() });
    // The truth itself would score 1.
    expect(baselines.nearestPose?.insideSsim).toBeLessThan(0.9);
  });

  it('is left out with the reason: only the pair itself was trained on', async () => {
    const [only] = test() as [Pair];
    expect(await leftOut({ pairs: [only], trainingPairs: [only] })).toEqual([
      `nearestPose is left out: ${only.manifest}:7: pair ${only.id}: no image with a pose was trained on but those of the pair and its identity.`,
    ]);
  });

  it('is left out with the reason: what was trained on is not known, or has no poses', async () => {
    expect(await leftOut({ trainingPairs: { missing: 'the manifest is gone.' } })).toEqual([
      'nearestPose is left out: the manifest is gone.',
    ]);
    notes = [];
    const poseless = train().map(({ keypoints, sourceKeypoints, ...pair }) => pair);
    expect(await leftOut({ trainingPairs: poseless })).toEqual([
      'nearestPose is left out: no training pair has key points.',
    ]);
  });

  it('is left out with the reason: a training image cannot be read', async () => {
    writeFileSync(join(folder, 'broken.png'), 'no image');
    const broken = train().map((pair) => ({
      ...pair,
      source: join(folder, 'broken.png'),
      target: join(folder, 'broken.png'),
    }));
    expect((await leftOut({ trainingPairs: broken }))[0]).toMatch(
      /^nearestPose is left out: .*broken\.png: expected an image/,
    );
  });
});

describe('meanScores', () => {
  it('leaves out what some pair lacks: it would be a mean over other pairs', () => {
    expect(
      meanScores([
        { ssim: 1, l1: 2, sharpness: 1 },
        { ssim: 0, l1: 4 },
      ]),
    ).toEqual({ ssim: 0.5, l1: 3 });
  });
});
