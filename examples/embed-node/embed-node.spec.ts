import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Synthesizer } from '@ggb/core';
import sharp from 'sharp';
import { itWhen } from '../../tools/testing/skipping.ts';
import { makeRandomModel } from '../testing/random-model.ts';

const repository = join(__dirname, '..', '..');
const example = join(__dirname, 'embed.mjs');
const defaults = ['figures-64.safetensors', 'figure-64.png', 'poses-64.json'].map((name) =>
  join(__dirname, '..', name),
);
const [checkpoint, picture, poses] = defaults as [string, string, string];

function run(...options: string[]) {
  return spawnSync(process.execPath, [example, ...options], { encoding: 'utf8', cwd: repository });
}

describe('examples/embed-node', () => {
  it('writes the picture that the model draws, from the compiled packages and on native-cpu', async () => {
    const model = await makeRandomModel();
    const out = join(model.folder, 'out.png');
    const { stdout, stderr, status } = run(...model.options, '--pose', '1', '--out', out);
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

  it('has a picture and poses that fit each other', async () => {
    expect(await sharp(picture).metadata()).toMatchObject({ width: 64, height: 64, channels: 3 });
    const list = JSON.parse(readFileSync(poses, 'utf8'));
    expect(list.length).toBeGreaterThan(1);
    for (const { name, keypoints } of list) {
      expect([name, keypoints.length]).toEqual([expect.any(String), 18]);
      const places = keypoints.filter((joint: unknown) => joint !== null).flat();
      expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...places)).toBeLessThan(64);
    }
  });

  itWhen(existsSync(checkpoint), 'examples/figures-64.safetensors is not there yet')(
    'draws a figure on the background of the picture when asked for nothing else',
    async () => {
      const out = join(tmpdir(), `embed-node-spec-${process.pid}.png`);
      expect(run('--out', out)).toMatchObject({ stderr: '', status: 0 });
      const [source, drawn] = await Promise.all(
        [picture, out].map((file) => sharp(file).removeAlpha().raw().toBuffer()),
      );
      rmSync(out);
      const pixel = (data: Buffer | undefined, x: number, y: number) =>
        [0, 1, 2].map((c) => data?.[(y * 64 + x) * 3 + c]);
      // The background is one colour; a trained model is off by some steps there, an untrained one by dozens.
      expect(pixel(drawn, 2, 2)).toBeAllClose(pixel(source, 2, 2) as number[], { absolute: 16 });
      // Between neck and hips there is a body.
      const { keypoints } = JSON.parse(readFileSync(poses, 'utf8'))[1];
      const middle = [0, 1].map((axis) =>
        Math.round([1, 8, 11].reduce((sum, joint) => sum + keypoints[joint][axis] / 3, 0)),
      ) as [number, number];
      expect(pixel(drawn, ...middle)).not.toBeAllClose(pixel(source, 2, 2) as number[], { absolute: 32 });
    },
  );
});
