// Adam as an optimizer of TF.js, in place of tf.train.adam: the same results, but one command per step, weights and moments
// changed where they are, a learning rate that can change, and a step count that is data.
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { type AdamParameter, adamState, adamUpdate, setAdamSetting, stateFields } from './adam-update.ts';

// Types that tfjs-core uses in public but does not export.
type Gradients = Parameters<tf.Optimizer['applyGradients']>[0];
export type NamedTensor = Awaited<ReturnType<tf.Optimizer['getWeights']>>[number];

export interface AdamOptions {
  /** Finite, at least 0. Default 0.001. */
  readonly learningRate?: number;
  /** Decay of the first moment, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Above 0; added to the root of the second moment. Default: the backend's epsilon, 1e-7, as in tf.train.adam. */
  readonly epsilon?: number;
}

/** The two moments of one variable. They belong to the optimizer. */
export interface AdamMoments {
  readonly first: Variable;
  readonly second: Variable;
}

/** Weights that were saved by another optimizer, or that are incomplete. */
export class AdamWeightsError extends Error {
  override readonly name = 'AdamWeightsError';

  constructor(readonly received: readonly string[]) {
    super(
      `AdamOptimizer.setWeights: expected "iter", then a "<variable>/m" and a "<variable>/v" for each variable, ` +
        `received [${received.join(', ')}].`,
    );
  }
}

/** The optimizer was used after `dispose`: its step count and moments are gone. */
export class AdamDisposedError extends Error {
  override readonly name = 'AdamDisposedError';

  constructor() {
    super('AdamOptimizer was disposed. Make a new one, and give it saved weights with setWeights to continue.');
  }
}

/** What a setting must be as float32, which is how the update reads it: a beta that rounds to 1 divides by zero. */
const settingRanges = {
  learningRate: {
    expected: 'a finite number of at least 0',
    isValid: (value: number) => value >= 0 && value < Infinity,
  },
  beta1: { expected: 'in [0, 1) as float32', isValid: (value: number) => value >= 0 && value < 1 },
  beta2: { expected: 'in [0, 1) as float32', isValid: (value: number) => value >= 0 && value < 1 },
  epsilon: { expected: 'a finite number above 0', isValid: (value: number) => value > 0 && value < Infinity },
};

function checkSettings(settings: { readonly [name in keyof typeof settingRanges]?: number }): void {
  for (const [name, value] of Object.entries(settings)) {
    const { expected, isValid } = settingRanges[name as keyof typeof settingRanges];
    if (typeof value === 'number' && isValid(Math.fround(value))) continue;
    throw new InvalidArgumentError('AdamOptimizer', name, expected, value);
  }
}

/**
 * Adam (Kingma and Ba 2015) for `minimize` and `applyGradients`. Moments are made when a variable is first seen and are
 * kept by the variable's name. Dispose it after use.
 *
 * @throws InvalidArgumentError  for a setting out of its range and for the gradient of a variable that does not exist.
 * @throws AdamDisposedError  when it is used after `dispose`.
 */
export class AdamOptimizer extends tf.Optimizer {
  /** @nocollapse Weights are interchangeable with tf.train.adam's, so a saved model names that. */
  static get className(): string {
    return 'Adam';
  }

  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  private rate: number;
  private readonly ownState: Variable;
  private readonly momentsByName = new Map<string, AdamMoments>();

  constructor({ learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon }: AdamOptions = {}) {
    super();
    const settings = { learningRate, beta1, beta2, epsilon: epsilon ?? tf.backend().epsilon() };
    checkSettings(settings);
    this.rate = learningRate;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = settings.epsilon;
    this.ownState = adamState({ ...settings, step: 0 });
  }

  private get state(): Variable {
    if (this.ownState.isDisposed) throw new AdamDisposedError();
    return this.ownState;
  }

  get learningRate(): number {
    return this.rate;
  }

  /** Takes effect with the next step, also in one that was recorded. */
  set learningRate(value: number) {
    checkSettings({ learningRate: value });
    setAdamSetting(this.state, 'learningRate', value);
    this.rate = value;
  }

  /** Updates done so far. Reading waits for the steps before; setting it is for checkpoints. */
  get step(): number {
    return this.state.dataSync()[stateFields.indexOf('step')] as number;
  }

  set step(value: number) {
    setAdamSetting(this.state, 'step', value);
  }

  override get iterations(): number {
    return this.step;
  }

  /** Moments by variable name; to restore them assign to these, after {@link prepare}. */
  get moments(): ReadonlyMap<string, AdamMoments> {
    return this.momentsByName;
  }

  /** Makes the moments of these variables now (zeros), instead of in the first step that has a gradient for them. */
  prepare(variables: readonly Variable[]): void {
    if (this.ownState.isDisposed) throw new AdamDisposedError();
    for (const variable of variables) this.momentsOf(variable);
  }

  override applyGradients(gradients: Gradients | Record<string, Tensor>): void {
    const { state } = this;
    const named = Array.isArray(gradients)
      ? gradients.map(({ name, tensor }) => [name, tensor] as const)
      : Object.entries(gradients);
    const parameters: AdamParameter[] = [];
    for (const [name, gradient] of named) {
      const variable = tf.engine().registeredVariables[name];
      // TF.js passes null where the loss does not depend on a variable.
      if (gradient === null || gradient === undefined) continue;
      if (variable === undefined) {
        throw new InvalidArgumentError('AdamOptimizer', 'the name of a gradient', 'that of a variable', name);
      }
      const { first, second } = this.momentsOf(variable);
      parameters.push({ variable, firstMoment: first, secondMoment: second, gradient });
    }
    adamUpdate(parameters, state);
  }

  private momentsOf(variable: Variable): AdamMoments {
    let moments = this.momentsByName.get(variable.name);
    if (moments === undefined) {
      const zeros = () => tf.tidy(() => tf.zeros(variable.shape).variable(false));
      moments = { first: zeros(), second: zeros() };
      this.momentsByName.set(variable.name, moments);
    }
    return moments;
  }

  /** Step count, first moments, second moments: names and order of tf.train.adam. The tensors are the optimizer's own. */
  override async getWeights(): Promise<NamedTensor[]> {
    const moments = [...this.momentsByName];
    return [
      { name: 'iter', tensor: tf.scalar(this.step, 'int32') },
      ...moments.map(([name, { first }]) => ({ name: `${name}/m`, tensor: first })),
      ...moments.map(([name, { second }]) => ({ name: `${name}/v`, tensor: second })),
    ];
  }

  /** Takes what getWeights of this class or of tf.train.adam gave. Copies; the tensors stay the caller's. */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const [iterations, ...moments] = weights;
    const byName = new Map(moments.map(({ name, tensor }) => [name, tensor]));
    const firsts = moments.filter(({ name }) => name.endsWith('/m'));
    const isComplete =
      iterations !== undefined &&
      moments.length === 2 * firsts.length &&
      firsts.every(({ name }) => byName.has(name.replace(/m$/, 'v')));
    if (!isComplete) throw new AdamWeightsError(weights.map(({ name }) => name));
    const [step] = await iterations.tensor.data();
    this.step = step as number;
    this.disposeMoments();
    for (const { name, tensor } of firsts) {
      const second = byName.get(name.replace(/m$/, 'v')) as Tensor;
      this.momentsByName.set(name.slice(0, -2), { first: copyOf(tensor), second: copyOf(second) });
    }
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { learningRate, beta1, beta2, epsilon } = this;
    return { learningRate, beta1, beta2, epsilon };
  }

  /** @nocollapse */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }

  override dispose(): void {
    if (this.ownState.isDisposed) return;
    this.ownState.dispose();
    this.disposeMoments();
  }

  private disposeMoments(): void {
    for (const { first, second } of this.momentsByName.values()) tf.dispose([first, second]);
    this.momentsByName.clear();
  }
}

function copyOf(tensor: Tensor): Variable {
  return tf.tidy(() => tf.mul(tensor, 1).variable(false));
}
