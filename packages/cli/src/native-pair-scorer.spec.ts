// Which scorer is chosen and why, and that both say the same.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protocols } from '@ggb/metrics';
import { type PairFiles, PortablePairScorer } from '@ggb/metrics/node';
import { imagesBackend } from '@ggb/native-ops/images';
import { describeWhen } from '../../../tools/testing/skipping.ts';
import { writePairs } from '../../metrics/testing/image-files.ts';
import { choosePairScorer, whyNotNative } from './native-pair-scorer.ts';

const backend = imagesBackend();
const scoreInTypeScript = PortablePairScorer.prototype.score;
const names = ['a.png', 'b.jpg', 'c.webp', 'd.png', 'e.gif', 'f.tiff'];
let folder: string;
let files: readonly PairFiles[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'native-scorer-'));
  // 64 pixels: the largest window is 51.
  await writePairs(folder, names, 64);
  files = names.map((name) => ({ name, real: join(folder, 'real', name), generated: join(folder, 'generated', name) }));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('choosePairScorer', () => {
  it.each([
    ['dpig', ['ssim'], /because protocol dpig scores grey images\.$/],
    ['pg2-mask', ['ssim'], /because protocol pg2-mask draws masks\.$/],
    ['tf', ['ms-ssim'], /because ms-ssim is computed in TypeScript\.$/],
  ] as const)('falls back to TypeScript for %s %j, and says why', async (name, metrics, reason) => {
    const chosen = await choosePairScorer({ protocol: protocols[name], metrics });
    expect(chosen.scorer).toBeInstanceOf(PortablePairScorer);
    expect(chosen.reason).toMatch(reason);
  });

  it('takes TypeScript when told to', async () => {
    const { reason } = await choosePairScorer({ protocol: protocols.tf, metrics: ['ssim'], prefer: 'portable' });
    expect(reason).toMatch(
      /^Scorer: portable \(TypeScript float64, sharp \d+\.\d+\.\d+ with libvips \d+\.\d+\.\d+\), because it was asked for\.$/,
    );
  });

  it('says what is missing where there is no addon, or which libraries decode', async () => {
    const { reason } = await choosePairScorer({ protocol: protocols.tf, metrics: ['ssim'] });
    if (backend.available) {
      // With the versions of all decoders: scores of others are not gone on with.
      expect(reason).toMatch(
        /^Scorer: native \(libjpeg-turbo .*libdeflate .*sharp \d+\.\d+\.\d+ with libvips \d+\..*\)\.$/,
      );
    } else expect(reason).toContain(backend.reason);
  });
});

describeWhen(backend.available, 'the image addon is not built')('the native scorer', () => {
  const nativeProtocols = Object.values(protocols).filter((protocol) => whyNotNative(protocol, ['ssim']) === undefined);

  it.each(nativeProtocols.map((protocol) => [protocol.name, protocol] as const))(
    'gives the numbers of the portable one under %s, in every format',
    async (_, protocol) => {
      const request = { protocol, metrics: ['ssim', 'psnr', 'l1'] } as const;
      const { scorer } = await choosePairScorer(request);
      expect(scorer).not.toBeInstanceOf(PortablePairScorer);
      const [native, portable] = [
        await scorer.score(files, request),
        await new PortablePairScorer().score(files, request),
      ];
      for (const metric of request.metrics) {
        const values = (outcomes: typeof native) => outcomes.map((outcome) => outcome.values?.[metric] ?? Number.NaN);
        // 1e-6 is the promise for SSIM, whose fast kernel works in float32 around a local pivot; the others are integers.
        expect(values(native)).toBeAllClose(values(portable), { absolute: 1e-6 });
      }
    },
  );

  it('stays native for what it computes when other metrics are asked for too, and leaves those to TypeScript', async () => {
    const keypoints = Array.from({ length: 18 }, (_, i) => [8 + 3 * (i % 9), 8 + 5 * (i % 7)] as const);
    const posed = files.map((pair) => ({ ...pair, keypoints }));
    const protocol = protocols.tf;
    const metrics = ['l1-inside', 'ssim', 'ssim-inside', 'psnr', 'l1'] as const;
    const asked: string[][] = [];
    const spy = jest.spyOn(PortablePairScorer.prototype, 'score').mockImplementation(function (
      this: PortablePairScorer,
      pairs,
      request,
    ) {
      asked.push([...request.metrics]);
      return scoreInTypeScript.call(this, pairs, request);
    });
    try {
      const { scorer, reason } = await choosePairScorer({ protocol, metrics });
      expect(reason).toMatch(/^Scorer: native \(.*; l1-inside, ssim-inside in TypeScript; other formats by sharp/);
      const mixed = await scorer.score(posed, { protocol, metrics });
      // Of the formats it does not decode, TypeScript computes the rest too.
      expect(asked.sort()).toEqual([
        ['l1-inside', 'ssim-inside'],
        ['ssim', 'psnr', 'l1'],
      ]);
      const portable = await scoreInTypeScript.call(new PortablePairScorer(), posed, { protocol, metrics });
      for (const metric of metrics) {
        const values = (outcomes: typeof mixed) => outcomes.map((outcome) => outcome.values?.[metric] ?? Number.NaN);
        // As above: float32 around a local pivot.
        expect(values(mixed)).toBeAllClose(values(portable), { absolute: 1e-6 });
      }
      // A pair that either cannot score has no scores: without key points there is nothing inside.
      expect(await scorer.score(files.slice(0, 1), { protocol, metrics })).toMatchObject([
        { problem: { kind: 'metric' } },
      ]);
    } finally {
      spy.mockRestore();
    }
  });

  it('gives the same bits whatever the number of threads', async () => {
    const request = { protocol: protocols.tf, metrics: ['ssim'] } as const;
    const scored = [1, 3].map(async (threads) =>
      (await choosePairScorer({ ...request, threads })).scorer.score(files, request),
    );
    const [one, three] = await Promise.all(scored);
    expect(three).toEqual(one);
  });

  it('stops when told to', async () => {
    const { scorer } = await choosePairScorer({ protocol: protocols.tf, metrics: ['ssim'] });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scorer.score(files, { protocol: protocols.tf, metrics: ['ssim'], signal })).rejects.toThrow('enough');
  });
});
