// A program as TF.js users write it, with nothing in it about backends: train a small convolutional net with tfjs-layers, save
// it, load it, evaluate it. Which backend runs it is decided by what was imported before.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { type Digits, digitSize, drawDigits } from './digits.ts';

export interface ProgramResult {
  /** Training loss of every epoch. */
  readonly losses: readonly number[];
  /** Part of the test digits that the trained model names rightly. */
  readonly accuracy: number;
  /** The same for the model that was loaded again. */
  readonly accuracyAfterLoading: number;
  /** Class probabilities of the test digits, [count, 10], by the loaded model. */
  readonly probabilities: readonly number[];
}

/** Trains, saves to `folder`, loads and evaluates. The same numbers every time on one backend: everything random is seeded. */
export async function trainDigitClassifier(folder: string): Promise<ProgramResult> {
  const model = digitClassifier();
  const optimizer = tf.train.adam(0.02);
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });

  const training = toTensors(drawDigits(500, 1));
  const history = await model.fit(training.images, training.labels, {
    epochs: 4,
    batchSize: 20,
    // TF.js shuffles with Math.random; the digits are in a good order as they are.
    shuffle: false,
    verbose: 0,
  });

  const test = toTensors(drawDigits(200, 2));
  const accuracy = await evaluate(model, test);
  await model.save(`file://${folder}`);
  const loaded = await layers.loadLayersModel(`file://${folder}/model.json`);
  loaded.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const accuracyAfterLoading = await evaluate(loaded, test);
  const predictions = loaded.predict(test.images) as tf.Tensor;
  const probabilities = [...(await predictions.data())];
  tf.dispose([training.images, training.labels, test.images, test.labels, predictions]);
  model.dispose();
  optimizer.dispose();
  loaded.dispose();
  return { losses: history.history.loss as number[], accuracy, accuracyAfterLoading, probabilities };
}

function digitClassifier(): layers.Sequential {
  const seeded = (seed: number) => layers.initializers.heNormal({ seed });
  return layers.sequential({
    layers: [
      layers.layers.conv2d({
        inputShape: [digitSize, digitSize, 1],
        filters: 6,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        kernelInitializer: seeded(1),
      }),
      layers.layers.batchNormalization({ momentum: 0.8 }),
      layers.layers.leakyReLU({ alpha: 0.2 }),
      layers.layers.maxPooling2d({ poolSize: 2 }),
      layers.layers.conv2d({
        filters: 16,
        kernelSize: 2,
        activation: 'relu',
        kernelInitializer: seeded(2),
      }),
      layers.layers.flatten(),
      layers.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: seeded(3) }),
    ],
  });
}

function toTensors({ images, labels, count }: Digits): { images: tf.Tensor4D; labels: tf.Tensor } {
  return {
    images: tf.tensor4d(images, [count, digitSize, digitSize, 1]),
    labels: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 10), 'float32')),
  };
}

async function evaluate(
  model: layers.LayersModel,
  { images, labels }: { images: tf.Tensor; labels: tf.Tensor },
): Promise<number> {
  const [loss, accuracy] = model.evaluate(images, labels, { batchSize: 100 }) as tf.Scalar[];
  const [value] = await (accuracy as tf.Scalar).data();
  tf.dispose([loss as tf.Scalar, accuracy as tf.Scalar]);
  return value as number;
}
