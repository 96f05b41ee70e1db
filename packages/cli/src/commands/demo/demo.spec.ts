// The demo, small: a tiny model, a few figures, a second of training; everything else as it is.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepRecord } from '@ggb/core';
import sharp from 'sharp';
import type { DemoPlan } from './demo.config.ts';
import { demoPlan } from './demo.config.ts';
import { demo } from './demo.ts';
import { lossCharts } from './report-html.ts';

const plan: DemoPlan = {
  data: { size: 64, identities: 6, poses: 3, seed: 1 },
  training: {
    ...demoPlan.training,
    model: {
      generator: { baseChannels: 4 },
      discriminator: { baseChannels: 4 },
      guidingBlock: { encoderChannels: [4, 4], criticChannels: [4, 4] },
    },
    training: { steps: 6, batchSize: 2, logEvery: 2 },
  },
  minutes: 1,
  pictures: { pairs: 3, pairsPerRow: 2, levelPairs: 2, cellSide: 64 },
};

let folder: string;
let out: string;
let printed: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-demo-'));
  out = join(folder, 'out');
  printed = [];
  const log = jest.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(...text.split('\n')));
  const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await demo({ out, threads: 1 }, plan);
  } finally {
    log.mockRestore();
    quiet.mockRestore();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the demo', () => {
  it('ends with one JSON object: scores of the model and of two trivial answers, seconds, folder', () => {
    const scores = { ssim: expect.any(Number), insideSsim: expect.any(Number), insideL1: expect.any(Number) };
    const result = JSON.parse(printed.at(-1) as string);
    expect(result).toEqual({
      model: scores,
      copySource: scores,
      nearestPose: scores,
      seconds: { data: expect.any(Number), training: expect.any(Number), evaluation: expect.any(Number) },
      out,
    });
    expect(result.copySource.insideSsim).toBeLessThan(1);
  });

  it('prints them as a table', () => {
    expect(printed.map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['model', 'copySource', 'nearestPose', 'Report:']),
    );
  });

  it('leaves data, a run with its evaluation, two pictures and a report', async () => {
    expect(readdirSync(out).sort()).toEqual(['contact-sheet.png', 'data', 'levels.png', 'report.html', 'run']);
    expect(existsSync(join(out, 'run', 'evaluation', 'demo.json'))).toBe(true);
    // For the viewer: the output of every test pair, and of the heads of the three guided levels.
    const { pairs } = JSON.parse(readFileSync(join(out, 'run', 'evaluation', 'demo.json'), 'utf8'));
    const pictures = readdirSync(join(out, 'run', 'evaluation', 'demo'));
    expect(pictures).toHaveLength(4 * pairs.length);
    expect(pictures).toContain(`${pairs[0].id}.png`);
    // Three pairs of four images, two pairs in a row; levels 2, 3, 4, the output and the truth of two pairs.
    expect(await sharp(join(out, 'contact-sheet.png')).metadata()).toMatchObject({
      width: 8 * 66 + 2,
      height: 2 * 66 + 2,
    });
    expect(await sharp(join(out, 'levels.png')).metadata()).toMatchObject({ width: 5 * 66 + 2, height: 2 * 66 + 2 });
  });

  it('reports on a page that needs no network, no script and nothing outside its folder', () => {
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|<link|@import/);
    const files = [...html.matchAll(/src="([^"]+)"/g)].map(([, file]) => file as string);
    expect(files).toEqual(['contact-sheet.png', 'levels.png']);
    for (const file of files) expect(existsSync(join(out, file))).toBe(true);
    expect(html).not.toMatch(/undefined|NaN|\[object/);
  });

  it('says on the page which preset made the numbers, what is reconstructed, and what the demo does not show', () => {
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html).toContain('preset <code>quick</code>');
    expect(html).toContain('Reconstructed, because the paper leaves it open');
    expect(html).toContain('It does not show that guiding blocks help');
  });

  it('never overwrites', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await expect(demo({ out: folder }, plan)).rejects.toThrow(
      /the folder is not empty: expected a new or empty folder/,
    );
  });
});

describe('the curves of the report', () => {
  const record = (step: number, losses: Record<string, number>): StepRecord => ({
    step,
    seconds: step,
    imagesPerSecond: 1,
    learningRate: 1e-3,
    losses,
  });

  it('are a line for each level, and the output', () => {
    const charts = lossCharts([
      record(20, { 'generator.reconstruction': 0.5, 'level2.reconstruction': 0.4, 'level2.rapd.fake': 0.3 }),
      record(40, { 'generator.reconstruction': 0.3, 'level2.reconstruction': 0.2, 'level2.rapd.fake': 0.1 }),
    ]);
    expect(charts.map(({ series }) => series)).toEqual([
      [
        {
          name: 'output',
          points: [
            [20, 0.5],
            [40, 0.3],
          ],
        },
        {
          name: 'level2',
          points: [
            [20, 0.4],
            [40, 0.2],
          ],
        },
      ],
      [
        {
          name: 'level2',
          points: [
            [20, 0.3],
            [40, 0.1],
          ],
        },
      ],
    ]);
  });
});
