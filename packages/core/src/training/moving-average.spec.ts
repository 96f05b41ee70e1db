import * as tf from '@ggb/native-ops/tf';
import { MovingAverage } from './moving-average.ts';

let weight: tf.Variable;
let average: MovingAverage;

function begin(decay: number, every: number): void {
  weight = tf.tidy(() => tf.tensor1d([1, -2]).variable());
  average = new MovingAverage(new Map([['w', weight]]), { decay, every });
}

afterEach(() => {
  average.dispose();
  weight.dispose();
});

const change = (values: number[]) => tf.tidy(() => weight.assign(tf.tensor1d(values)));
const averages = () => [...(average.variables.get('w') as tf.Variable).dataSync()];

describe('MovingAverage', () => {
  it('begins with the weights', () => {
    begin(0.75, 1);
    expect(averages()).toEqual([1, -2]);
  });

  it('is decay * average + (1 - decay) * weights', () => {
    begin(0.75, 1);
    change([5, 6]);
    average.update(1);
    expect(averages()).toEqual([2, 0]);
  });

  it('moves every so many steps alone', () => {
    begin(0.5, 3);
    change([3, 2]);
    average.update(1);
    average.update(2);
    expect(averages()).toEqual([1, -2]);
    average.update(3);
    expect(averages()).toEqual([2, 0]);
  });

  it('without decay is the weights', () => {
    begin(0, 1);
    change([0.1, 1e30]);
    average.update(1);
    expect(averages()).toEqual([...weight.dataSync()]);
  });

  it('gives a generator weights of its own', () => {
    begin(0.5, 1);
    const given = average.weightSource.tensor('w', [2], { role: 'offset' });
    change([3, 2]);
    average.update(1);
    expect([...given.dataSync()]).toEqual([1, -2]);
    given.dispose();
  });

  it('holds one tensor for each weight, however often it moves', () => {
    const before = tf.memory().numTensors;
    begin(0.5, 1);
    for (let step = 1; step <= 10; step += 1) average.update(step);
    expect(tf.memory().numTensors).toBe(before + 2);
  });
});
