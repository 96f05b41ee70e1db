import { presets, resolveConfig } from './presets.ts';
import { ConfigError } from './resolve-network.ts';

describe('the preset paper', () => {
  const config = resolveConfig({});

  it('has what the paper states', () => {
    expect(config.image.size).toBe(256);
    expect(config.model).toMatchObject({ levels: 7, guidedLevels: [4, 5, 6], rapd: true, nvtd: true });
    expect(config.model.discriminator.layers).toBe(5);
    expect(config.model.guidingBlock.encoderKernelSize).toBe(4);
    expect(config.training).toMatchObject({ batchSize: 8, learningRate: 2e-4, beta1: 0.5, beta2: 0.999 });
    expect(config.training.update).toBe('literal');
  });

  it('reads the three lambdas as 0.02 for D, 0.01 for RAPD and NVTD', () => {
    expect(config.loss).toMatchObject({ adversarialWeight: 0.02, appearanceWeight: 0.01, variationWeight: 0.01 });
  });
});

describe('the preset paper-level-weights', () => {
  it('reads the three lambdas as weights of the levels 4, 5, 6', () => {
    const { loss } = resolveConfig({ preset: 'paper-level-weights' });
    expect(loss).toMatchObject({ appearanceWeight: 1, variationWeight: 1, levelWeights: [0.02, 0.01, 0.01] });
  });
});

describe('the level weights of the preset paper-level-weights', () => {
  const weights = (guidedLevels: number[], more = {}) =>
    resolveConfig({ preset: 'paper-level-weights', model: { guidedLevels }, ...more }).loss.levelWeights;

  it('follow a subset of the levels, in whatever order it is written', () => {
    expect(weights([4, 6])).toEqual([0.02, 0.01]);
    expect(weights([6, 4])).toEqual([0.02, 0.01]);
    expect(weights([5])).toEqual([0.01]);
    expect(weights([])).toEqual([]);
  });

  it('belong to the last levels before the output, of smaller images too', () => {
    expect(weights([2, 4], { image: { size: 64 } })).toEqual([0.02, 0.01]);
    expect(resolveConfig({ preset: 'paper-level-weights', image: { size: 16 } }).loss.levelWeights).toEqual([
      0.01, 0.01,
    ]);
  });

  it('are asked for where the preset has none, and taken where they are given', () => {
    expect(() => weights([3, 4])).toThrow(
      'loss.levelWeights: expected one weight for each of the 2 guided levels [3, 4], as the preset has weights for the levels 4 to 6 alone, received nothing.',
    );
    expect(weights([3, 4], { loss: { levelWeights: [3, 4] } })).toEqual([3, 4]);
  });

  it('stay when a resolved config is resolved again', () => {
    const config = resolveConfig({ preset: 'paper-level-weights', model: { guidedLevels: [4, 6] } });
    expect(resolveConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});

describe('the preset quick', () => {
  it('is a 64-pixel model with 5 levels and blocks on 8, 16 and 32 pixels', () => {
    const config = resolveConfig({ preset: 'quick' });
    expect(config.image.size).toBe(64);
    expect(config.model).toMatchObject({ levels: 5, guidedLevels: [2, 3, 4] });
    expect(config.loss.reconstructionWeight).toBe(10);
    expect(config.training).toMatchObject({ learningRate: 1e-3, decay: 'second-half' });
  });
});

describe('resolveConfig', () => {
  it('lets the user override single values of a preset', () => {
    const config = resolveConfig({ preset: 'quick', model: { generator: { baseChannels: 8 } } });
    expect(config.model.generator).toMatchObject({ baseChannels: 8, maxChannels: 192, dropout: 0 });
  });

  it('drops the preset’s key point settings for another kind of condition', () => {
    const config = resolveConfig({ preset: 'quick', condition: { kind: 'label', length: 7 } });
    expect(config.condition).toEqual({ kind: 'label', length: 7 });
  });

  it('keeps the kind of the preset when only the map is changed', () => {
    // A file says `condition: {map: limbs}`, which the type of a whole input does not allow.
    const condition = { map: 'limbs' } as never;
    expect(resolveConfig({ preset: 'quick', condition }).condition).toEqual({
      kind: 'keypoints',
      map: 'limbs',
      radiusAt256: 12,
      sourceKeypoints: false,
    });
  });

  it('gives the same config for its own output', () => {
    for (const preset of Object.keys(presets)) {
      const config = resolveConfig({ preset: preset as keyof typeof presets });
      expect(resolveConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    }
  });

  it('switches the guiding blocks off with an empty list', () => {
    expect(resolveConfig({ model: { guidedLevels: [] } }).model.guidedLevels).toEqual([]);
  });

  it.each([
    [{ model: { guidedLevels: [7] } }, 'model.guidedLevels', /levels from 1 to 6/],
    [{ model: { guidedLevels: [4, 4] } }, 'model.guidedLevels', /each level once/],
    [{ image: { size: 64 }, model: { levels: 7 } }, 'model.levels', /at most 6/],
    [{ image: { size: 32 }, model: { levels: 5, guidedLevels: [1] } }, 'model.guidedLevels', /at least 4 pixels/],
    [{ loss: { levelWeights: [1] } }, 'loss.levelWeights', /each of the 3 guided levels/],
    [
      { condition: { kind: 'label' as const, length: 2 }, data: { augmentation: { flip: true } } },
      'data.augmentation.flip',
      /cannot be mirrored/,
    ],
  ])('refuses %j', (input, key, message) => {
    const attempt = () => resolveConfig(input);
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ key }));
  });

  it('refuses unknown keys', () => {
    expect(() => resolveConfig({ training: { stepz: 3 } } as never)).toThrow(/stepz/);
  });
});
