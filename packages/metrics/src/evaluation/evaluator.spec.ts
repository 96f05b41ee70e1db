import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage, writePairs } from '../../testing/image-files.ts';
import { figure } from '../../testing/test-images.ts';
import type { PairMetricName } from '../pair-metrics/pair-metric.ts';
import { protocols } from '../protocols/protocols.ts';
import { ssim } from '../ssim/ssim.ts';
import { Evaluator, type EvaluatorOptions, type PairResult, pairsOf, UnsupportedScoringError } from './evaluator.ts';
import type { PairFiles, PairOutcome, PairScorer } from './pair-scorer.ts';
import { PortablePairScorer } from './portable-pair-scorer.ts';

const metrics: readonly PairMetricName[] = ['ssim', 'psnr', 'l1'];
const names = Array.from({ length: 23 }, (_, i) => `${i}.${i % 2 === 0 ? 'png' : 'jpg'}`);
let folder: string;
let files: readonly PairFiles[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evaluator-'));
  await writePairs(folder, names);
  files = names.map((name) => ({ name, real: join(folder, 'real', name), generated: join(folder, 'generated', name) }));
});
afterAll(() => rmSync(folder, { recursive: true }));

function evaluator(options: Partial<EvaluatorOptions> = {}) {
  return new Evaluator({ protocol: protocols.tf, metrics, scorer: new PortablePairScorer(), ...options });
}

async function all(results: AsyncIterable<PairResult>): Promise<PairResult[]> {
  const found: PairResult[] = [];
  for await (const result of results) found.push(result);
  return found;
}

const valuesByName = (results: readonly PairResult[]) =>
  Object.fromEntries(results.map(({ pair, outcome }) => [pair.name, outcome.values]));

/** Counts what it is asked for; scores by the length of names. */
class CountingScorer implements PairScorer {
  readonly description = 'counting';
  readonly batches: (readonly PairFiles[])[] = [];
  underWay = 0;
  mostUnderWay = 0;

  supports(): boolean {
    return true;
  }

  async score(pairs: readonly PairFiles[]): Promise<readonly PairOutcome[]> {
    this.batches.push(pairs);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.underWay--;
    return pairs.map(({ name }) => ({ values: { l1: name.length } }));
  }
}

const manyPairs = (count: number, shared = 1): PairFiles[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `${i}`,
    real: `real-${Math.floor(i / shared)}`,
    generated: `g-${i}`,
  }));

describe('Evaluator', () => {
  it('gives every pair the scores of the single functions', async () => {
    const [first] = await all(evaluator().results(pairsOf(files.slice(0, 1))));
    expect(first?.outcome.values?.ssim).toBe(ssim(figure(32, 32, 12), figure(32, 32, 14), protocols.tf));
    expect(Object.keys(first?.outcome.values ?? {})).toEqual(metrics);
  });

  it('gives the same bits for any batch size, batches under way, and order of pairs', async () => {
    const expected = valuesByName(await all(evaluator().results(pairsOf(files))));
    for (const [batchSize, batchesInFlight, pairs] of [
      [1, 1, files],
      [7, 3, files],
      [32, 2, [...files].reverse()],
      [5, 8, [...files].sort((a, b) => (a.name.length > b.name.length ? -1 : 1))],
    ] as const) {
      const received = valuesByName(await all(evaluator({ batchSize, batchesInFlight }).results(pairsOf(pairs))));
      expect(received).toEqual(expected);
    }
  });

  it('says of a pair that cannot be scored what is wrong, and scores the others', async () => {
    const broken = join(folder, 'broken.png');
    writeFileSync(broken, 'no image');
    await writeImage(join(folder, 'other-size.png'), figure(33, 32, 12));
    const pairs = [
      { name: 'a', real: broken, generated: files[0]?.generated as string },
      files[0] as PairFiles,
      { name: 'b', real: files[0]?.real as string, generated: join(folder, 'other-size.png') },
    ];
    const outcomes = (await all(evaluator().results(pairsOf(pairs)))).map(({ index, outcome }) => [index, outcome]);
    expect(outcomes).toMatchObject([
      [0, { problem: { side: 'real', kind: 'corrupt' } }],
      [1, { values: { ssim: expect.any(Number) } }],
      [2, { problem: { kind: 'metric', message: expect.stringMatching(/33 x 32/) } }],
    ]);
  });

  it('keeps pairs of one real image in one batch, so that it is decoded once', async () => {
    const scorer = new CountingScorer();
    const shuffled = manyPairs(60, 3).sort((a, b) => a.name.localeCompare(b.name));
    await all(evaluator({ scorer, metrics: ['l1'], batchSize: 8 }).results(pairsOf(shuffled)));
    const batchesOf = new Map<string, Set<number>>();
    for (const [batch, pairs] of scorer.batches.entries()) {
      for (const { real } of pairs) batchesOf.set(real, (batchesOf.get(real) ?? new Set()).add(batch));
    }
    expect([...batchesOf.values()].every(({ size }) => size === 1)).toBe(true);
    expect(scorer.batches.flat()).toHaveLength(60);
    expect(Math.max(...scorer.batches.map(({ length }) => length))).toBeLessThanOrEqual(8);
  });

  it('has as many batches under way as it was told to, and no more than results are taken', async () => {
    const scorer = new CountingScorer();
    const results = evaluator({ scorer, metrics: ['l1'], batchSize: 4, batchesInFlight: 3 }).results(
      pairsOf(manyPairs(40)),
    );
    await results.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(scorer.batches.length).toBe(4); // One taken, three under way or waiting
    await all(results);
    expect(scorer.mostUnderWay).toBe(3);
  });

  it('leaves out what is done already', async () => {
    const scorer = new CountingScorer();
    const results = await all(
      evaluator({ scorer, metrics: ['l1'] }).results(pairsOf(manyPairs(10)), { skip: (i) => i % 2 === 0 }),
    );
    expect(results.map(({ index }) => index)).toEqual([1, 3, 5, 7, 9]);
  });

  it('hands out finished batches when it is stopped, then throws the reason', async () => {
    const controller = new AbortController();
    const scorer = new CountingScorer();
    const results = evaluator({ scorer, metrics: ['l1'], batchSize: 5 }).results(pairsOf(manyPairs(100)), {
      signal: controller.signal,
    });
    let count = 0;
    const read = async () => {
      for await (const _ of results) if (++count === 7) controller.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
    expect(count).toBe(scorer.batches.length * 5);
    expect(count).toBeLessThan(25);
  });

  it('stops the scorer when the loop is left', async () => {
    const scorer = new CountingScorer();
    for await (const _ of evaluator({ scorer, metrics: ['l1'], batchSize: 5 }).results(pairsOf(manyPairs(100)))) break;
    expect(scorer).toMatchObject({ underWay: 0, batches: { length: 3 } });
  });

  it("passes a scorer's failure on, after the results before it", async () => {
    const scorer = new CountingScorer();
    const score = scorer.score.bind(scorer);
    scorer.score = (pairs) => (pairs[0]?.name === '5' ? Promise.reject(new Error('no memory')) : score(pairs));
    const found: number[] = [];
    const read = async () => {
      for await (const { index } of evaluator({ scorer, metrics: ['l1'], batchSize: 5 }).results(
        pairsOf(manyPairs(30)),
      ))
        found.push(index);
    };
    await expect(read()).rejects.toThrow('no memory');
    expect(found.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses a scorer that does not compute what is asked for', () => {
    const scorer = Object.assign(new CountingScorer(), { supports: () => false });
    expect(() => evaluator({ scorer })).toThrow(UnsupportedScoringError);
  });
});

describe('PortablePairScorer', () => {
  it('draws the mask of a protocol from the key points of the pair', async () => {
    const keypoints = Array.from({ length: 18 }, (_, i) => [8 + (i % 4) * 5, 4 + i] as const);
    const pair = { ...(files[0] as PairFiles), keypoints };
    const request = { protocol: protocols['pg2-mask'], metrics: ['ssim'] } as const;
    const [masked, plain] = await new PortablePairScorer().score([pair, files[0] as PairFiles], request);
    const whole = await new PortablePairScorer().score([pair], { ...request, protocol: protocols.pg2 });
    expect(masked?.values?.ssim).not.toBe(whole[0]?.values?.ssim);
    expect(plain?.problem?.message).toMatch(/expected 18 joints of the real image, received none/);
  });
});
