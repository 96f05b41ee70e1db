// One iteration of section 2.3, in the order of the paper; docs/model.md, "One iteration", numbers the points.
import {
  AdamOptimizer,
  type CompiledStep,
  type ConvolutionPrecision,
  compileStep,
  convolutionPrecisionProblem,
  inConvolutionPrecision,
  outsideTape,
  PrecisionUnavailableError,
} from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { levelSide } from '../config/resolve-network.ts';
import type { TrainingConfig } from '../config/training-config.ts';
import type { Batch } from '../dataset/batch.ts';
import { meanProbability } from '../loss/adversarial-loss.ts';
import { downsized } from '../loss/downsized.ts';
import {
  appearanceCriticObjective,
  appearanceLoss,
  discriminatorObjective,
  generatorObjective,
  guidedObjective,
  type LevelLosses,
  realismLoss,
  reconstructionLoss,
  variationCriticObjective,
  variationLoss,
} from '../loss/objectives.ts';
import type { Generated } from '../model/generator.ts';
import type { GuidingBlock } from '../model/guiding-block.ts';
import type { GuidingModel } from '../model/guiding-model.ts';

/** x^n and y^n of the guided levels, constants of the iteration. */
type LevelImages = ReadonlyMap<number, { readonly x: tf.Tensor4D; readonly y: tf.Tensor4D }>;

export class TrainStep {
  /** What {@link run} reports, in this order. */
  readonly lossNames: readonly string[];
  private readonly optimizers: {
    readonly discriminator: AdamOptimizer;
    readonly blocks: AdamOptimizer;
    /** On (9), point 4. */
    readonly guided: AdamOptimizer;
    /** On (4), point 5; in a fused step on the sum. */
    readonly generator: AdamOptimizer;
  };
  private readonly compiled: CompiledStep<[tf.Tensor4D, tf.Tensor4D, tf.Tensor4D], tf.Tensor1D> | undefined;
  private readonly precision: ConvolutionPrecision;
  private rateFactor = 1;
  private stepNow = 0;

  /**
   * Neither owns nor disposes the model. `onEager` is told, once, why the step cannot be compiled (`config.compile`, on
   * unless it is false).
   *
   * @throws PrecisionUnavailableError  if the current backend cannot multiply in `config.precision`.
   */
  constructor(
    readonly model: GuidingModel,
    readonly config: Pick<TrainingConfig, 'seed' | 'loss' | 'training'> & {
      readonly compile?: boolean;
      readonly precision?: ConvolutionPrecision;
    },
    onEager?: (reason: string) => void,
  ) {
    this.precision = config.precision ?? 'float32';
    const problem = convolutionPrecisionProblem(this.precision);
    if (problem !== undefined) throw new PrecisionUnavailableError(this.precision, problem.reason, problem.remedy);
    const iteration = (x: tf.Tensor4D, y: tf.Tensor4D, c: tf.Tensor4D) => this.iterate(x, y, c);
    this.compiled = config.compile === false ? undefined : compileStep(iteration, onEager && { onEager });
    const { learningRate, guidedLearningRate, beta1, beta2, epsilon } = config.training;
    const adam = (rate = learningRate) => new AdamOptimizer({ learningRate: rate, beta1, beta2, epsilon });
    this.optimizers = { discriminator: adam(), blocks: adam(), guided: adam(guidedLearningRate), generator: adam() };
    this.lossNames = lossNames(model);
    const { generator, discriminator } = model;
    this.optimizers.discriminator.prepare(discriminator.trainable);
    this.optimizers.blocks.prepare(this.blockWeights);
    if (this.isGuidedSeparately) this.optimizers.guided.prepare(generator.trainableByGuidingBlocks);
    this.optimizers.generator.prepare(generator.trainable);
  }

  /** Factor on all learning rates, for schedules. */
  get learningRateFactor(): number {
    return this.rateFactor;
  }

  set learningRateFactor(factor: number) {
    if (factor === this.rateFactor) return;
    const { learningRate, guidedLearningRate = learningRate } = this.config.training;
    this.rateFactor = factor;
    for (const [name, optimizer] of Object.entries(this.optimizers)) {
      optimizer.learningRate = factor * (name === 'guided' ? guidedLearningRate : learningRate);
    }
  }

  /**
   * One iteration. `step`, counted from 0, selects the dropout masks. Returns one value for each of {@link lossNames}, which the caller
   * disposes; the batch stays the caller's.
   */
  run({ source, target, condition }: Batch, step: number): tf.Tensor1D {
    this.stepNow = step;
    return inConvolutionPrecision(
      this.precision,
      () => this.compiled?.run(source, target, condition) ?? this.iterate(source, target, condition),
    );
  }

  private iterate(x: tf.Tensor4D, y: tf.Tensor4D, c: tf.Tensor4D): tf.Tensor1D {
    const { generator } = this.model;
    const { seed } = this.config;
    // Asked at each run: a replayed step draws the masks of its own number.
    const step = () => this.stepNow;
    const report = new LossReport();
    try {
      return tf.tidy(() => {
        const levelImages = this.levelImages(x, y);
        // What point 4 (or 5) differentiates is the pass of point 1, so its tape is open while points 2 and 3 update the
        // critics, on tapes of their own.
        const firstPass = (): Generated => {
          const fake = generator.forward(x, c, { seed, step, pass: 0 });
          outsideTape(() => {
            this.updateDiscriminator(y, fake.image, report);
            this.updateGuidingBlocks(levelImages, fake, report);
          });
          return fake;
        };

        if (this.isGuidedSeparately) {
          minimise(this.optimizers.guided, generator.trainableByGuidingBlocks, () =>
            this.guidedLoss(levelImages, firstPass(), report),
          );
          minimise(this.optimizers.generator, generator.trainable, () =>
            this.generatorLoss(y, generator.forward(x, c, { seed, step, pass: 1 }), report),
          );
        } else {
          minimise(this.optimizers.generator, generator.trainable, () => {
            const fake = firstPass();
            const loss = this.generatorLoss(y, fake, report);
            return this.model.blocks.size === 0 ? loss : loss.add(this.guidedLoss(levelImages, fake, report));
          });
        }
        return report.values(this.lossNames);
      });
    } finally {
      report.dispose();
    }
  }

  /** Point 2: D on (1). */
  private updateDiscriminator(y: tf.Tensor4D, fake: tf.Tensor4D, report: LossReport): void {
    const { discriminator } = this.model;
    const loss = minimise(this.optimizers.discriminator, discriminator.trainable, () => {
      const logits = { y: discriminator.logits(y), fake: discriminator.logits(fake) };
      report.add('discriminator.real', meanProbability(logits.y));
      report.add('discriminator.fake', meanProbability(logits.fake));
      return discriminatorObjective(logits);
    });
    report.add('discriminator', loss);
  }

  /** Point 3: E, RAPD and NVTD of each block on (5) + (6). The levels share no weight, so one update serves all. */
  private updateGuidingBlocks(images: LevelImages, fake: Generated, report: LossReport): void {
    const blocks = [...this.model.blocks.values()].filter(({ rapd, nvtd }) => rapd !== undefined || nvtd !== undefined);
    if (blocks.length === 0) return;
    minimise(this.optimizers.blocks, this.blockWeights, () =>
      sum(blocks.flatMap((block) => this.criticObjectives(block, images, fake, report))),
    );
  }

  private criticObjectives(block: GuidingBlock, images: LevelImages, fake: Generated, report: LossReport): tf.Scalar[] {
    const { level, rapd, nvtd } = block;
    const encoded = block.encodeAll(imagesAt(level, images, fake));
    const objectives: tf.Scalar[] = [];
    if (rapd !== undefined) {
      const logits = { y: rapd.logits(encoded.y), fake: rapd.logits(encoded.fake) };
      const loss = appearanceCriticObjective(logits);
      report.add(`level${level}.rapd`, loss);
      report.add(`level${level}.rapd.real`, meanProbability(logits.y));
      report.add(`level${level}.rapd.fake`, meanProbability(logits.fake));
      objectives.push(loss);
    }
    if (nvtd !== undefined) {
      const logits = {
        yResidual: nvtd.logits(encoded.yResidual),
        fakeResidual: nvtd.logits(encoded.fakeResidual),
      };
      const loss = variationCriticObjective(logits);
      report.add(`level${level}.nvtd`, loss);
      report.add(`level${level}.nvtd.real`, meanProbability(logits.yResidual));
      report.add(`level${level}.nvtd.fake`, meanProbability(logits.fakeResidual));
      objectives.push(loss);
    }
    return objectives;
  }

  /** (9), through the blocks as they are now. */
  private guidedLoss(images: LevelImages, fake: Generated, report: LossReport): tf.Scalar {
    const { loss: weights } = this.config;
    const levels = [...this.model.blocks.values()].map((block, index): LevelLosses => {
      const { level, rapd, nvtd } = block;
      const { x, y, fake: fakeImage } = imagesAt(level, images, fake);
      let appearance: tf.Scalar | undefined;
      let variation: tf.Scalar | undefined;
      if (rapd !== undefined || nvtd !== undefined) {
        const encoded = block.encodeFake({ x, fake: fakeImage });
        appearance = rapd && appearanceLoss(rapd.logits(encoded.fake));
        variation = nvtd && variationLoss(nvtd.logits(encoded.fakeResidual));
      }
      const reconstruction = reconstructionLoss(y, fakeImage);
      if (appearance !== undefined) report.add(`level${level}.appearance`, appearance);
      if (variation !== undefined) report.add(`level${level}.variation`, variation);
      report.add(`level${level}.reconstruction`, reconstruction);
      return { appearance, variation, reconstruction, levelWeight: weights.levelWeights?.[index] ?? 1 };
    });
    return guidedObjective(levels, weights);
  }

  /** (4), through D as it is now. */
  private generatorLoss(y: tf.Tensor4D, fake: Generated, report: LossReport): tf.Scalar {
    const realism = realismLoss(this.model.discriminator.logits(fake.image));
    const reconstruction = reconstructionLoss(y, fake.image);
    report.add('generator.adversarial', realism);
    report.add('generator.reconstruction', reconstruction);
    return generatorObjective({ realism, reconstruction }, this.config.loss);
  }

  private levelImages(x: tf.Tensor4D, y: tf.Tensor4D): LevelImages {
    const { image, model } = this.model.network;
    return new Map(
      model.guidedLevels.map((level) => {
        const side = levelSide(image.size, model.levels, level);
        return [level, { x: downsized(x, side, model.downsizing), y: downsized(y, side, model.downsizing) }];
      }),
    );
  }

  private get blockWeights(): tf.Variable[] {
    return [...this.model.blocks.values()].flatMap(({ trainable }) => trainable);
  }

  /** Whether points 4 and 5 are two updates. */
  private get isGuidedSeparately(): boolean {
    return this.config.training.update === 'literal' && this.model.blocks.size > 0;
  }

  /** All state by name: weights, running statistics, optimizer moments. Assign to the variables to restore it. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    const weights = this.model.variables;
    const ourNames = new Map([...weights].map(([name, variable]) => [variable.name, name]));
    const state = new Map(weights);
    for (const [optimizer, { moments }] of Object.entries(this.optimizers)) {
      for (const [tfName, { first, second }] of moments) {
        const name = ourNames.get(tfName);
        state.set(`optimizer/${optimizer}/${name}/first`, first);
        state.set(`optimizer/${optimizer}/${name}/second`, second);
      }
    }
    return state;
  }

  /** Updates done by each optimizer. */
  counters(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.optimizers).map(([name, { step }]) => [name, step]));
  }

  setCounters(counters: Readonly<Record<string, number>>): void {
    for (const [name, optimizer] of Object.entries(this.optimizers)) optimizer.step = counters[name] ?? 0;
  }

  /** Frees the optimizers and what was recorded. */
  dispose(): void {
    this.compiled?.dispose();
    for (const optimizer of Object.values(this.optimizers)) optimizer.dispose();
  }
}

/** Names of everything a step reports, for one model. */
function lossNames({ blocks }: GuidingModel): string[] {
  const names = ['discriminator', 'generator.adversarial', 'generator.reconstruction'];
  names.push('discriminator.real', 'discriminator.fake');
  for (const [level, { rapd, nvtd }] of blocks) {
    const critics = [...(rapd ? ['rapd'] : []), ...(nvtd ? ['nvtd'] : [])];
    const fooling = [...(rapd ? ['appearance'] : []), ...(nvtd ? ['variation'] : [])];
    const probabilities = critics.flatMap((critic) => [`${critic}.real`, `${critic}.fake`]);
    for (const name of [...critics, ...fooling, 'reconstruction', ...probabilities])
      names.push(`level${level}.${name}`);
  }
  return names;
}

/** The scalars of one iteration. They are made deep inside of tapes and tidies, so they are kept until the end. */
class LossReport {
  private readonly byName = new Map<string, tf.Scalar>();

  add(name: string, value: tf.Scalar): void {
    this.byName.set(name, tf.keep(value.clone()));
  }

  values(names: readonly string[]): tf.Tensor1D {
    return tf.stack(
      names.map((name) => {
        const value = this.byName.get(name);
        if (value === undefined) throw new Error(`TrainStep: nothing reported ${name}.`);
        return value;
      }),
    ) as tf.Tensor1D;
  }

  dispose(): void {
    for (const value of this.byName.values()) value.dispose();
  }
}

function imagesAt(level: number, images: LevelImages, fake: Generated) {
  const real = images.get(level);
  const fakeImage = fake.levels.get(level);
  if (real === undefined || fakeImage === undefined) throw new Error(`TrainStep: level ${level} has no image.`);
  return { ...real, fake: fakeImage };
}

function sum(values: readonly tf.Scalar[]): tf.Scalar {
  return values.reduce((total, value) => total.add(value));
}

/**
 * One Adam update of `variables`; everything else that `loss` touches is held fixed. Returns the loss before it. It has a
 * tape of its own: inside of the pass of point 1 nothing of it is recorded there.
 */
function minimise(optimizer: AdamOptimizer, variables: tf.Variable[], loss: () => tf.Scalar): tf.Scalar {
  return outsideTape(() => optimizer.minimize(loss, true, variables) as tf.Scalar);
}
