import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { settingsFromEnvironment } from '../../../backend/settings.ts';
import { loadAddon, NativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { philox, randomWords } from './philox.ts';
import { randomCases, randomRefusals } from './random.cases.ts';
import { type RandomAttributes, randomIntegers, randomKernels, randomNormal, randomUniform } from './random.ts';

describeOpConformance('random', randomCases, randomRefusals);

const valuesOf = (tensor: tf.Tensor) => {
  const values = tensor.dataSync();
  tensor.dispose();
  return values;
};

const mean = (values: ArrayLike<number>, f: (value: number) => number = (value) => value) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += f(values[i] as number);
  return sum / values.length;
};

const count = 1 << 17;

describe('philox', () => {
  // The known answers for philox4x32 with 10 rounds in kat_vectors of the Random123 library.
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the known answer for counter %p, key %p', (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
  });

  it('is what the native kernel computes: the first known answer', () => {
    const all = randomIntegers([4], { seed: 0, counter: 0, min: -(2 ** 31), max: 2 ** 31 });
    // Every word is offset by min = -2^31.
    const words = [...valuesOf(all)].map((value) => value + 2 ** 31);
    expect(words).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });
});

describe('random tensors', () => {
  it('begin alike whatever their size: an element knows only its own position', () => {
    const key = { seed: 5, counter: 9 };
    const long = valuesOf(randomNormal([20000], key));
    for (const size of [1, 2, 3, 127, 128, 129, 255, 1000, 4097]) {
      expect([...valuesOf(randomNormal([size], key))]).toEqual([...long.slice(0, size)]);
    }
  });

  it('do not depend on the number of threads', () => {
    const attributes: RandomAttributes = {
      shape: [50001],
      distribution: 'normal',
      seed: 3,
      counter: 4,
      parameters: [0, 1],
    };
    const draws = [1, 2, 3, 7].map((threads) => {
      const backend = new NativeBackend(loadAddon(settingsFromEnvironment().addonPath), {
        ...settingsFromEnvironment(),
        threads,
      });
      const y = randomKernels[0]?.run({}, attributes, backend) as tf.TensorInfo;
      const values = Buffer.from((backend.readSync(y.dataId) as Float32Array).slice().buffer);
      backend.dispose();
      return values;
    });
    for (const draw of draws) expect(draw.equals(draws[0] as Buffer)).toBe(true);
  });

  it('are the same on a backend without the kernel', () => {
    const key = { seed: 11, counter: 12 };
    const draw = () => [
      ...valuesOf(randomUniform([3, 5], { ...key, min: -1 })),
      ...valuesOf(randomIntegers([7], { ...key, max: 1000 })),
    ];
    const native = draw();
    tf.setBackend('cpu');
    const reference = draw();
    tf.setBackend('native-cpu');
    expect(reference).toEqual(native);
  });

  it('share no block of random bits between counters, nor between seeds', () => {
    const blocks = new Set<string>();
    const draws = [
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 2 ** 32],
      [2, 0],
      [2 ** 32 + 1, 0],
    ] as const;
    for (const [seed, counter] of draws) {
      const words = randomWords(4 * 2000, seed, counter);
      for (let i = 0; i < words.length; i += 4) blocks.add(words.subarray(i, i + 4).join());
    }
    expect(blocks.size).toBe(draws.length * 2000);
  });

  it('are uncorrelated between successive counters and between neighbours', () => {
    const a = valuesOf(randomNormal([count], { seed: 1, counter: 0 }));
    const b = valuesOf(randomNormal([count], { seed: 1, counter: 1 }));
    const between = mean(a.map((value, i) => value * (b[i] as number)));
    const neighbours = mean(a.map((value, i) => value * (a[(i + 1) % count] as number)));
    // Each product has variance 1, so the mean of n of them deviates by 1 / sqrt(n); five of these.
    expect(Math.abs(between)).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(neighbours)).toBeLessThan(5 / Math.sqrt(count));
  });

  it('have the moments of the uniform distribution', () => {
    const values = valuesOf(randomUniform([count], { seed: 21, counter: 0, min: 2, max: 4 }));
    const error = 5 / Math.sqrt(count); // five standard errors, standard deviations below 1
    expect(Math.abs(mean(values) - 3)).toBeLessThan(error);
    expect(Math.abs(mean(values, (v) => (v - 3) ** 2) - 1 / 3)).toBeLessThan(error);
    expect(values.every((value) => value >= 2 && value < 4)).toBe(true);
  });

  it('have the moments of the normal distribution', () => {
    const values = valuesOf(randomNormal([count], { seed: 22, counter: 0, mean: 1, standardDeviation: 2 }));
    const error = 5 / Math.sqrt(count);
    const z = values.map((value) => (value - 1) / 2);
    expect(Math.abs(mean(z))).toBeLessThan(error);
    expect(Math.abs(mean(z, (v) => v ** 2) - 1)).toBeLessThan(Math.sqrt(2) * error);
    expect(Math.abs(mean(z, (v) => v ** 3))).toBeLessThan(Math.sqrt(15) * error);
    expect(Math.abs(mean(z, (v) => v ** 4) - 3)).toBeLessThan(Math.sqrt(96) * error);
    // P(|z| > 2) = 0.0455
    expect(Math.abs(mean(z, (v) => (Math.abs(v) > 2 ? 1 : 0)) - 0.0455)).toBeLessThan(0.21 * error);
  });

  it('hit every integer equally often', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of valuesOf(randomIntegers([count], { seed: 23, counter: 0, min: -3, max: 7 }))) {
      counts[value + 3] = (counts[value + 3] as number) + 1;
    }
    const expected = count / 10;
    const chiSquared = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(27.9); // 9 degrees of freedom, exceeded once in 1000 seeds
  });

  it('let gradients pass by', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const dx = tf.grad((v: tf.Tensor) => tf.mul(v, tf.add(1, randomUniform([3], { seed: 1, counter: 1 }))))(x);
    const expected = tf.add(1, randomUniform([3], { seed: 1, counter: 1 }));
    expect([...dx.dataSync()]).toEqual([...expected.dataSync()]);
    tf.dispose([x, dx, expected]);
  });
});
