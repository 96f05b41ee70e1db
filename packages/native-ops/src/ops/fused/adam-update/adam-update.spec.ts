import { seededValues } from '../../../../testing/seeded-random.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { AdamDisposedError, AdamOptimizer, type NamedTensor } from './adam-optimizer.ts';
import { type AdamCase, adamCases, oracleTolerance, steps, trainAdamTolerance } from './adam-update.cases.ts';
import { adamState, adamUpdate, stateFields } from './adam-update.ts';

afterEach(() => {
  tf.setBackend('native-cpu');
});

/** Changes no float32 of ordinary size that it is added to. */
const negligible = 1e-30;

const sizeOf = (shape: readonly number[]) => tf.util.sizeFromShape([...shape]);

function makeVariables(shapes: AdamCase['shapes']): tf.Variable[] {
  return shapes.map((shape, i) =>
    tf.tidy(() => tf.variable(tf.tensor(seededValues(i, sizeOf(shape)), [...shape], 'float32'))),
  );
}

/** Gradients of one step: noise around a mean of their own, so that moments neither vanish nor settle. */
function gradientValues(shapes: AdamCase['shapes'], step: number): Float32Array[] {
  return shapes.map((shape, i) => seededValues(1000 * step + i, sizeOf(shape), -0.5, 1));
}

function applyStep(optimizer: tf.Optimizer, variables: tf.Variable[], step: number): void {
  tf.tidy(() => {
    const values = gradientValues(
      variables.map(({ shape }) => shape),
      step,
    );
    optimizer.applyGradients(
      variables.map((variable, i) => ({
        name: variable.name,
        tensor: tf.tensor(values[i] as Float32Array, variable.shape, 'float32'),
      })),
    );
  });
}

function train(optimizer: tf.Optimizer, shapes: AdamCase['shapes'], from = 0, to = steps): Float32Array[] {
  const variables = makeVariables(shapes);
  for (let step = from; step < to; step++) applyStep(optimizer, variables, step);
  const values = variables.map((variable) => variable.dataSync().slice() as Float32Array);
  tf.dispose(variables);
  return values;
}

/** Adam as the paper has it, in float64. */
function oracle({ shapes, settings }: AdamCase): Float64Array[] {
  const { learningRate, beta1, beta2, epsilon } = settings;
  const weights = shapes.map((shape, i) => Float64Array.from(seededValues(i, sizeOf(shape))));
  const m = weights.map((w) => new Float64Array(w.length));
  const v = weights.map((w) => new Float64Array(w.length));
  for (let step = 0; step < steps; step++) {
    gradientValues(shapes, step).forEach((gradient, p) => {
      const [ws, ms, vs] = [weights[p], m[p], v[p]] as [Float64Array, Float64Array, Float64Array];
      gradient.forEach((g, i) => {
        ms[i] = beta1 * (ms[i] as number) + (1 - beta1) * g;
        vs[i] = beta2 * (vs[i] as number) + (1 - beta2) * g * g;
        const mHat = (ms[i] as number) / (1 - beta1 ** (step + 1));
        const vHat = (vs[i] as number) / (1 - beta2 ** (step + 1));
        ws[i] = (ws[i] as number) - (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
      });
    });
  }
  return weights;
}

function worstDifference(a: ArrayLike<number>[], b: ArrayLike<number>[]): number {
  let worst = 0;
  a.forEach((values, p) => {
    for (let i = 0; i < values.length; i++) {
      const error = Math.abs((values[i] as number) - (b[p]?.[i] as number));
      // Math.max passes NaN on, which then fails the comparison.
      worst = Math.max(worst, error);
    }
  });
  return worst;
}

describe.each(adamCases.map((adamCase) => [adamCase.name, adamCase] as const))(
  'adamUpdate of %s',
  (_name, adamCase) => {
    const { shapes, settings } = adamCase;

    it('is the formula of the paper', () => {
      const optimizer = new AdamOptimizer(settings);
      expect(worstDifference(train(optimizer, shapes), oracle(adamCase))).toBeLessThan(oracleTolerance);
      optimizer.dispose();
    });

    it('is what tf.train.adam computes', () => {
      const { learningRate, beta1, beta2, epsilon } = settings;
      const optimizer = new AdamOptimizer(settings);
      const own = train(optimizer, shapes);
      optimizer.dispose();
      tf.setBackend('cpu');
      const stock = tf.train.adam(learningRate, beta1, beta2, epsilon);
      expect(worstDifference(own, train(stock, shapes))).toBeLessThan(trainAdamTolerance(learningRate));
      stock.dispose();
    });

    it.each(['cpu', 'native-cpu'])('equals its reference on %s', (backend) => {
      tf.setBackend(backend);
      // A backend without the kernel takes the reference; here it is called by hiding the kernel.
      const kernel = tf.getKernel('AdamUpdate', backend);
      if (kernel) tf.unregisterKernel('AdamUpdate', backend);
      try {
        const optimizer = new AdamOptimizer(settings);
        expect(worstDifference(train(optimizer, shapes), oracle(adamCase))).toBeLessThan(oracleTolerance);
        expect(optimizer.step).toBe(steps);
        optimizer.dispose();
      } finally {
        if (kernel) tf.registerKernel(kernel);
      }
    });

    it('repeats its bits and releases every tensor and buffer', () => {
      const run = () => {
        const optimizer = new AdamOptimizer(settings);
        const values = train(optimizer, shapes, 0, 5);
        optimizer.dispose();
        return values;
      };
      const before = { tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes };
      expect(run()).toEqual(run());
      expect({ tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes }).toEqual(before);
    });
  },
);

describe('AdamOptimizer', () => {
  const shapes = [[5, 3], [3]];

  it('updates all variables in one native command, where they are', () => {
    const optimizer = new AdamOptimizer();
    const variables = makeVariables(shapes);
    applyStep(optimizer, variables, 0);
    const places = variables.map(({ dataId }) => dataId);
    const values = variables.map((variable) => variable.dataSync().slice());
    nativeBackend().report.reset();
    applyStep(optimizer, variables, 1);
    expect(nativeBackend().report.rows()).toEqual([{ kernel: 'AdamUpdate', native: 1, fallback: 0 }]);
    expect(variables.map(({ dataId }) => dataId)).toEqual(places);
    expect(variables.every(({ dataId }, i) => dataId === places[i])).toBe(true);
    // A copy of the values that was read before does not hide the new ones.
    for (const [i, variable] of variables.entries()) expect(variable.dataSync()).not.toEqual(values[i]);
    tf.dispose(variables);
    optimizer.dispose();
  });

  it('leaves tensors alone that share memory with a variable', () => {
    const initial = tf.tensor1d([1, 2, 3]);
    const variable = tf.variable(initial);
    const optimizer = new AdamOptimizer({ learningRate: 0.5 });
    applyStep(optimizer, [variable], 0);
    const snapshot = variable.clone();
    const kept = [...snapshot.dataSync()];
    applyStep(optimizer, [variable], 1);
    expect([...initial.dataSync()]).toEqual([1, 2, 3]);
    expect([...snapshot.dataSync()]).toEqual(kept);
    expect([...variable.dataSync()]).not.toEqual(kept);
    tf.dispose([initial, snapshot, variable]);
    optimizer.dispose();
  });

  it('accepts a gradient that is the variable itself', () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, -2])));
    const optimizer = new AdamOptimizer({ learningRate: 0.25, epsilon: negligible });
    optimizer.applyGradients({ [variable.name]: variable });
    expect([...variable.dataSync()]).toEqual([0.75, -1.75]);
    variable.dispose();
    optimizer.dispose();
  });

  it('minimizes, and returns the cost', () => {
    const x = tf.tidy(() => tf.variable(tf.tensor1d([3, -4])));
    const unused = tf.tidy(() => tf.variable(tf.scalar(7)));
    const optimizer = new AdamOptimizer({ learningRate: 0.1 });
    const before = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) optimizer.minimize(() => tf.sum(tf.square(x)) as tf.Scalar, false, [x]);
    const cost = optimizer.minimize(() => tf.sum(tf.square(x)) as tf.Scalar, true, [x]) as tf.Scalar;
    expect(cost.dataSync()[0]).toBeLessThan(1e-3);
    expect(optimizer.iterations).toBe(201);
    // The cost and two moments; the loss does not depend on the other variable.
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([cost, x, unused]);
    optimizer.dispose();
  });

  it('follows a learning rate that changes', () => {
    const optimizer = new AdamOptimizer({ learningRate: 0.1, epsilon: negligible });
    const [variable] = makeVariables([[4]]) as [tf.Variable];
    const start = variable.dataSync().slice();
    optimizer.learningRate = 0;
    applyStep(optimizer, [variable], 0);
    expect(variable.dataSync()).toEqual(start);
    expect(optimizer.learningRate).toBe(0);
    optimizer.learningRate = 0.5;
    applyStep(optimizer, [variable], 0);
    // The same gradient twice: both corrected moments are those of one gradient, and the step is the rate.
    variable.dataSync().forEach((value, i) => {
      expect(Math.abs(value - (start[i] as number))).toBeCloseTo(0.5, 5);
    });
    variable.dispose();
    optimizer.dispose();
  });

  it.each(['native-cpu', 'cpu'])('continues from a checkpoint with the same bits on %s', async (backend) => {
    tf.setBackend(backend);
    const variables = makeVariables(shapes);
    const first = new AdamOptimizer({ learningRate: 0.01 });
    for (let step = 0; step < 7; step++) applyStep(first, variables, step);
    const saved = (await first.getWeights()).map(({ name, tensor }) => ({ name, tensor: tensor.clone() }));
    expect(saved.map(({ name }) => name)).toEqual([
      'iter',
      ...variables.map(({ name }) => `${name}/m`),
      ...variables.map(({ name }) => `${name}/v`),
    ]);
    const weights = variables.map((variable) => variable.dataSync().slice());
    for (let step = 7; step < 12; step++) applyStep(first, variables, step);
    const expected = variables.map((variable) => variable.dataSync().slice());

    variables.forEach((variable, i) => {
      tf.tidy(() => variable.assign(tf.tensor(weights[i] as Float32Array, variable.shape)));
    });
    const second = new AdamOptimizer({ learningRate: 0.01 });
    await second.setWeights(saved);
    for (let step = 7; step < 12; step++) applyStep(second, variables, step);
    expect(variables.map((variable) => variable.dataSync().slice())).toEqual(expected);
    expect(second.step).toBe(12);
    tf.dispose([...variables, ...saved.map(({ tensor }) => tensor)]);
    first.dispose();
    second.dispose();
  });

  it('continues from the weights of tf.train.adam', async () => {
    const variables = makeVariables(shapes);
    const stock = tf.train.adam(0.01);
    for (let step = 0; step < 7; step++) applyStep(stock, variables, step);
    const own = new AdamOptimizer({ learningRate: 0.01 });
    const weights = await stock.getWeights();
    await own.setWeights(weights);
    const values = variables.map((variable) => variable.dataSync().slice());
    for (let step = 7; step < 12; step++) applyStep(stock, variables, step);
    const expected = variables.map((variable) => variable.dataSync().slice() as Float32Array);
    variables.forEach((variable, i) => {
      tf.tidy(() => variable.assign(tf.tensor(values[i] as Float32Array, variable.shape)));
    });
    for (let step = 7; step < 12; step++) applyStep(own, variables, step);
    const received = variables.map((variable) => variable.dataSync().slice() as Float32Array);
    expect(worstDifference(received, expected)).toBeLessThan(trainAdamTolerance(0.01));
    tf.dispose([...variables, (weights[0] as NamedTensor).tensor]);
    own.dispose();
    stock.dispose();
  });

  it('makes its moments before the first step when asked to', () => {
    const variables = makeVariables(shapes);
    const optimizer = new AdamOptimizer();
    optimizer.prepare(variables);
    expect([...optimizer.moments.keys()]).toEqual(variables.map(({ name }) => name));
    expect([...optimizer.moments.values()].map(({ first, second }) => [first.shape, second.shape])).toEqual(
      shapes.map((shape) => [shape, shape]),
    );
    tf.dispose(variables);
    optimizer.dispose();
  });

  it('keeps its settings through a configuration', () => {
    const config = { learningRate: 0.02, beta1: 0.5, beta2: 0.9, epsilon: 1e-5 };
    const optimizer = AdamOptimizer.fromConfig(AdamOptimizer as never, config) as AdamOptimizer;
    expect(optimizer.getConfig()).toEqual(config);
    expect(optimizer.getClassName()).toBe('Adam');
    optimizer.dispose();
  });

  it('refuses weights that are incomplete, and says what it received', async () => {
    const optimizer = new AdamOptimizer();
    const iter = tf.scalar(1, 'int32');
    await expect(
      optimizer.setWeights([
        { name: 'iter', tensor: iter },
        { name: 'w/m', tensor: iter },
      ]),
    ).rejects.toThrow(/"iter", then.*received \[iter, w\/m\]/);
    iter.dispose();
    optimizer.dispose();
  });

  it.each([
    ['learningRate', [-0.1, Number.NaN, Number.POSITIVE_INFINITY, 1e39]],
    ['beta1', [-0.1, 1, Number.NaN]],
    // As float32, 1 - 1e-9 is 1 and 1e-50 is 0.
    ['beta2', [1.5, Number.NaN, 1 - 1e-9]],
    ['epsilon', [0, -1e-7, Number.NaN, 1e-50]],
  ] as const)('refuses a %s out of range, and keeps nothing', (name, values) => {
    const before = tf.memory().numTensors;
    for (const value of values) {
      const make = () => new AdamOptimizer({ [name]: value });
      expect(make).toThrow(InvalidArgumentError);
      expect(make).toThrow(`AdamOptimizer: ${name} must be `);
      expect(make).toThrow(`received ${value}.`);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses to change its learning rate to NaN, and keeps the old one', () => {
    const optimizer = new AdamOptimizer({ learningRate: 0.5 });
    expect(() => {
      optimizer.learningRate = Number.NaN;
    }).toThrow(InvalidArgumentError);
    expect(optimizer.learningRate).toBe(0.5);
    optimizer.dispose();
  });

  it('refuses the gradient of a variable that does not exist, by its name', () => {
    const optimizer = new AdamOptimizer();
    const gradient = tf.scalar(1);
    expect(() => optimizer.applyGradients({ nobody: gradient })).toThrow(
      expect.objectContaining({ name: 'InvalidArgumentError', received: 'nobody' }),
    );
    expect(optimizer.step).toBe(0);
    gradient.dispose();
    optimizer.dispose();
  });

  it('says so when it is used after dispose, which may be called twice', async () => {
    const variables = makeVariables(shapes);
    const optimizer = new AdamOptimizer();
    optimizer.dispose();
    optimizer.dispose();
    const before = tf.memory().numTensors;
    const uses = [
      () => applyStep(optimizer, variables, 0),
      () => optimizer.prepare(variables),
      () => optimizer.step,
      () => {
        optimizer.learningRate = 1;
      },
    ];
    for (const use of uses) expect(use).toThrow(AdamDisposedError);
    await expect(optimizer.getWeights()).rejects.toThrow('AdamOptimizer was disposed');
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(variables);
  });
});

describe('adamUpdate', () => {
  it.each([
    [
      'a gradient of another shape',
      [3],
      'float32',
      /gradient of variable "refused" is shape \[3\], expected shape \[2\]/,
    ],
    ['an int32 gradient', [2], 'int32', /gradient of variable "refused" is int32, expected float32/],
  ] as const)('refuses %s, and names the variable', (_name, shape, dtype, message) => {
    tf.tidy(() => {
      const variable = tf.variable(tf.zeros([2]), true, 'refused');
      const moments = () => tf.variable(tf.zeros([2]), false);
      const state = adamState({ learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 0, step: 0 });
      const firstMoment = moments();
      const secondMoment = moments();
      const gradient = tf.zeros([...shape], dtype);
      expect(() => adamUpdate([{ variable, firstMoment, secondMoment, gradient }], state)).toThrow(message);
      expect([...state.dataSync()][stateFields.indexOf('step')]).toBe(0);
      tf.dispose([variable, firstMoment, secondMoment, state]);
    });
  });
});
