import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Synthesizer } from '@ggb/core';
import sharp from 'sharp';
import { makeRandomModel } from '../testing/random-model.ts';

describe('examples/embed-node', () => {
  it('writes the picture that the model draws, from the compiled packages and on native-cpu', async () => {
    const model = await makeRandomModel();
    const out = join(model.folder, 'out.png');
    const example = join(__dirname, 'embed.mjs');
    const args = [example, ...model.options, '--pose', '1', '--out', out];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toMatch(/^16 pixels, \d+ weights, on native-cpu/);

    // The same here, from the sources and on TF.js's plain kernels.
    const synthesizer = await Synthesizer.load(model.checkpoint);
    const [, keypoints] = model.keypoints;
    const expected = await synthesizer.synthesize({ image: model.picture, keypoints: keypoints as [] });
    synthesizer.dispose();
    const { data, info } = await sharp(out).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 16, height: 16 });
    // Float32 sums in another order: a byte may fall on the other side of a half.
    expect(new Set(data).size).toBeGreaterThan(50);
    expect(data).toBeAllClose(expected.data, { absolute: 1 });
    rmSync(model.folder, { recursive: true });
    // A process of its own starts TensorFlow.js and the engine; seconds on a busy machine.
  }, 60_000);
});
