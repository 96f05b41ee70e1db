// Models in folders: `model.save('file://folder')` and `tf.loadLayersModel('file://folder/model.json')` in Node, in the files
// and under the names that tfjs-node and the TF.js converter use. tfjs-core itself knows only browser stores and HTTP.
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as tf from '../tfjs/registered-core.ts';
import { ModelFileError } from './errors.ts';

const scheme = 'file://';
const modelFile = 'model.json';
const weightsFile = 'weights.bin';

/**
 * Lets TF.js save and load models under 'file://' URLs. Safe to call more than once.
 *
 * What follows 'file://' is a path, absolute or relative to the working folder, taken as it is (no %-escapes), as
 * tfjs-node does. Saving takes a folder, which is made when it does not exist; loading takes the folder or its model.json.
 */
export function registerFileSystemModels(): void {
  const scope = tf.engine() as object as { [registered]?: true };
  if (scope[registered]) return;
  scope[registered] = true;
  const router = (url: string | string[]): tf.io.IOHandler =>
    // TF.js asks every router; one that is not responsible answers null, which its types do not say.
    typeof url === 'string' && url.startsWith(scheme) ? fileSystemModel(url.slice(scheme.length)) : (null as never);
  tf.io.registerSaveRouter(router);
  tf.io.registerLoadRouter(router);
}

const registered = Symbol.for('@ggb/native-ops/file-system-models');

/** An IOHandler for one model on the file system, for `model.save(handler)` and `tf.loadLayersModel(handler)`. */
export function fileSystemModel(path: string): tf.io.IOHandler {
  return { save: (artifacts) => saveModel(resolve(path), artifacts), load: () => loadModel(resolve(path)) };
}

async function saveModel(folder: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
  const { modelTopology, weightSpecs, weightData } = artifacts;
  if (modelTopology instanceof ArrayBuffer) {
    throw new ModelFileError(
      'save',
      folder,
      'its topology is binary (a frozen TensorFlow graph)',
      'Only LayersModel and converted GraphModel, whose topology is JSON, can be saved.',
    );
  }
  const model: tf.io.ModelJSON = {
    modelTopology: modelTopology as object,
    weightsManifest: weightSpecs ? [{ paths: [weightsFile], weights: weightSpecs }] : [],
  };
  for (const key of [
    'format',
    'generatedBy',
    'convertedBy',
    'signature',
    'userDefinedMetadata',
    'modelInitializer',
    'trainingConfig',
  ] as const) {
    if (artifacts[key] !== undefined && artifacts[key] !== null) Object.assign(model, { [key]: artifacts[key] });
  }
  try {
    await mkdir(folder, { recursive: true });
    // The weights go first: a model.json is there only when what it names is there.
    if (weightSpecs) await replaceFile(join(folder, weightsFile), new Uint8Array(joined(weightData)));
    await replaceFile(join(folder, modelFile), JSON.stringify(model));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelFileError('save', folder, reason, 'Give the path of a folder that can be made and written to.', {
      cause: error,
    });
  }
  return {
    modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON({ ...artifacts, modelTopology: modelTopology as object }),
  };
}

async function loadModel(path: string): Promise<tf.io.ModelArtifacts> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, modelFile) : path;
  const model = parseModel(file, await readText(file));
  return tf.io.getModelArtifactsForJSON(model, async (manifest) => {
    const specs = tf.io.getWeightSpecs(manifest);
    const parts = manifest.flatMap(({ paths }) => paths).map((part) => join(dirname(file), part));
    const contents = await Promise.all(parts.map((part) => readWeights(file, part)));
    const bytes = contents.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const expected = expectedBytes(specs);
    if (expected !== undefined && bytes !== expected) {
      throw new ModelFileError(
        'load',
        file,
        `its weights take ${expected} bytes, but ${parts.map((part) => basename(part)).join(', ')} hold ${bytes}`,
        'The files are incomplete or of different models: copy model.json and its weight files together.',
      );
    }
    return [specs, tf.io.concatenateArrayBuffers(contents)];
  });
}

function parseModel(file: string, text: string): tf.io.ModelJSON {
  const nextStep = `Give the ${modelFile} that model.save or the TF.js converter wrote.`;
  let model: Partial<tf.io.ModelJSON>;
  try {
    model = JSON.parse(text) as typeof model;
  } catch (error) {
    throw new ModelFileError('load', file, 'it is not JSON', nextStep, { cause: error });
  }
  if (typeof model !== 'object' || model === null || !model.modelTopology || !Array.isArray(model.weightsManifest)) {
    throw new ModelFileError('load', file, 'it has no modelTopology and weightsManifest', nextStep);
  }
  return model as tf.io.ModelJSON;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (error as Error).message;
    throw new ModelFileError('load', file, reason, `Give a folder with a ${modelFile}, or that file.`, {
      cause: error,
    });
  }
}

async function readWeights(file: string, part: string): Promise<ArrayBuffer> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(part);
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  } catch (error) {
    const reason = `its weights ${part} cannot be read: ${(error as Error).message}`;
    throw new ModelFileError('load', file, reason, 'Copy the weight files into the folder of model.json.', {
      cause: error,
    });
  }
}

/** Size of all weights together; undefined when some are strings, whose length only the data tells. */
function expectedBytes(specs: readonly tf.io.WeightsManifestEntry[]): number | undefined {
  const bytesPerElement: Record<string, number> = {
    float32: 4,
    int32: 4,
    bool: 1,
    complex64: 8,
    uint8: 1,
    uint16: 2,
    float16: 2,
  };
  let bytes = 0;
  for (const { shape, dtype, quantization } of specs) {
    const size = bytesPerElement[quantization?.dtype ?? dtype];
    if (size === undefined) return undefined;
    bytes += size * shape.reduce((product, length) => product * length, 1);
  }
  return bytes;
}

function joined(weightData: tf.io.WeightData | undefined): ArrayBuffer {
  return weightData === undefined ? new ArrayBuffer(0) : tf.io.CompositeArrayBuffer.join(weightData);
}

/** Writes beside the file and renames, so that a reader, or a crash, never meets half a file. */
async function replaceFile(file: string, contents: string | Uint8Array): Promise<void> {
  const unfinished = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, contents);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
