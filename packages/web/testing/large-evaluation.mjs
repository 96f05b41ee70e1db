// 20,000 results as two folders' worth of run: small pictures in a few hundred kinds, linked under 20,000 names, so that it is
// written in seconds and read like the real thing.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** sharp belongs to the command line; the page does without it. */
const sharp = createRequire(new URL('../../cli/package.json', import.meta.url))('sharp');

const side = 64;
const kinds = 100;
const evaluation = 'large';

/**
 * Writes `folder/data` and `folder/run`.
 *
 * @param {string} folder
 * @param {number} count
 * @returns {Promise<string>} the run.
 */
export async function writeLargeEvaluation(folder, count) {
  const [images, run] = [join(folder, 'data', 'images'), join(folder, 'run')];
  const outputs = join(run, 'evaluation', evaluation);
  for (const path of [images, outputs, join(run, 'samples')]) mkdirSync(path, { recursive: true });
  for (let kind = 0; kind < kinds; kind++) {
    for (const name of ['source', 'target', 'output']) {
      const file = join(
        name === 'output' ? outputs : images,
        name === 'output' ? `kind-${kind}.png` : `${name}-${kind}.png`,
      );
      await sharp(picture(kind, name), { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toFile(file);
    }
  }
  const ids = Array.from({ length: count }, (_, index) => `pair-${`${index}`.padStart(6, '0')}`);
  const lines = ids.map((id, index) => {
    const kind = index % kinds;
    const keypoints = Array.from({ length: 18 }, (_, joint) => [10 + ((joint * 7 + index) % 40), 5 + 3 * joint]);
    const paths = { source: `images/source-${kind}.png`, target: `images/target-${kind}.png` };
    return JSON.stringify({ id, ...paths, keypoints, sourceKeypoints: keypoints, split: 'test' });
  });
  writeFileSync(join(folder, 'data', 'pairs.jsonl'), `${lines.join('\n')}\n`);
  for (const [index, id] of ids.entries()) symlinkSync(`kind-${index % kinds}.png`, join(outputs, `${id}.png`));
  const pairs = ids.map((id, index) => ({
    id,
    ssim: 0.5 + 0.4 * Math.sin(index * 12.9898),
    l1: 20 + 15 * Math.cos(index * 4.1414),
  }));
  const mean = (/** @type {'ssim' | 'l1'} */ name) => pairs.reduce((sum, pair) => sum + pair[name], 0) / count;
  const data = { path: join(folder, 'data'), pairs: count, manifestSha256: 'ab' };
  const write = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    writeFileSync(join(run, name), `${JSON.stringify(value)}\n`);
  write('run.json', {
    version: 1,
    ggb: '0.0.0',
    node: process.version,
    tfjs: '4.22.0',
    platform: process.platform,
    backend: { name: 'cpu', reason: 'nothing was trained' },
    seed: 1,
    preset: 'quick',
    startedAt: '2026-01-01T00:00:00.000Z',
    data,
    parameters: { generator: 1, discriminator: 1, guidingBlocks: 1 },
  });
  write('config.json', { preset: 'quick', image: { size: side }, data: { path: data.path } });
  write(join('evaluation', `${evaluation}.json`), {
    version: 1,
    checkpoint: 'checkpoints/step-000001.safetensors',
    protocol: 'tf',
    data: { manifest: join(data.path, 'pairs.jsonl'), manifestSha256: 'ab' },
    weights: 'average',
    split: 'test',
    mean: { ssim: mean('ssim'), l1: mean('l1') },
    pairs,
  });
  writeFileSync(join(run, 'steps.jsonl'), '');
  return run;
}

/** Discs in a colour of the kind; the output's is somewhere else. */
function picture(/** @type {number} */ kind, /** @type {string} */ name) {
  const pixels = Buffer.alloc(3 * side * side, 225);
  const [cx, cy] = [20 + (kind % 7) * 3 + (name === 'output' ? 4 : 0), 20 + (kind % 5) * 5];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (Math.hypot(x - cx, y - cy) > 14) continue;
      pixels.set([(kind * 37) % 256, (kind * 91) % 256, (kind * 53 + x) % 256], 3 * (y * side + x));
    }
  }
  return pixels;
}
