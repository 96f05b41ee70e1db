import { nativeBackend } from '../entry/node.ts';
import { AdamOptimizer, compileStep, dropout, ReplayError, randomNormal } from '../entry/ops.ts';
import * as tf from '../entry/tf.ts';

/** Bits, so that -0 and NaN count too. */
const bits = (tensor: tf.Tensor) => [...new Uint32Array(tensor.dataSync<'float32'>().slice().buffer)];

const values = (shape: number[], seed: number) => randomNormal(shape, { seed, counter: 0 });

/** A training step with what makes recording hard: batch statistics that are assigned, dropout, Adam, constants. */
class SmallStep {
  readonly kernel = tf.tidy(() => tf.variable(values([3, 3, 4, 8], 1)));
  readonly weights = tf.tidy(() => tf.variable(values([8 * 8 * 8, 2], 2)));
  readonly runningMean = tf.tidy(() => tf.variable(tf.zeros([8]), false));
  readonly optimizer = new AdamOptimizer({ learningRate: 0.01 });
  steps = 0;

  readonly run = (x: tf.Tensor4D, y: tf.Tensor2D): tf.Tensor[] => {
    const trained = [this.kernel, this.weights] as tf.Variable[];
    let mean: tf.Tensor | undefined;
    const loss = this.optimizer.minimize(
      () => {
        const features = tf.conv2d(x, this.kernel as tf.Tensor4D, 1, 'same');
        mean = tf.keep(features.mean([0, 1, 2]));
        const dropped = dropout(features.sub(mean).relu(), 0.5, { seed: 3, counter: () => this.steps });
        const logits = tf.matMul(dropped.reshape([x.shape[0], -1]), this.weights as tf.Tensor2D);
        return logits.sub(y).square().mean() as tf.Scalar;
      },
      true,
      trained,
    ) as tf.Scalar;
    this.runningMean.assign(this.runningMean.mul(0.9).add((mean as tf.Tensor).mul(tf.scalar(0.1))));
    mean?.dispose();
    return [loss, this.runningMean.mul(2)];
  };

  get state(): number[][] {
    return [this.kernel, this.weights, this.runningMean].map(bits);
  }

  dispose(): void {
    this.optimizer.dispose();
    tf.dispose([this.kernel, this.weights, this.runningMean]);
  }
}

const batch = (number: number) => ({
  x: values([4, 8, 8, 4], 100 + number) as tf.Tensor4D,
  y: values([4, 2], 200 + number) as tf.Tensor2D,
});

describe('a compiled step', () => {
  it('gives the bits of the eager one, run by run, in results and state', () => {
    const eager = new SmallStep();
    const replayed = new SmallStep();
    const compiled = compileStep(replayed.run);
    for (let number = 0; number < 12; number += 1) {
      const { x, y } = batch(number);
      // The schedule and the masks change while it is replayed.
      for (const each of [eager, replayed]) {
        each.steps = number;
        each.optimizer.learningRate = 0.01 / (number + 1);
      }
      const expected = tf.tidy(() => eager.run(x, y));
      const actual = compiled.run(x, y) as tf.Tensor[];
      expect(actual.map(bits)).toEqual(expected.map(bits));
      expect(replayed.state).toEqual(eager.state);
      tf.dispose([expected, actual, x, y]);
    }
    expect(compiled.eagerReason).toBeUndefined();
    expect(compiled.summaries).toHaveLength(1);
    compiled.dispose();
    eager.dispose();
    replayed.dispose();
  });

  it('can be mixed with eager runs, which give variables other memory', () => {
    const eager = new SmallStep();
    const mixed = new SmallStep();
    const compiled = compileStep(mixed.run);
    for (let number = 0; number < 12; number += 1) {
      const { x, y } = batch(number);
      for (const each of [eager, mixed]) each.steps = number;
      // Somebody else's assignment: the program must follow the variable, not its old memory.
      if (number === 5) for (const each of [eager, mixed]) tf.tidy(() => each.kernel.assign(each.kernel.mul(0.5)));
      const isEager = number % 3 === 2;
      const results = [
        tf.tidy(() => eager.run(x, y)),
        isEager ? tf.tidy(() => mixed.run(x, y)) : (compiled.run(x, y) as tf.Tensor[]),
      ];
      expect(mixed.state).toEqual(eager.state);
      tf.dispose([results, x, y]);
    }
    compiled.dispose();
    eager.dispose();
    mixed.dispose();
  });

  it('keeps a clone of a variable as it was, though the step changes the variable in place', () => {
    const step = new SmallStep();
    const compiled = compileStep(step.run);
    const { x, y } = batch(0);
    for (let i = 0; i < 3; i += 1) tf.dispose(compiled.run(x, y));
    const clone = step.kernel.clone();
    const before = bits(clone);
    tf.dispose(compiled.run(x, y));
    expect(bits(clone)).toEqual(before);
    expect(bits(step.kernel)).not.toEqual(before);
    tf.dispose([clone, x, y]);
    compiled.dispose();
    step.dispose();
  });

  it('leaves nothing behind, run by run and when it is disposed', () => {
    const before = { tensors: tf.memory().numTensors, buffers: nativeBackend().memory().nativeBuffers };
    const step = new SmallStep();
    const compiled = compileStep(step.run);
    const { x, y } = batch(0);
    for (let i = 0; i < 3; i += 1) tf.dispose(compiled.run(x, y));
    const warm = { tensors: tf.memory().numTensors, buffers: nativeBackend().memory().nativeBuffers };
    for (let i = 0; i < 5; i += 1) tf.dispose(compiled.run(x, y));
    expect({ tensors: tf.memory().numTensors, buffers: nativeBackend().memory().nativeBuffers }).toEqual(warm);
    tf.dispose([x, y]);
    compiled.dispose();
    step.dispose();
    expect({ tensors: tf.memory().numTensors, buffers: nativeBackend().memory().nativeBuffers }).toEqual(before);
  });

  it('leaves out what nobody reads', () => {
    const compiled = compileStep((x: tf.Tensor) => {
      x.exp().log();
      return x.square();
    });
    const x = tf.tensor1d([1, 2, 3]);
    for (let i = 0; i < 3; i += 1) {
      const y = compiled.run(x) as tf.Tensor;
      expect([...y.dataSync()]).toEqual([1, 4, 9]);
      y.dispose();
    }
    expect(compiled.summaries).toEqual([{ commands: 1, removed: 2, buffers: 0 }]);
    x.dispose();
    compiled.dispose();
  });

  it('has a program for each shape of its inputs', () => {
    const compiled = compileStep((x: tf.Tensor) => x.mul(2).sum() as tf.Tensor);
    for (const size of [3, 3, 5, 3, 5, 4]) {
      const x = tf.ones([size]);
      const y = compiled.run(x) as tf.Tensor;
      expect(y.dataSync()[0]).toBe(2 * size);
      tf.dispose([x, y]);
    }
    expect(compiled.summaries).toHaveLength(3);
    compiled.dispose();
  });

  it('is eager under a tape, so that it can be differentiated', () => {
    const compiled = compileStep((x: tf.Tensor) => x.square().sum() as tf.Tensor);
    const x = tf.tensor1d([1, 2, 3]);
    for (let i = 0; i < 3; i += 1) compiled.run(x);
    const dx = tf.grad((v) => compiled.run(v) as tf.Tensor)(x);
    expect([...dx.dataSync()]).toEqual([2, 4, 6]);
    compiled.dispose();
  });
});

describe('a step that cannot be recorded', () => {
  const reasonOf = (step: (x: tf.Tensor) => tf.Tensor | tf.Tensor[], expected: number[]): string => {
    const reasons: string[] = [];
    const compiled = compileStep(step, { onEager: (reason) => reasons.push(reason) });
    const x = tf.tensor1d([1, 2, 3]);
    for (let i = 0; i < 4; i += 1) {
      const result = compiled.run(x);
      const [first] = [result].flat() as tf.Tensor[];
      expect([...(first as tf.Tensor).dataSync()]).toEqual(expected);
      tf.dispose(result as tf.Tensor);
    }
    x.dispose();
    compiled.dispose();
    expect(reasons).toHaveLength(1);
    expect(compiled.eagerReason).toBe(reasons[0]);
    return reasons[0] as string;
  };

  it('runs eagerly and says where a value was read', () => {
    const reason = reasonOf((x) => x.mul(x.sum().dataSync()[0] as number), [6, 12, 18]);
    expect(reason).toMatch(/^Sum: a value is read inside of the step .*compile-step\.spec\.ts/);
  });

  it('is not taken in by an input whose values still lie in JavaScript', () => {
    const compiled = compileStep((x: tf.Tensor) => x.mul(x.dataSync()[0] as number));
    for (const value of [2, 3, 4, 5]) {
      const x = tf.tensor1d([value]);
      expect((compiled.run(x) as tf.Tensor).dataSync()[0]).toBe(value * value);
    }
    expect(compiled.eagerReason).toMatch(/a value is read inside of the step/);
    compiled.dispose();
  });

  it('names the kernel that has no native form', () => {
    const reason = reasonOf((x) => tf.unique(x).values, [1, 2, 3]);
    expect(reason).toMatch(/^Unique: it has no native form/);
  });

  it('names what is left behind', () => {
    const kept: tf.Tensor[] = [];
    const reason = reasonOf(
      (x) => {
        kept.push(tf.keep(x.add(1)));
        return x.mul(2);
      },
      [2, 4, 6],
    );
    expect(reason).toMatch(/a tensor of 3 values that it made is still there/);
    tf.dispose(kept);
  });

  it('refuses a result that is one of its inputs', () => {
    expect(reasonOf((x) => x.clone(), [1, 2, 3])).toMatch(/result 0 shares its values/);
  });

  it('frees the constants of what it could not record', () => {
    const before = nativeBackend().memory().nativeBuffers;
    reasonOf(
      (x) => {
        const y = x.mul(tf.tensor1d([1, 1, 1]));
        return tf.unique(y).values;
      },
      [1, 2, 3],
    );
    expect(nativeBackend().memory().nativeBuffers).toBe(before);
  });

  it('passes errors of the step on, and can be run again', () => {
    let isBroken = false;
    const compiled = compileStep((x: tf.Tensor) => {
      if (isBroken) throw new Error('broken');
      return x.mul(2);
    });
    const x = tf.tensor1d([1]);
    tf.dispose(compiled.run(x) as tf.Tensor);
    isBroken = true;
    expect(() => compiled.run(x)).toThrow('broken');
    isBroken = false;
    for (let i = 0; i < 2; i += 1) expect((compiled.run(x) as tf.Tensor).dataSync()[0]).toBe(2);
    compiled.dispose();
  });
});

describe('a replay', () => {
  it('refuses variables that were disposed since', () => {
    const factor = tf.variable(tf.scalar(2), false, 'the factor');
    const compiled = compileStep((x: tf.Tensor) => x.mul(factor));
    const x = tf.tensor1d([1]);
    for (let i = 0; i < 3; i += 1) tf.dispose(compiled.run(x) as tf.Tensor);
    factor.dispose();
    expect(() => compiled.run(x)).toThrow(ReplayError);
    expect(() => compiled.run(x)).toThrow(/variable the factor: expected one that is not disposed/);
    compiled.dispose();
  });

  it('refuses tensors of the step that were disposed since, and disposed inputs', () => {
    const factor = tf.tensor1d([2]);
    const compiled = compileStep((x: tf.Tensor) => x.mul(factor));
    const x = tf.tensor1d([1]);
    for (let i = 0; i < 3; i += 1) tf.dispose(compiled.run(x) as tf.Tensor);
    const gone = tf.tensor1d([1]);
    gone.dispose();
    expect(() => compiled.run(gone)).toThrow(/disposed/);
    factor.dispose();
    expect(() => compiled.run(x)).toThrow(/a tensor that the step holds/);
    compiled.dispose();
  });

  it('names the kernel of a failure, and spoils what the step would have changed', () => {
    const sum = tf.variable(tf.zeros([2]), false);
    const compiled = compileStep((indices: tf.Tensor, x: tf.Tensor) => {
      sum.assign(sum.add(tf.gather(x, indices as tf.Tensor1D)));
      return sum.mul(1);
    });
    const x = tf.tensor1d([1, 2, 3]);
    const good = tf.tensor1d([0, 2], 'int32');
    for (let i = 0; i < 3; i += 1) tf.dispose(compiled.run(good, x) as tf.Tensor);
    const bad = tf.tensor1d([0, 7], 'int32');
    expect(() => compiled.run(bad, x)).toThrow(/Gather/);
    expect(() => sum.dataSync()).toThrow(/Gather/);
    compiled.dispose();
  });
});
