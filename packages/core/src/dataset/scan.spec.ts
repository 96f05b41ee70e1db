import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { jointCount, type Keypoints } from '../condition/keypoints.ts';
import { type ConditionConfig, conditionSchema } from '../config/model-config.ts';
import { DataProblems } from './data-problems.ts';
import type { Pair } from './example.ts';
import { scanPairs } from './scan.ts';

const folder = mkdtempSync(join(tmpdir(), 'scan-'));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  const grey = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#888' } }).png();
  await grey(16, 16).toFile(at('a.png'));
  await grey(16, 16).toFile(at('b.png'));
  await grey(16, 8).toFile(at('wide.png'));
  writeFileSync(at('text.png'), 'hello');
  mkdirSync(at('folder.png'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const keypoints: Keypoints = Array.from({ length: jointCount }, (_, i) => (i === 4 ? null : ([i, 3] as const)));
const discs = conditionSchema.parse({ kind: 'keypoints' });
const network = (condition: ConditionConfig = discs, size = 16) => ({ image: { size }, condition });

const pair = (values: Partial<Pair> = {}): Pair => ({
  id: '1',
  source: at('a.png'),
  target: at('b.png'),
  keypoints,
  manifest: 'pairs.jsonl',
  line: 1,
  ...values,
});

async function faults(pairs: Pair[], ...[condition, size]: Parameters<typeof network>): Promise<string[]> {
  const error = await scanPairs(pairs, network(condition, size)).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(DataProblems);
  return error.message
    .replaceAll(`${folder}/`, '')
    .split('\n')
    .slice(1)
    .map((line: string) => line.trim());
}

describe('scanPairs', () => {
  it('is content with pairs that can be trained on', async () => {
    const masks = { sourceMask: at('a.png'), targetMask: at('b.png') };
    const poses = [pair(masks), pair({ keypoints: keypoints.map(() => null) })];
    const content = { images: 2, isDecoded: true };
    await expect(scanPairs(poses, network())).resolves.toEqual(content);
    await expect(scanPairs([pair({ label: [1] })], network({ kind: 'label', length: 1 }))).resolves.toEqual(content);
    await expect(scanPairs([pair({ condition: at('a.png') })], network({ kind: 'image' }))).resolves.toEqual(content);
  });

  it('names files that end before their pixels do, of data that can be decoded in seconds', async () => {
    const noise = Buffer.from(Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7919) % 256));
    const image = () => sharp(noise, { raw: { width: 16, height: 16, channels: 3 } });
    const whole = { 'cut.png': await image().png().toBuffer(), 'cut.jpg': await image().jpeg().toBuffer() };
    for (const [name, bytes] of Object.entries(whole)) {
      writeFileSync(at(name), bytes.subarray(0, Math.floor(0.7 * bytes.length)));
    }
    const pairs = [pair({ target: at('cut.png') }), pair({ line: 2, source: at('cut.jpg') })];
    expect(await faults(pairs)).toEqual([
      expect.stringMatching(/^pairs\.jsonl:1:target: .* a file that cannot be decoded \(.+\) \(cut\.png\)\.$/),
      expect.stringMatching(/^pairs\.jsonl:2:source: .* a file that cannot be decoded \(.+\) \(cut\.jpg\)\.$/),
    ]);
    // Four images of 16 x 16 pixels.
    const report = scanPairs(pairs, network(), { decodedAtMost: 4 * 16 * 16 * 3 });
    await expect(report).rejects.toThrow(DataProblems);
    await expect(scanPairs(pairs, network(), { decodedAtMost: 4 * 16 * 16 * 3 - 1 })).resolves.toEqual({
      images: 4,
      isDecoded: false,
    });
  });

  it('names silhouettes without a figure, also where the same file is an image of a pair', async () => {
    await sharp({ create: { width: 16, height: 16, channels: 3, background: '#7f7f7f' } })
      .png()
      .toFile(at('dark.png'));
    const pairs = [pair({ source: at('dark.png') }), pair({ line: 2, targetMask: at('dark.png') })];
    expect(await faults(pairs)).toEqual([
      'pairs.jsonl:2:targetMask: expected a silhouette with a pixel above 127, received an empty one (dark.png).',
      '-> Scores inside the figure need one; leave the mask out of the pair if there is none.',
    ]);
    await expect(scanPairs(pairs.slice(0, 1), network())).resolves.toMatchObject({ images: 2 });
    await expect(scanPairs(pairs, network(), { allowsEmptySilhouettes: true })).resolves.toMatchObject({ images: 3 });
  });

  it('tells how far it is', async () => {
    const reports: unknown[] = [];
    await scanPairs([pair()], network(), { onProgress: (progress) => reports.push(progress) });
    expect(reports).toEqual([
      { done: 1, total: 2 },
      { done: 2, total: 2 },
    ]);
  });

  it('names line and key of every image that is missing, no image, or of the wrong size', async () => {
    const pairs = [
      pair({ source: at('none.png') }),
      pair({ line: 2, target: at('text.png'), sourceMask: at('folder.png') }),
      pair({ line: 3, targetMask: at('wide.png') }),
    ];
    expect(await faults(pairs)).toEqual([
      'pairs.jsonl:1:source: expected an image (png, jpeg, webp, gif, tiff), received nothing there (none.png).',
      expect.stringMatching(/^pairs\.jsonl:2:target: .* a file that cannot be decoded \(.+\) \(text\.png\)\.$/),
      'pairs.jsonl:2:sourceMask: expected an image (png, jpeg, webp, gif, tiff), received a folder (folder.png).',
      'pairs.jsonl:3:targetMask: expected 16 x 16 pixels (image.size), received 16 x 8 (wide.png).',
      '-> Resize the images with their key points, or set image.size.',
    ]);
  });

  it('reports an image once, at its first line, however many pairs use it', async () => {
    const pairs = Array.from({ length: 50 }, (_, i) => pair({ line: i + 1, source: at('none.png') }));
    expect(await faults(pairs)).toHaveLength(1);
  });

  it('refuses grey of 16 bits, which would be clipped to white', async () => {
    const size = 16;
    const grey = await sharp(Buffer.alloc(size * size, 9), { raw: { width: size, height: size, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    writeFileSync(at('grey16.png'), grey);
    expect((await faults([pair({ source: at('grey16.png') })]))[0]).toMatch(/received grey of 16 bits \(grey16\.png\)/);
  });

  it('says which condition is missing or has the wrong length', async () => {
    const { keypoints: _, ...bare } = pair();
    const both = conditionSchema.parse({ kind: 'keypoints', sourceKeypoints: true });
    expect(await faults([bare], both)).toEqual([
      'pairs.jsonl:1:keypoints: expected it, because condition.kind is keypoints, received no such key.',
      'pairs.jsonl:1:sourceKeypoints: expected it, because condition.kind is keypoints, received no such key.',
    ]);
    expect(await faults([pair({ label: [1, 2] }), pair({ line: 2 })], { kind: 'label', length: 3 })).toEqual([
      'pairs.jsonl:1:label: expected 3 numbers (condition.length), received 2.',
      'pairs.jsonl:2:label: expected it, because condition.kind is label, received no such key.',
    ]);
    expect(await faults([pair(), pair({ line: 2, condition: at('wide.png') })], { kind: 'image' })).toEqual([
      'pairs.jsonl:1:condition: expected it, because condition.kind is image, received no such key.',
      expect.stringContaining('pairs.jsonl:2:condition: expected 16 x 16 pixels'),
      '-> Resize the images with their key points, or set image.size.',
    ]);
  });

  it('refuses key points of an image of another size, and fractions', async () => {
    const move = (x: number, y: number) => keypoints.map((joint) => joint && ([joint[0] * x, joint[1] * y] as const));
    expect(await faults([pair({ keypoints: move(4, 1) }), pair({ line: 2, keypoints: move(1 / 20, 1 / 20) })])).toEqual(
      [
        'pairs.jsonl:1:keypoints[9] (rightKnee): expected pixels of a 16 x 16 image, at most 16 outside it, received [36,3].',
        'pairs.jsonl:2:keypoints: expected pixels, received 17 joints between 0 and 1.',
        '-> Multiply fractions of the image by its size.',
      ],
    );
  });

  it('stops when it is aborted, with the reason given', async () => {
    const controller = new AbortController();
    const scan = scanPairs([pair()], network(), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(scan).rejects.toThrow('enough');
  });
});
