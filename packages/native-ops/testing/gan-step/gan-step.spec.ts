import { nativeBackend } from '../../src/entry/node.ts';
import * as tf from '../../src/entry/tf.ts';
import { assertTensorsClose } from '../tensor-distance.ts';
import { makeGanStep } from './gan-step.ts';

/** Losses and weights after `steps` steps on a backend. */
function train(backend: string, steps: number) {
  tf.setBackend(backend);
  const gan = makeGanStep();
  const losses = Array.from({ length: steps }, (_, step) => gan.run(step));
  const weights = gan.weights();
  gan.dispose();
  return { losses, weights };
}

describe('a training step of a U-Net GAN', () => {
  afterAll(() => {
    tf.setBackend('native-cpu');
  });

  it('runs on native kernels alone', () => {
    tf.setBackend('native-cpu');
    const { report } = nativeBackend();
    report.reset();
    train('native-cpu', 2);
    expect(report.rows().filter(({ fallback }) => fallback > 0)).toEqual([]);
    expect(report.rows().reduce((sum, { native }) => sum + native, 0)).toBeGreaterThan(1000);
  });

  it('gives the losses and weights of the CPU backend after two steps', () => {
    const native = train('native-cpu', 2);
    const cpu = train('cpu', 2);
    native.losses.forEach((loss, step) => {
      expect(loss.discriminator).toBeCloseTo(cpu.losses[step]?.discriminator as number, 5);
      expect(loss.generator).toBeCloseTo(cpu.losses[step]?.generator as number, 4);
    });
    native.weights.forEach((weights, i) => {
      const expected = cpu.weights[i] as Float32Array;
      assertTensorsClose(
        { shape: [weights.length], dataSync: () => weights },
        { shape: [expected.length], dataSync: () => expected },
        // Two updates of at most 2e-3 each, from gradients that agree to about 1e-4.
        { absolute: 4e-6, relative: 0 },
      );
    });
  });

  it('gives the same bits when it is run again', () => {
    const first = train('native-cpu', 3);
    const second = train('native-cpu', 3);
    expect(second.losses).toEqual(first.losses);
    second.weights.forEach((weights, i) => {
      expect(Buffer.from(weights.buffer).equals(Buffer.from(first.weights[i]?.buffer as ArrayBuffer))).toBe(true);
    });
  });

  it('leaves no tensor and no byte behind', () => {
    tf.setBackend('native-cpu');
    const before = { tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes };
    train('native-cpu', 1);
    expect({ tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes }).toEqual(before);
  });
});
