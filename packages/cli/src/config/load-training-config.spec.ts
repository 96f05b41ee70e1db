import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../user-error.ts';
import { namedSource } from './config-source.ts';
import { explainConfig } from './explain-config.ts';
import { configSources, loadTrainingConfig } from './load-training-config.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ggb-config-'));
  file = join(folder, 'config.yaml');
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string | undefined, ...settings: string[]) {
  if (yaml !== undefined) writeFileSync(file, yaml);
  return loadTrainingConfig(configSources(yaml === undefined ? settings : [file, ...settings]));
}

/** The message, with the file's folder taken off. */
function refusal(yaml: string | undefined, ...settings: string[]): string {
  try {
    load(yaml, ...settings);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message.replaceAll(`${folder}/`, '');
  }
  throw new Error('the config was accepted');
}

describe('a training config', () => {
  it('is the preset, then the file, then key=value', () => {
    const yaml = 'preset: quick\ntraining:\n  steps: 7\n  batchSize: 4\n';
    const { config } = load(yaml, 'training.batchSize=2');
    expect(config.training).toMatchObject({ learningRate: 1e-3, steps: 7, batchSize: 2 });
  });

  it('needs no file', () => {
    expect(load(undefined, 'preset=quick', 'seed=5').config).toMatchObject({ seed: 5, image: { size: 64 } });
  });

  it('reads values of settings as YAML: lists, numbers, truth', () => {
    const { config } = load(undefined, 'model.guidedLevels=[3, 4]', 'model.rapd=false', 'training.learningRate=5e-4');
    expect(config.model).toMatchObject({ guidedLevels: [3, 4], rapd: false });
    expect(config.training.learningRate).toBe(5e-4);
  });

  it('keeps what is typed for a key that holds text', () => {
    const { config } = load(undefined, 'run.dir=007', 'data.path=a=b: c');
    expect(config.run.dir).toBe('007');
    expect(config.data.path).toBe('a=b: c');
  });

  it('takes a value back with null', () => {
    const { config } = load('training: { minutes: 3 }\n', 'training.minutes=null');
    expect(config.training.minutes).toBeUndefined();
  });

  it('sets nothing where the file has a key without a value', () => {
    expect(load('preset: quick\ntraining:\nseed:\n').config).toMatchObject({ seed: 0, training: { steps: 3000 } });
  });

  it('drops the settings of one kind of condition when a later source chooses another', () => {
    const { config } = load(
      'condition: { kind: keypoints, map: limbs }\n',
      'condition.kind=label',
      'condition.length=4',
    );
    expect(config.condition).toEqual({ kind: 'label', length: 4 });
  });

  it('can start from the config of a run', () => {
    const first = load(undefined, 'preset=quick', 'training.steps=10').config;
    const again = loadTrainingConfig([
      namedSource('runs/0001/config.json', JSON.parse(JSON.stringify(first))),
      ...configSources(['training.steps=20']),
    ]);
    expect(again.config).toEqual({ ...first, training: { ...first.training, steps: 20 } });
    expect(again.originOf(['training', 'steps'])).toBe('"training.steps=20"');
    expect(again.originOf(['training', 'learningRate'])).toBe('runs/0001/config.json');
  });
});

describe('a mistake in a config', () => {
  it('names file, line and column of an unknown key, and the nearest one', () => {
    expect(refusal('seed: 1\ntraining:\n  stepz: 5\n')).toBe(
      'config.yaml:3:3: unknown key training.stepz.\n  Did you mean training.steps?',
    );
  });

  it.each([
    ['steps=5', '"steps=5": unknown key steps.\n  Did you mean training.steps?'],
    [
      'model.gudiedLevels=[1]',
      '"model.gudiedLevels=[1]": unknown key model.gudiedLevels.\n  Did you mean model.guidedLevels?',
    ],
    ['batch_size=5', '"batch_size=5": unknown key batch_size.\n  Did you mean training.batchSize?'],
    ['xyzzy=5', '"xyzzy=5": unknown key xyzzy.\n  All keys: npx --no-install ggb train --explain-config'],
    [
      '__proto__.a=5',
      '"__proto__.a=5": unknown key __proto__.\n  All keys: npx --no-install ggb train --explain-config',
    ],
  ])('names the setting %s', (setting, message) => expect(refusal(undefined, setting)).toBe(message));

  it('says that a key belongs to another kind of condition', () => {
    expect(refusal('condition:\n  kind: label\n  length: 3\n  map: discs\n')).toBe(
      'config.yaml:4:3: unknown key condition.map.\n  It belongs to another kind of condition.',
    );
  });

  it('says how a dotted key is written in a file', () => {
    expect(refusal('training.steps: 5\n')).toBe(
      'config.yaml:1:1: unknown key training.steps.\n  In a file, write it nested: training: { steps: ... }',
    );
  });

  it.each([
    [
      'training: { steps: soon }',
      'config.yaml:1:13: training.steps is not usable: expected a number, received "soon".',
    ],
    [
      'training: { steps: 1.5 }',
      'config.yaml:1:13: training.steps is not usable: expected a whole number, received 1.5.',
    ],
    ['training: { steps: 0 }', 'config.yaml:1:13: training.steps is not usable: expected at least 1, received 0.'],
    [
      'image: { size: 100 }',
      'config.yaml:1:10: image.size is not usable: expected a power of two: 32, 64, 128, 256, ..., received 100.',
    ],
    [
      'model:\n  guidedLevels: [3, four]',
      'config.yaml:2:21: model.guidedLevels[1] is not usable: expected a number, received "four".',
    ],
    [
      'backend: gpu',
      'config.yaml:1:1: backend is not usable: expected auto, native-cpu, native-cuda, tensorflow, wasm, cpu, received "gpu".',
    ],
    [
      'condition: { kind: keypoint }',
      'config.yaml:1:14: condition.kind is not usable: expected keypoints, label, image, received "keypoint".',
    ],
    [
      'preset: quik',
      'config.yaml:1:1: preset is unknown: expected paper, paper-level-weights, quick, received "quik".\n  Did you mean preset=quick?',
    ],
    [
      'condition: 5',
      'config.yaml:1:1: condition has settings below it: expected for example condition.kind, received 5.',
    ],
    ['[1, 2]', 'config.yaml:1:1: the file is no mapping: expected `key: value` lines, received a list.'],
  ])('is told with expected and received: %s', (yaml, message) => expect(refusal(yaml)).toBe(message));

  it('points at the value when values do not fit each other', () => {
    expect(refusal('image:\n  size: 64\nmodel:\n  guidedLevels: [2, 9]\n')).toBe(
      'config.yaml:4:3: model.guidedLevels does not fit: expected levels from 1 to 4 (level 5 is the output itself), received 9.',
    );
    expect(refusal('image: { size: 64 }\n', 'model.levels=9')).toMatch(/^"model.levels=9": model.levels does not fit/);
  });

  it('is listed with all others', () => {
    const message = refusal('seed: -1\nthreadz: 2\n', 'training.steps=x');
    expect(message).toContain('the configuration has 3 mistakes.');
    expect(message).toContain('config.yaml:1:1: seed is not usable: expected at least 0, received -1.');
    expect(message).toContain('config.yaml:2:1: unknown key threadz.');
    expect(message).toContain('"training.steps=x": training.steps is not usable');
  });

  it('can be YAML itself, with its place', () => {
    expect(refusal('seed: 1\ntraining: [1\n')).toMatch(/^config\.yaml:3:1: the file is not valid YAML: /);
    expect(refusal('seed: 1\nseed: 2\n')).toMatch(
      /^config\.yaml:2:1: the file is not valid YAML: Map keys must be unique/,
    );
    expect(refusal(undefined, 'model.guidedLevels=[1')).toMatch(
      /^"model.guidedLevels=\[1": the value is not valid YAML/,
    );
  });

  it('can be an argument that is no setting', () => {
    expect(refusal('seed: 1\n', 'quick')).toMatch(/^"quick": the argument is no setting: expected key=value/);
    expect(refusal('seed: 1\n', '=3')).toMatch(/^"=3": the argument is no setting/);
  });

  it('can be a file that is not there', () => {
    expect(() => configSources([join(folder, 'missing.yaml')])).toThrow(/ENOENT/);
  });
});

describe('the origin of a value', () => {
  it('is the last source that sets it, else the preset, else the default', () => {
    const { originOf } = load('preset: quick\ntraining:\n  steps: 7\n  batchSize: 4\n', 'training.batchSize=2');
    expect(originOf(['training', 'steps'])).toBe(`${file}:3:3`);
    expect(originOf(['training', 'batchSize'])).toBe('"training.batchSize=2"');
    expect(originOf(['training', 'learningRate'])).toBe('preset quick');
    expect(originOf(['training', 'beta1'])).toBe('default');
  });

  it('is shown for every value', () => {
    const lines = explainConfig(load(undefined, 'preset=quick')).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^training\.steps: 3000 +# preset quick$/));
    expect(lines).toContainEqual(expect.stringMatching(/^preset: "quick" +# "preset=quick"$/));
    expect(lines).toContainEqual(expect.stringMatching(/^model\.guidedLevels: \[2,3,4\] +# from model\.levels$/));
    expect(lines).toContainEqual(expect.stringMatching(/^training\.beta1: 0\.5 +# default$/));
  });
});
