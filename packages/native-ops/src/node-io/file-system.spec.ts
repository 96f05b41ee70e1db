import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '../entry/tf.ts';
import { ModelFileError } from './errors.ts';
import { fileSystemModel, registerFileSystemModels } from './file-system.ts';

registerFileSystemModels();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-system-model-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function smallModel(): layers.LayersModel {
  const model = layers.sequential();
  model.add(
    layers.layers.dense({
      inputShape: [3],
      units: 2,
      kernelInitializer: layers.initializers.glorotNormal({ seed: 1 }),
    }),
  );
  model.add(layers.layers.batchNormalization());
  return model;
}

const input = tf.tensor2d([1, 2, 3, -1, 0.5, 0], [2, 3]);
const predict = (model: layers.LayersModel) => [...(model.predict(input) as tf.Tensor).dataSync()];

async function failure(action: Promise<unknown>): Promise<ModelFileError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelFileError);
  return error as ModelFileError;
}

describe('a model under file://', () => {
  it('gives the same predictions after it was saved and loaded', async () => {
    const model = smallModel();
    await model.save(`file://${folder}/model`);
    expect(readdirSync(join(folder, 'model')).sort()).toEqual(['model.json', 'weights.bin']);
    const loaded = await layers.loadLayersModel(`file://${folder}/model/model.json`);
    expect(predict(loaded)).toEqual(predict(model));
  });

  it('can be loaded by its folder', async () => {
    const model = smallModel();
    await model.save(`file://${folder}`);
    expect(predict(await layers.loadLayersModel(`file://${folder}`))).toEqual(predict(model));
  });

  it('brings its optimizer and loss with it', async () => {
    const model = smallModel();
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await model.fit(input, tf.zeros([2, 2]), { epochs: 1, verbose: 0 });
    const { modelArtifactsInfo } = await model.save(`file://${folder}`, { includeOptimizer: true });
    expect(modelArtifactsInfo.weightDataBytes).toBe(readFileSync(join(folder, 'weights.bin')).byteLength);
    const loaded = await layers.loadLayersModel(`file://${folder}`);
    expect(loaded.loss).toBe('meanSquaredError');
    expect(loaded.optimizer.getClassName()).toBe('Adam');
  });

  it('replaces an older one', async () => {
    await smallModel().save(`file://${folder}`);
    const model = layers.sequential({ layers: [layers.layers.dense({ inputShape: [3], units: 5 })] });
    await model.save(`file://${folder}`);
    expect(predict(await layers.loadLayersModel(`file://${folder}`))).toEqual(predict(model));
    expect(readdirSync(folder).sort()).toEqual(['model.json', 'weights.bin']);
  });

  it('may have its weights in several files', async () => {
    const model = smallModel();
    await model.save(`file://${folder}`);
    const weights = readFileSync(join(folder, 'weights.bin'));
    writeFileSync(join(folder, 'a.bin'), weights.subarray(0, 10));
    writeFileSync(join(folder, 'b.bin'), weights.subarray(10));
    const json = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    json.weightsManifest[0].paths = ['a.bin', 'b.bin'];
    writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
    expect(predict(await layers.loadLayersModel(`file://${folder}`))).toEqual(predict(model));
  });

  it('leaves URLs of other kinds to other handlers', () => {
    registerFileSystemModels();
    expect(tf.io.getLoadHandlers('localstorage://x')).toHaveLength(0);
    expect(tf.io.getLoadHandlers('file://x')).toHaveLength(1);
  });
});

describe('a model that cannot be loaded or saved is refused', () => {
  it('when nothing is there, with the path that was tried', async () => {
    const error = await failure(layers.loadLayersModel(`file://${folder}/none/model.json`));
    expect(error).toMatchObject({ operation: 'load', path: join(folder, 'none', 'model.json') });
    expect(error.message).toContain('does not exist');
  });

  it('when model.json is not JSON, or not a model', async () => {
    writeFileSync(join(folder, 'model.json'), '{');
    expect((await failure(layers.loadLayersModel(`file://${folder}`))).message).toContain('not JSON');
    writeFileSync(join(folder, 'model.json'), '[]');
    expect((await failure(layers.loadLayersModel(`file://${folder}`))).message).toContain('no modelTopology');
  });

  it('when the weights are missing', async () => {
    await smallModel().save(`file://${folder}`);
    rmSync(join(folder, 'weights.bin'));
    expect((await failure(layers.loadLayersModel(`file://${folder}`))).message).toContain('weights.bin cannot be read');
  });

  it('when the weights are cut off, with both sizes', async () => {
    await smallModel().save(`file://${folder}`);
    const weights = readFileSync(join(folder, 'weights.bin'));
    writeFileSync(join(folder, 'weights.bin'), weights.subarray(0, weights.length - 4));
    const { message } = await failure(layers.loadLayersModel(`file://${folder}`));
    expect(message).toContain(`take ${weights.length} bytes, but weights.bin hold ${weights.length - 4}`);
  });

  it('when its folder would have to be made inside a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const error = await failure(smallModel().save(`file://${folder}/file/model`));
    expect(error).toMatchObject({ operation: 'save', path: join(folder, 'file', 'model') });
  });

  it('when its topology is binary', async () => {
    const save = fileSystemModel(folder).save as tf.io.SaveHandler;
    expect((await failure(save({ modelTopology: new ArrayBuffer(8) }))).message).toContain('topology is binary');
  });
});
