import {
  parseCheckpointInfo,
  parseEvaluation,
  parseProbes,
  parseRunInfo,
  parseSteps,
  RunRecordError,
} from './parse.ts';
import type { EvaluationRecord, RunInfo, StepRecord } from './run-record.ts';

const run: RunInfo = {
  version: 1,
  ggb: '0.1.0',
  node: 'v20.20.0',
  tfjs: '4.22.0',
  platform: 'linux-x64',
  backend: { name: 'native-cpu', reason: 'it is the fastest here', threads: 2 },
  seed: 5,
  preset: 'quick',
  startedAt: '2026-01-02T03:04:05.000Z',
  data: { path: 'figures', pairs: 10, manifestSha256: 'ab' },
  parameters: { generator: 1, discriminator: 2, guidingBlocks: 3 },
  resumedFrom: 'checkpoints/step-000500.safetensors',
  sessions: [0, 500].map((fromStep) => ({
    fromStep,
    startedAt: '2026-01-02T03:04:05.000Z',
    ggb: '0.1.0',
    node: 'v20.20.0',
    tfjs: '4.22.0',
    platform: 'linux-x64',
    backend: { name: 'native-cpu', reason: 'it is the fastest here', threads: 2 },
    data: { path: 'figures', pairs: 10, manifestSha256: 'ab' },
    config: { preset: 'quick', training: { steps: 3000 + fromStep } },
  })),
};

const step: StepRecord = {
  step: 10,
  seconds: 1.5,
  imagesPerSecond: 20,
  learningRate: 1e-3,
  losses: { discriminator: 1.3, 'level4.rapd': 0.7 },
};

const evaluation: EvaluationRecord = {
  version: 1,
  checkpoint: 'checkpoints/step-000500.safetensors',
  checkpointSha256: 'cd',
  preset: 'quick',
  protocol: { name: 'tf', hash: 'a5b6' },
  data: { manifest: '/figures/pairs.jsonl', manifestSha256: 'ef' },
  weights: 'average',
  split: 'test',
  mean: { ssim: 0.8, insideSsim: 0.6, insideL1: 20, l1: 5, sharpness: 0.9 },
  metrics: {
    ssim: { mean: 0.8, n: 2, interval: [0.7, 0.9], direction: 'higher', unit: 'none' },
    sharpness: { mean: 0.9, n: 2, interval: [0.9, 0.9], direction: 'nearer-to-one', unit: 'none' },
  },
  pairs: [
    { id: 'a', name: 'a', ssim: 0.8, insideSsim: 0.6, insideL1: 20, l1: 5, sharpness: 0.9 },
    { id: 'b', ssim: 0.7, l1: 6 },
  ],
  baselines: { copySource: { ssim: 0.5, l1: 30 } },
  failed: [{ id: 'c', message: 'pairs.jsonl:3: the silhouettes are empty' }],
};

const changed = (record: object, changes: object) => JSON.stringify({ ...record, ...changes });

describe('records', () => {
  it('are read as they were written', () => {
    expect(parseRunInfo(JSON.stringify(run))).toEqual(run);
    expect(parseEvaluation(JSON.stringify(evaluation))).toEqual(evaluation);
    expect(parseProbes('{"version":1,"ids":["a","b"]}')).toEqual({ version: 1, ids: ['a', 'b'] });
    const info = { step: 500, seconds: 9, writtenAt: '2026-01-02T03:04:05.000Z', sha256: 'ab' };
    expect(parseCheckpointInfo(JSON.stringify(info))).toEqual(info);
  });

  it('need not have what is optional', () => {
    const { resumedFrom, backend, ...rest } = run;
    const { name, reason } = backend;
    expect(parseRunInfo(JSON.stringify({ ...rest, backend: { name, reason } }))).toEqual({
      ...rest,
      backend: { name, reason },
    });
  });

  it('need not have what came after the first evaluations', () => {
    const { version, checkpoint, weights, split, mean, pairs } = evaluation;
    const { sharpness, ...oldMean } = mean;
    const old = { version, checkpoint, weights, split, mean: oldMean, pairs };
    expect(parseEvaluation(JSON.stringify(old))).toEqual(old);
  });

  it('may name the protocol alone, as earlier versions did', () => {
    expect(parseEvaluation(changed(evaluation, { protocol: 'pg2' })).protocol).toEqual({ name: 'pg2' });
  });

  it('may have what a later version adds', () => {
    expect(parseRunInfo(changed(run, { host: 'new' }))).toEqual(run);
  });

  it.each([
    ['run.json: expected a JSON object, received text that is none', () => parseRunInfo('{"version":')],
    ['run.json: expected a JSON object, received []', () => parseRunInfo('[]')],
    [
      'run.json: version: expected 1, the version that this GGB reads, received 2',
      () => parseRunInfo(changed(run, { version: 2 })),
    ],
    ['run.json: seed: expected a number, received "5"', () => parseRunInfo(changed(run, { seed: '5' }))],
    [
      'run.json: data.pairs: expected a number, received nothing',
      () => parseRunInfo(changed(run, { data: { path: 'x' } })),
    ],
    ['run.json: backend: expected an object, received null', () => parseRunInfo(changed(run, { backend: null }))],
    [
      'a/e.json: weights: expected "average" or "raw"',
      () => parseEvaluation(changed(evaluation, { weights: 'ema' }), 'a/e.json'),
    ],
    [
      'evaluation: pairs.1.ssim: expected a number',
      () =>
        parseEvaluation(changed(evaluation, { pairs: [evaluation.mean, {}].map((pair) => ({ id: 'a', ...pair })) })),
    ],
    [
      'evaluation: data.manifestSha256: expected a string, received nothing',
      () => parseEvaluation(changed(evaluation, { data: { manifest: 'x' } })),
    ],
    [
      'evaluation: failed.0.message: expected a string, received nothing',
      () => parseEvaluation(changed(evaluation, { failed: [{ id: 'c' }] })),
    ],
    [
      'evaluation: metrics.ssim.direction: expected higher, lower, nearer-to-one, received "up"',
      () => parseEvaluation(changed(evaluation, { metrics: { ssim: { direction: 'up' } } })),
    ],
    [
      'evaluation: protocol.name: expected a string, received nothing',
      () => parseEvaluation(changed(evaluation, { protocol: {} })),
    ],
    ['evaluation: pairs: expected a list, received 3', () => parseEvaluation(changed(evaluation, { pairs: 3 }))],
    [
      'evaluation: baselines.copySource.l1: expected a number',
      () => parseEvaluation(changed(evaluation, { baselines: { copySource: { ssim: 1 } } })),
    ],
    ['probes.json: ids.0: expected a string, received 1', () => parseProbes('{"version":1,"ids":[1]}')],
  ])('are refused with their place: %s', (message, parse) => {
    expect(parse).toThrow(RunRecordError);
    expect(parse).toThrow(message);
  });
});

describe('steps.jsonl', () => {
  const lines = [step, { ...step, step: 20 }].map((record) => `${JSON.stringify(record)}\n`).join('');

  it('is read line by line', () => {
    expect(parseSteps(lines)).toEqual({ records: [step, { ...step, step: 20 }], isCut: false });
  });

  it('may be empty', () => {
    expect(parseSteps('')).toEqual({ records: [], isCut: false });
  });

  it('may end anywhere: what is left of the last line is left out', () => {
    for (let length = 0; length < lines.length; length += 1) {
      const { records, isCut } = parseSteps(lines.slice(0, length));
      const whole = lines.slice(0, length).split('\n').length - 1;
      expect(records).toHaveLength(whole);
      expect(isCut).toBe(length > 0 && lines[length - 1] !== '\n');
    }
  });

  it('names the line that is no record', () => {
    const broken = `${lines}{"step":30}\n${lines}`;
    expect(() => parseSteps(broken, 'runs/00001/steps.jsonl')).toThrow(
      'runs/00001/steps.jsonl:3: losses: expected an object, received nothing.',
    );
    const notFinite = lines.replace('1.3', 'null');
    expect(() => parseSteps(notFinite)).toThrow(
      'steps.jsonl:1: losses.discriminator: expected a number, received null.',
    );
  });
});
