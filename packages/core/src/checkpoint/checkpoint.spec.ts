import { resolveConfig } from '../config/presets.ts';
import {
  CheckpointError,
  type CheckpointMetadata,
  checkContinuable,
  checkTensors,
  formatMetadata,
  parseMetadata,
  settingsOf,
} from './checkpoint.ts';

const config = resolveConfig({ preset: 'quick', seed: 3 });
const { image, condition, model } = config;
const metadata: CheckpointMetadata = {
  kind: 'training',
  network: { image, condition, model },
  step: 500,
  seed: 3,
  settings: settingsOf(config),
  counters: { generator: 500, discriminator: 500 },
};

describe('the metadata of a checkpoint', () => {
  it('are read as they were written', () => {
    expect(parseMetadata(formatMetadata(metadata))).toEqual(metadata);
  });

  it('are the same text whatever the order of the keys', () => {
    const turned = Object.fromEntries(Object.entries(model).reverse()) as typeof model;
    expect(formatMetadata({ ...metadata, network: { model: turned, condition, image } })).toEqual(
      formatMetadata(metadata),
    );
  });

  it.each(['paper', 'quick'] as const)('hold no length of the run, no intervals and no paths: %s', (preset) => {
    const base = { preset, seed: 3 } as const;
    const short = resolveConfig({
      ...base,
      training: { steps: 10, logEvery: 1 },
      data: { path: 'a' },
      run: { dir: 'b' },
    });
    const long = resolveConfig({ ...base, training: { steps: 20, minutes: 1, checkpointEvery: 7, sampleEvery: 3 } });
    expect(settingsOf(short)).toEqual(settingsOf(long));
  });

  it.each([
    { training: { learningRate: 1 } },
    { loss: { reconstructionWeight: 3 } },
    { data: { augmentation: { flip: true } } },
    { data: { augmentation: { hue: true } } },
  ])('hold what decides the weights: %j', (changed) => {
    expect(settingsOf(resolveConfig({ preset: 'quick', seed: 3, ...changed }))).not.toEqual(metadata.settings);
  });

  it.each([
    ['another program', { format: 'pt' }, 'format', 'was not written by GGB'],
    ['a newer format', { 'ggb.version': '2' }, 'version', 'written in format 2; this version of GGB reads format 1'],
    ['no step', { step: undefined }, 'format', '"step" must be a whole number, and is nothing'],
    ['a step that is none', { step: '1.5' }, 'format', '"step" must be a whole number, and is "1.5"'],
    ['a cut network', { network: '{"image":' }, 'format', '"network" must be JSON'],
    ['an unknown key', { network: '{"image":{"sise":64}}' }, 'format', '"network" must be a network: image:'],
    ['an impossible network', { network: '{"image":{"size":16},"model":{"levels":9}}' }, 'format', 'model.levels'],
    [
      'counters that are none',
      { counters: '{"generator":"x"}' },
      'format',
      '"counters" must be an object of whole numbers',
    ],
  ])('of %s are refused', (_, changed, problem, message) => {
    const text = 'format' in changed ? changed : { ...formatMetadata(metadata), ...changed };
    const read = () => parseMetadata(text as Record<string, string>);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ problem }));
  });
});

describe('training continues from a checkpoint', () => {
  it('of the same networks and seed, whatever else the configuration says', () => {
    const other = resolveConfig({ preset: 'quick', seed: 3, training: { steps: 9, learningRate: 1 } });
    expect(() => checkContinuable(metadata, other)).not.toThrow();
  });

  it.each([
    [
      'another depth',
      { ...config, model: { ...model, levels: 4 } },
      'network',
      'model.levels is 5 in it and 4 in the conf',
    ],
    [
      'another condition',
      { ...config, condition: { kind: 'label' as const, length: 2 } },
      'network',
      'condition.kind is "keypoints" in it and "label" in the configuration',
    ],
    ['another seed', { ...config, seed: 4 }, 'seed', 'its seed is 3 and that of the configuration 4'],
  ])('but not under %s', (_, changed, problem, message) => {
    expect(() => checkContinuable(metadata, changed)).toThrow(message);
    expect(() => checkContinuable(metadata, changed)).toThrow(expect.objectContaining({ problem }));
  });

  it('but not from the generator alone', () => {
    expect(() => checkContinuable({ ...metadata, kind: 'generator' }, config)).toThrow('enough to synthesize');
  });
});

describe('checkTensors', () => {
  const tensors = (...entries: [string, number[], string?][]) =>
    new Map(entries.map(([name, shape, dtype = 'F32']) => [name, { shape, dtype }]));
  const needed = tensors(['a', [2, 3]], ['b', [1]]);

  it.each([
    ['missing', tensors(['a', [2, 3]]), 'missing', 'it lacks b, which the model needs'],
    [
      'too many',
      tensors(['a', [2, 3]], ['b', [1]], ['c', []], ['d', []], ['e', []], ['f', []]),
      'unexpected',
      'it also holds c, d, e and 1 more, which the model does not have',
    ],
    ['of another shape', tensors(['a', [3, 2]], ['b', [1]]), 'shape', 'a is [3, 2], but the model needs [2, 3]'],
    ['of another rank', tensors(['a', [2, 3]], ['b', [1, 1]]), 'shape', 'b is [1, 1], but the model needs [1]'],
    [
      'of another type',
      tensors(['a', [2, 3]], ['b', [1], 'I32']),
      'dtype',
      'b is of type I32, but the model needs F32',
    ],
  ])('names what is %s', (_, stored, problem, message) => {
    expect(() => checkTensors(stored, needed)).toThrow(CheckpointError);
    expect(() => checkTensors(stored, needed)).toThrow(message);
    expect(() => checkTensors(stored, needed)).toThrow(expect.objectContaining({ problem }));
  });

  it('accepts the same tensors in another order', () => {
    expect(() => checkTensors(tensors(['b', [1]], ['a', [2, 3]]), needed)).not.toThrow();
  });
});
