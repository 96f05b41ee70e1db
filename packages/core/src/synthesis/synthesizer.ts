// The model for embedding: a checkpoint in, images out, in Node and in a page, on whatever backend TensorFlow.js has.
import * as tf from '@ggb/native-ops/tf';
import { weightsFrom } from '../checkpoint/generator-checkpoint.ts';
import { conditionChannels, drawCondition } from '../condition/condition.ts';
import { ConditionError } from '../condition/condition-error.ts';
import { jointNames, type Keypoints } from '../condition/keypoints.ts';
import type { ConditionConfig } from '../config/model-config.ts';
import { bytesOfMinusOneToOne, writeMinusOneToOne } from '../dataset/pixel-range.ts';
import { Generator } from '../model/generator.ts';
import { parameterCount } from '../model/weights.ts';
import { type CheckpointSource, loadGeneratorCheckpoint } from './checkpoint-source.ts';
import { SynthesisInputError, SynthesizerDisposedError } from './errors.ts';
import { type InputImage, imageOfBatch, rgbOf, type SynthesizedImage } from './pixels.ts';
import { onBackend, startBackend } from './synthesis-backend.ts';

export interface LoadOptions {
  /** Name of a backend that TensorFlow.js knows, e.g. 'wasm'; default: its current one. */
  readonly backend?: string;
  /** The moving average of the generator's weights or the weights themselves; default: the average, or what the file holds. */
  readonly weights?: 'average' | 'raw';
  /** Ends a download or the reading of a file. */
  readonly signal?: AbortSignal;
}

/** What to draw, and how it should look; which fields must be there is what `info.condition` says. Others are ignored. */
export interface SynthesisInput {
  /** x: the subject, `info.imageSize` pixels square. */
  readonly image: InputImage;
  /** The pose to draw, in pixels: for a condition of kind `keypoints`. */
  readonly keypoints?: Keypoints;
  /** The pose in `image`: for a condition of kind `keypoints` with `sourceKeypoints`. */
  readonly sourceKeypoints?: Keypoints;
  /** For a condition of kind `label`. */
  readonly label?: readonly number[];
  /** An image of the same size: for a condition of kind `image`. */
  readonly condition?: InputImage;
}

export interface SynthesizeOptions {
  readonly signal?: AbortSignal;
  /** Also gives what the heads of the guided levels draw, as `levels` of each image. */
  readonly withLevels?: boolean;
}

export interface SynthesizerInfo {
  /** The backend that runs the model, whatever the current one is at the time. */
  readonly backend: string;
  /** Why it is this one, in words. */
  readonly backendReason: string;
  /** Side of the square images in pixels. */
  readonly imageSize: number;
  readonly condition: ConditionConfig;
  /** Names of the joints in the order in which key points come; only for a condition of kind `keypoints`. */
  readonly joints?: readonly string[];
  readonly weights: 'average' | 'raw';
  /** SHA-256 of the whole checkpoint, also of what is not G's, as `sha256sum` prints it. Absent in a page that is neither from https: nor from localhost. */
  readonly weightsHash?: string;
  /** Number of trained values. */
  readonly parameters: number;
  /** Iterations of training behind the weights. */
  readonly step: number;
}

/**
 * A trained generator, ready to draw. It owns its weights until `dispose()`; nothing else outlives a call. Several may live side by side,
 * each on its own backend; TensorFlow.js's current backend stays what the program made it.
 *
 * @example
 * const synthesizer = await Synthesizer.load('examples/figures-64.safetensors');
 * const { data, width, height } = await synthesizer.synthesize({ image, keypoints });
 * context.putImageData(new ImageData(data, width, height), 0, 0);
 */
export class Synthesizer {
  readonly info: SynthesizerInfo;
  readonly #generator: Generator;
  #isDisposed = false;

  private constructor(generator: Generator, info: SynthesizerInfo) {
    this.#generator = generator;
    this.info = info;
  }

  /**
   * Reads a checkpoint, of a training or of a generator alone, and puts its weights on a backend. Of a file in Node nothing
   * but the weights of G is held in memory, however large the rest is.
   *
   * @throws CheckpointSourceError  if the bytes cannot be had.
   * @throws SafetensorsError, CheckpointError  if they are no checkpoint of this version, or it lacks the weights asked for.
   * @throws SynthesisBackendError  if there is no such backend.
   * @throws the signal's reason  if it aborts.
   */
  static async load(source: CheckpointSource, { backend, weights, signal }: LoadOptions = {}): Promise<Synthesizer> {
    const checkpoint = await loadGeneratorCheckpoint(source, {
      ...(weights === undefined ? {} : { weights }),
      ...(signal === undefined ? {} : { signal }),
    });
    const { name, reason } = await startBackend(backend);
    signal?.throwIfAborted();
    const { network, step, sha256 } = checkpoint;
    const generator = onBackend(name, () => whole(() => new Generator(network, weightsFrom(checkpoint.tensors))));
    return new Synthesizer(generator, {
      backend: name,
      backendReason: reason,
      imageSize: network.image.size,
      condition: network.condition,
      ...(network.condition.kind === 'keypoints' ? { joints: jointNames } : {}),
      weights: checkpoint.weights,
      ...(sha256 === undefined ? {} : { weightsHash: sha256 }),
      parameters: parameterCount(generator.variables.values()),
      step,
    });
  }

  /**
   * Draws one image. Inputs are neither changed nor kept.
   *
   * @throws SynthesisInputError  for an input that the model cannot take.
   * @throws SynthesizerDisposedError  after `dispose()`.
   * @throws the signal's reason  if it aborts; what the backend has begun it finishes, unheard.
   */
  async synthesize(input: SynthesisInput, options: SynthesizeOptions = {}): Promise<SynthesizedImage> {
    const [image] = await this.#draw([input], options, () => '');
    return image as SynthesizedImage;
  }

  /**
   * Draws several images in one pass: faster than one by one, in as much more memory. Errors name the input at fault.
   *
   * @throws as {@link synthesize}.
   */
  synthesizeBatch(inputs: readonly SynthesisInput[], options: SynthesizeOptions = {}): Promise<SynthesizedImage[]> {
    return this.#draw(inputs, options, (index) => `inputs[${index}].`);
  }

  /** Frees the weights. Calls under way still end well; later ones throw. A second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#generator.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #draw(
    inputs: readonly SynthesisInput[],
    { signal, withLevels = false }: SynthesizeOptions,
    prefix: (index: number) => string,
  ): Promise<SynthesizedImage[]> {
    if (this.#isDisposed) throw new SynthesizerDisposedError();
    signal?.throwIfAborted();
    if (inputs.length === 0) return [];
    const size = this.info.imageSize;
    const { x, c, channels } = this.#prepare(inputs, prefix);
    let levelNumbers: readonly number[] = [];
    const drawn = onBackend(this.info.backend, () =>
      tf.tidy(() => {
        const source = tf.tensor4d(x, [inputs.length, size, size, 3]);
        const condition = tf.tensor4d(c, [inputs.length, size, size, channels]);
        const { image, levels } = this.#generator.forward(source, condition, undefined, withLevels);
        if (!withLevels) return [image];
        levelNumbers = [...levels.keys()];
        return [image, ...levels.values()];
      }),
    );
    try {
      const values = await Promise.all(drawn.map((tensor) => tensor.data() as Promise<Float32Array>));
      signal?.throwIfAborted();
      const [images, ...ofLevels] = values.map((batch, place) => {
        const rgb = bytesOfMinusOneToOne(batch);
        const side = (drawn[place] as tf.Tensor4D).shape[1];
        return inputs.map((_, index) => imageOfBatch(rgb, index, side));
      });
      if (!withLevels) return images as SynthesizedImage[];
      return (images as SynthesizedImage[]).map((image, index) => ({
        ...image,
        levels: new Map(levelNumbers.map((level, place) => [level, ofLevels[place]?.[index] as SynthesizedImage])),
      }));
    } finally {
      tf.dispose(drawn);
    }
  }

  /** The images and the condition maps of all inputs as the values of two tensors. */
  #prepare(inputs: readonly SynthesisInput[], prefix: (index: number) => string) {
    const { imageSize: size, condition } = this.info;
    const channels = conditionChannels(condition);
    const imageValues = size * size * 3;
    const mapValues = size * size * channels;
    const x = new Float32Array(inputs.length * imageValues);
    const c = new Float32Array(inputs.length * mapValues);
    for (const [index, input] of inputs.entries()) {
      const at = prefix(index);
      const { data } = rgbOf(input.image, size, `${at}image`);
      writeMinusOneToOne(data as Uint8Array, x.subarray(index * imageValues, (index + 1) * imageValues));
      const map = c.subarray(index * mapValues, (index + 1) * mapValues);
      drawMap(condition, input, size, map, at);
    }
    return { x, c, channels };
  }
}

/** What `build` makes; if it throws, the variables it had made by then are disposed. */
function whole(build: () => Generator): Generator {
  const { registeredVariables } = tf.engine();
  const before = new Set(Object.keys(registeredVariables));
  try {
    return build();
  } catch (error) {
    for (const [name, variable] of Object.entries(registeredVariables)) if (!before.has(name)) variable.dispose();
    throw error;
  }
}

function drawMap(config: ConditionConfig, input: SynthesisInput, size: number, out: Float32Array, at: string): void {
  const { keypoints, sourceKeypoints, label } = input;
  const image = config.kind === 'image' ? rgbOf(input.condition, size, `${at}condition`) : undefined;
  const given = { keypoints, sourceKeypoints, label, image };
  try {
    drawCondition(config, given as Parameters<typeof drawCondition>[1], size, out);
  } catch (cause) {
    if (!(cause instanceof ConditionError)) throw cause;
    const { field, expected, received, advice } = cause;
    throw new SynthesisInputError(`${at}${field}`, expected, received, { cause, advice });
  }
}
