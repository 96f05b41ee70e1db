// The same images on every backend, side by side in one process.
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { nativeBackend } from '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { randomCheckpoint, testImage, testPose, tinyNetwork } from '../../testing/random-checkpoint.ts';
import { Synthesizer } from './synthesizer.ts';

const wasmFile = createRequire(__filename).resolve('@tensorflow/tfjs-backend-wasm');

const checkpoint = randomCheckpoint(tinyNetwork());
const input = { image: testImage(16), keypoints: testPose(16) };
// The outputs differ by some 1e-6 (float32 sums in other orders), which moves a byte by one when it lies at a half.
const tolerance = 1;

beforeAll(async () => {
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(dirname(wasmFile) + sep);
  await tf.setBackend('native-cpu');
});

async function draw(backend: string): Promise<Uint8ClampedArray> {
  const synthesizer = await Synthesizer.load(checkpoint, { backend });
  expect(synthesizer.info).toMatchObject({ backend, backendReason: 'asked for' });
  const { data } = await synthesizer.synthesize(input);
  synthesizer.dispose();
  return data;
}

describe('on every backend', () => {
  it.each(['native-cpu', 'wasm'])('%s draws what cpu draws, and the current backend stays', async (backend) => {
    const expected = await draw('cpu');
    expect(await draw(backend)).toBeAllClose(expected, { absolute: tolerance });
    expect(tf.getBackend()).toBe('native-cpu');
  });

  it('runs where it was loaded, whatever the current backend has become', async () => {
    const onWasm = await Synthesizer.load(checkpoint, { backend: 'wasm' });
    const onCurrent = await Synthesizer.load(checkpoint);
    expect(onCurrent.info.backend).toBe('native-cpu');
    const expected = await onCurrent.synthesize(input);
    await tf.setBackend('cpu');
    const cpu = tf.findBackend('cpu');
    const write = jest.spyOn(cpu, 'write');
    const drawn = await Promise.all([onWasm.synthesize(input), onCurrent.synthesize(input)]);
    expect(drawn[0].data).toBeAllClose(expected.data, { absolute: tolerance });
    expect(drawn[1].data).toEqual(expected.data);
    // Nothing was put on the current backend, and it is still the current one.
    expect(write).not.toHaveBeenCalled();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.backend()).toBe(cpu);
    write.mockRestore();
    onWasm.dispose();
    onCurrent.dispose();
    await tf.setBackend('native-cpu');
  });

  it('needs no kernel on native-cpu that is not native', async () => {
    const { report } = nativeBackend();
    report.reset();
    await draw('native-cpu');
    expect(report.of('Conv2D').native).toBeGreaterThan(0);
    expect(report.rows().filter(({ fallback }) => fallback > 0)).toEqual([]);
  });
});
