// Weights of Inception-v3 from safetensors to what the layers need: batch normalisation folded into each convolution, HWIO.
import {
  float32Values,
  readSafetensors,
  SafetensorsError,
  type SafetensorsFile,
  type StoredTensor,
} from '@ggb/native-ops/safetensors';
import { classesOf, type InceptionGraph, inceptionWeightShapes } from './inception-v3.ts';

const batchNormEpsilon = 0.001;

/** A file with weights that are not those of an Inception-v3. */
export class InceptionWeightsError extends Error {
  override readonly name = 'InceptionWeightsError';

  constructor(
    readonly file: string,
    /** The tensor at fault, or what else. */
    readonly part: string,
    readonly expected: string,
    readonly received: string,
    options?: ErrorOptions,
  ) {
    super(
      `${file}: ${part}: expected ${expected}, received ${received}. ` +
        'docs/how-to/inception-weights.md says how to convert a published file.',
      options,
    );
  }
}

export interface InceptionWeights {
  readonly graph: InceptionGraph;
  /** SHA-256 of the file that was converted, as the converting script wrote it down; undefined if it did not. */
  readonly convertedFrom: string | undefined;
  /** By the name of the convolution: kernel [H, W, in, out] and bias [out], batch normalisation included. */
  readonly convolutions: ReadonlyMap<string, FoldedConvolution>;
  /** [2048, classes], transposed from the file. */
  readonly classifier: Float32Array;
  /** [classes] */
  readonly classifierBias: Float32Array;
}

export interface FoldedConvolution {
  readonly shape: readonly [height: number, width: number, input: number, output: number];
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Reads the bytes of a safetensors file whose tensors have torchvision's names. Which graph it is follows from the number of
 * classes. Tensors that are not needed, as those of auxiliary classifiers, are passed over.
 *
 * @param file  for messages.
 * @throws InceptionWeightsError
 */
export function parseInceptionWeights(bytes: Uint8Array, file: string): InceptionWeights {
  const { tensors, metadata } = parseFile(bytes, file);
  const classes = tensors.get('fc.weight')?.shape[0];
  const graph = classes === classesOf.torchvision ? 'torchvision' : '2015-12-05';
  if (classes !== classesOf[graph]) {
    const expected = `${classesOf['2015-12-05']} (the graph of 2015-12-05) or ${classesOf.torchvision} (torchvision) classes`;
    throw new InceptionWeightsError(
      file,
      'fc.weight',
      expected,
      classes === undefined ? 'no such tensor' : `${classes}`,
    );
  }
  const values = new Map<string, Float32Array>();
  for (const [name, shape] of inceptionWeightShapes(graph)) {
    values.set(name, checkedValues(file, name, shape, tensors.get(name)));
  }
  const convolutions = new Map<string, FoldedConvolution>();
  for (const [name, shape] of inceptionWeightShapes(graph)) {
    const convolution = name.match(/^(.*)\.conv\.weight$/)?.[1];
    if (convolution !== undefined) convolutions.set(convolution, fold(convolution, shape, values));
  }
  return {
    graph,
    convertedFrom: metadata.source_sha256,
    convolutions,
    classifier: transposed(values.get('fc.weight') as Float32Array, classes),
    classifierBias: values.get('fc.bias') as Float32Array,
  };
}

function parseFile(bytes: Uint8Array, file: string): SafetensorsFile {
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    throw new InceptionWeightsError(file, cause.part, cause.expected, cause.received, { cause });
  }
}

function checkedValues(file: string, name: string, shape: readonly number[], stored: StoredTensor | undefined) {
  const expected = `[${shape.join(', ')}]`;
  if (stored === undefined) throw new InceptionWeightsError(file, name, expected, 'no such tensor');
  if (stored.shape.join() !== shape.join()) {
    throw new InceptionWeightsError(file, name, expected, `[${stored.shape.join(', ')}]`);
  }
  let values: Float32Array;
  try {
    values = float32Values(name, stored);
  } catch (cause) {
    throw new InceptionWeightsError(file, name, 'floating-point values', stored.dtype, { cause });
  }
  if (!isFiniteThroughout(values)) throw new InceptionWeightsError(file, name, 'finite values', 'NaN or infinity');
  return values;
}

/** Zero times a value is zero unless it is infinite or NaN; the sum shows one such among millions at little cost. */
function isFiniteThroughout(values: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += (values[i] as number) * 0;
  return zero === 0;
}

/** y = gamma (conv(x) - mean) / sqrt(var + epsilon) + beta is a convolution with a bias; folded in float64, rounded once. */
function fold(name: string, shape: readonly number[], values: ReadonlyMap<string, Float32Array>): FoldedConvolution {
  const [output, input, height, width] = shape as [number, number, number, number];
  const part = (suffix: string) => values.get(`${name}.${suffix}`) as Float32Array;
  const [weight, gamma, beta] = [part('conv.weight'), part('bn.weight'), part('bn.bias')];
  const [mean, variance] = [part('bn.running_mean'), part('bn.running_var')];
  const kernel = new Float32Array(weight.length);
  const bias = new Float32Array(output);
  const taps = height * width;
  for (let o = 0; o < output; o++) {
    const scale = (gamma[o] as number) / Math.sqrt((variance[o] as number) + batchNormEpsilon);
    bias[o] = (beta[o] as number) - (mean[o] as number) * scale;
    for (let i = 0; i < input; i++) {
      const from = (o * input + i) * taps;
      for (let tap = 0; tap < taps; tap++) {
        kernel[(tap * input + i) * output + o] = (weight[from + tap] as number) * scale; // OIHW -> HWIO
      }
    }
  }
  return { shape: [height, width, input, output], kernel, bias };
}

function transposed(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  const result = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] as number;
  }
  return result;
}
