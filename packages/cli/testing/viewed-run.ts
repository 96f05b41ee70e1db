// A small finished run, written by hand: what the viewer reads of it, and pictures whose colours say which they are.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationRecord, RunInfo, StepRecord } from '@ggb/core/run-record';
import sharp from 'sharp';
import { tinySize, writeTinyPairs } from './tiny-pairs.ts';

export const viewedEvaluation = 'test-step-000003-average';
/** Red, so that no output is taken for a picture of the data. */
export const outputColour = [201, 2, 3] as const;

export const viewedPairs = ['person-2-pose-0', 'person-2-pose-1', 'person-2-pose-2'];

export function stepRecord(step: number): StepRecord {
  const losses = { 'generator.reconstruction': 1 / step, discriminator: 0.5 + 0.001 * step };
  return { step, seconds: step / 10, imagesPerSecond: 20, learningRate: 1e-3, losses };
}

export const stepLine = (step: number) => `${JSON.stringify(stepRecord(step))}\n`;

/** `folder/data` with pairs and `folder/run` with three steps, one sample and one evaluation with pictures. */
export async function writeViewedRun(folder: string): Promise<{ readonly data: string; readonly run: string }> {
  const [data, run] = [join(folder, 'data'), join(folder, 'run')];
  await writeTinyPairs(data);
  const pictures = join(run, 'evaluation', viewedEvaluation);
  for (const path of [join(run, 'samples'), join(run, 'checkpoints'), pictures]) mkdirSync(path, { recursive: true });
  const process = {
    ggb: '0.0.0',
    node: 'v20',
    tfjs: '4.22.0',
    platform: 'any',
    backend: { name: 'cpu', reason: 'asked for' },
    data: { path: data, pairs: 6, manifestSha256: 'ab' },
  };
  const info: RunInfo = {
    version: 1,
    ...process,
    seed: 1,
    preset: 'quick',
    startedAt: '2026-01-01T00:00:00.000Z',
    parameters: { generator: 1, discriminator: 1, guidingBlocks: 1 },
  };
  const config = { preset: 'quick', image: { size: tinySize }, data: { path: data } };
  const scores = (index: number) => ({ ssim: 0.9 - 0.1 * index, l1: 10 + index, sharpness: 1 });
  const record: EvaluationRecord = {
    version: 1,
    checkpoint: 'checkpoints/step-000003.safetensors',
    preset: 'quick',
    protocol: { name: 'tf' },
    data: { manifest: join(data, 'pairs.jsonl'), manifestSha256: 'ab' },
    weights: 'average',
    split: 'test',
    mean: scores(1),
    pairs: viewedPairs.map((id, index) => ({ id, ...scores(index) })),
    baselines: { copySource: scores(4) },
  };
  const write = (name: string, value: unknown) => writeFileSync(join(run, name), `${JSON.stringify(value)}\n`);
  write('run.json', info);
  write('config.json', config);
  write(join('evaluation', `${viewedEvaluation}.json`), record);
  write(join('samples', 'probes.json'), { version: 1, ids: [viewedPairs[0]] });
  writeFileSync(join(run, 'steps.jsonl'), [1, 2, 3].map(stepLine).join(''));
  await writeFlatPicture(join(run, 'samples', 'step-000003.png'), [9, 9, 9]);
  for (const id of viewedPairs) {
    await writeFlatPicture(join(pictures, `${id}.png`), outputColour);
    await writeFlatPicture(join(pictures, `${id}.level3.png`), [4, 5, 206], tinySize / 2);
  }
  return { data, run };
}

export async function writeFlatPicture(file: string, [r, g, b]: readonly [number, number, number], size = tinySize) {
  await sharp({ create: { width: size, height: size, channels: 3, background: { r, g, b } } }).toFile(file);
}

/** A page as the build makes them: one script and one style in it. */
export const tinyPage =
  '<!doctype html>\n<html lang="en"><head><title>ggb</title><style>p { color: red }</style></head>' +
  '<body><p>page</p><script>document.title = "ran"</script></body></html>\n';
