import * as tf from '@ggb/native-ops/tf';
import { LossMeter } from './loss-meter.ts';

describe('LossMeter', () => {
  it('gives the mean of each loss over the steps since it was last asked', async () => {
    const meter = new LossMeter(['a', 'b']);
    meter.add(1, tf.tensor1d([1, 10]));
    await meter.settle();
    meter.add(2, tf.tensor1d([2, 30]));
    await meter.settle();
    expect(meter.steps).toBe(2);
    expect(meter.take()).toEqual({ a: 1.5, b: 20 });
    meter.add(3, tf.tensor1d([7, 8]));
    await meter.settle();
    expect(meter.take()).toEqual({ a: 7, b: 8 });
  });

  it.each([Number.NaN, Infinity, -Infinity])('finds the first loss that is %p, with its step', async (value) => {
    const meter = new LossMeter(['a', 'b']);
    meter.add(8, tf.tensor1d([1, 1]));
    meter.add(9, tf.tensor1d([1, value]));
    meter.add(10, tf.tensor1d([value, value]));
    expect(await meter.settle()).toEqual({ loss: 'b', step: 9, value });
  });

  it('asks to be settled before it holds many tensors', () => {
    const meter = new LossMeter(['a']);
    const before = tf.memory().numTensors;
    let steps = 0;
    for (; !meter.isFull; steps += 1) meter.add(steps + 1, tf.tensor1d([1]));
    expect(steps).toBe(64);
    meter.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes over the tensors it is given', async () => {
    const before = tf.memory().numTensors;
    const meter = new LossMeter(['a']);
    meter.add(1, tf.tensor1d([1]));
    await meter.settle();
    expect(tf.memory().numTensors).toBe(before);
  });
});
