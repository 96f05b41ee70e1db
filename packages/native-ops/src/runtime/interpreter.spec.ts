// The native interpreter, fed with raw words: what a corrupt or outdated stream meets.
import { seededUniform } from '../../testing/seeded-random.ts';
import { loadAddon, type NativeEngine, type NativeFailure } from '../backend/addon.ts';
import { settingsFromEnvironment } from '../backend/settings.ts';

const addon = loadAddon(settingsFromEnvironment().addonPath);
const unary = addon.ops.find(({ name }) => name === 'elementwise_unary') as (typeof addon.ops)[number];
const neg = unary.variants.indexOf('neg');
const invalidCommand = 1;
const invalidHandle = 2;
const invalidShape = 3;

const size = (value: number): number[] => [value | 0, Math.floor(value / 2 ** 32)];
const allocate = (index: number, generation: number, bytes: number) => [1, 4, 10, index, generation, ...size(bytes)];
const free = (index: number, generation: number) => [2, 2, 11, index, generation];
const negate = (count: number, x: readonly number[], y: readonly number[]) => [
  unary.opcode,
  11,
  12,
  neg,
  0,
  0,
  ...size(count),
  0,
  0,
  ...x,
  ...y,
];

describe('the interpreter', () => {
  let engine: NativeEngine;
  beforeEach(() => {
    engine = new addon.Engine(2, '', false);
  });
  afterEach(() => {
    engine.dispose();
  });

  const run = (...commands: readonly number[][]): NativeFailure | null => {
    const words = commands.flat();
    return engine.run(Int32Array.from([addon.streamVersion, words.length, ...words]));
  };

  it('allocates, computes and frees in the order of the stream', () => {
    expect(engine.upload(0, 1, Float32Array.of(1, -2, 3))).toBeNull();
    expect(run(allocate(1, 1, 12), negate(3, [0, 1], [1, 1]), free(0, 1))).toBeNull();
    const y = new Float32Array(3);
    expect(engine.download(1, 1, y)).toBeNull();
    expect([...y]).toEqual([-1, 2, -3]);
    expect(engine.statistics()).toMatchObject({ buffers: 1, liveBytes: 12, peakBytes: 24 });
  });

  it('refuses a stream of another version and says to rebuild', () => {
    expect(engine.run(Int32Array.of(addon.streamVersion + 1, 0))).toMatchObject({
      code: invalidCommand,
      message: expect.stringContaining('rebuild'),
    });
  });

  it.each([
    ['a stream without a header', [addon.streamVersion]],
    ['a length beyond the words', [addon.streamVersion, 5, 1, 4]],
    ['a command that ends beyond the stream', [addon.streamVersion, 4, 1, 40, 0, 0]],
    ['a negative argument count', [addon.streamVersion, 3, 1, -1, 0]],
    ['an opcode that does not exist', [addon.streamVersion, 3, 9999, 0, 0]],
    ['a negative opcode', [addon.streamVersion, 3, -5, 0, 0]],
  ])('refuses %s', (_what, words) => {
    expect(engine.run(Int32Array.from(words))).toMatchObject({ code: invalidCommand });
  });

  it('refuses missing and left-over argument words', () => {
    expect(run([1, 3, 10, 0, 1, 8])).toMatchObject({ code: invalidCommand, message: expect.stringContaining('ends') });
    expect(run([1, 5, 10, 0, 1, 8, 0, 0])).toMatchObject({ message: expect.stringContaining('only 4 were read') });
  });

  it('names the command that failed by its sequence number, and carries out later ALLOC and FREE', () => {
    const failure = run(allocate(0, 1, 4), negate(3, [0, 1], [0, 1]), allocate(1, 1, 8), free(0, 1));
    expect(failure).toMatchObject({ code: invalidShape, sequence: 12, opcode: unary.opcode });
    expect(engine.statistics()).toMatchObject({ buffers: 1, liveBytes: 8 });
  });

  it('refuses a freed, a stale and an unknown handle', () => {
    run(allocate(0, 1, 4), free(0, 1), allocate(0, 2, 4));
    expect(run(free(0, 1))).toMatchObject({ code: invalidHandle, message: expect.stringContaining('generation 2') });
    expect(run(allocate(0, 2, 4))).toMatchObject({ code: invalidHandle });
    expect(run(allocate(0, 3, 4))).toMatchObject({ code: invalidHandle, message: expect.stringContaining('in use') });
    expect(run(free(7, 1))).toMatchObject({ code: invalidHandle });
    expect(run(free(-1, 1))).toMatchObject({ code: invalidHandle });
    expect(engine.download(0, 1, new Float32Array(1))).toMatchObject({ code: invalidHandle });
  });

  it('refuses a buffer that is smaller than the command needs, and a download that is larger', () => {
    engine.upload(0, 1, new Float32Array(2));
    expect(run(negate(3, [0, 1], [0, 1]))).toMatchObject({
      code: invalidShape,
      message: expect.stringContaining('8 bytes'),
    });
    expect(engine.download(0, 1, new Float32Array(3))).toMatchObject({ code: invalidShape });
  });

  it('refuses negative and absurd sizes without allocating, and takes the FREE that belongs to them', () => {
    expect(run(allocate(0, 1, -4))).toMatchObject({ code: invalidShape });
    expect(run(allocate(1, 1, 2 ** 50))).toMatchObject({ code: invalidShape });
    expect(run(allocate(2 ** 30, 1, 4))).toMatchObject({ code: invalidHandle });
    expect(run(negate(2 ** 62, [0, 1], [0, 1]))).not.toBeNull();
    expect(run(free(0, 1), free(1, 1))).toBeNull();
    expect(engine.statistics()).toMatchObject({ liveBytes: 0, buffers: 0 });
  });

  it('refuses a command that announces more items than it has words for', () => {
    engine.upload(0, 1, new Float32Array(5));
    const adam = addon.ops.find(({ name }) => name === 'adam_update') as (typeof addon.ops)[number];
    const parameter = [...size(5), 0, 1, 0, 1, 0, 1, 0, 1];
    const words = [0, 1, 1000, ...parameter];
    expect(run([adam.opcode, words.length, 12, ...words])).toMatchObject({
      code: invalidCommand,
      message: '1000 items were announced, the command has 10 more words',
    });
  });

  it('hands released memory out again', () => {
    run(allocate(0, 1, 1 << 20), free(0, 1));
    expect(engine.statistics()).toMatchObject({ liveBytes: 0, cachedBytes: 1 << 20 });
    run(allocate(0, 2, 1 << 20));
    expect(engine.statistics()).toMatchObject({ liveBytes: 1 << 20, cachedBytes: 0 });
    run(free(0, 2));
    engine.trim();
    expect(engine.statistics().cachedBytes).toBe(0);
  });

  it('survives 20,000 randomly damaged streams', () => {
    const random = seededUniform(5);
    const pick = (n: number) => Math.floor(random() * n);
    for (let round = 0; round < 20_000; round++) {
      const index = pick(4);
      const generation = round + 1;
      const words = [
        ...allocate(index, generation, pick(64)),
        ...allocate(index + 4, generation, pick(64)),
        ...negate(pick(20), [index, generation], [index + 4, generation]),
        ...free(index, generation),
        ...free(index + 4, generation),
      ];
      for (let damage = pick(4); damage > 0; damage--) {
        words[pick(words.length)] = [pick(8), -1, 2 ** 31 - 1, -(2 ** 31), pick(100)][pick(5)] as number;
      }
      engine.run(Int32Array.from([addon.streamVersion, words.length, ...words]));
    }
    const failure = run(allocate(500, 1, 12), free(500, 1));
    expect(failure).toBeNull();
  });

  it.each(addon.ops.map(({ name, opcode, variants }) => [name, opcode, variants.length] as const))(
    'answers 1,500 commands of %s with arbitrary arguments by a result or an error, never by a crash',
    (_name, opcode, variants) => {
      const random = seededUniform(opcode);
      const pick = (n: number) => Math.floor(random() * n);
      const buffers = 6;
      for (let index = 0; index < buffers; index++) engine.upload(index, 1, new Float32Array(8 << pick(4)));
      // Words that commands are made of: numbers of variants and types, 64-bit sizes (small ones mostly), shapes,
      // handles.
      const part = (): number[] => {
        const kind = random();
        if (kind < 0.25) return [pick(buffers), 1];
        if (kind < 0.55) return size([pick(3), pick(9), pick(70), 1][pick(4)] as number);
        if (kind < 0.75) {
          const rank = pick(5);
          return [rank, ...Array.from({ length: rank }, () => size(pick(6))).flat()];
        }
        if (kind < 0.95) return [[pick(3), pick(Math.max(variants, 2)), 0x3f800000, -1][pick(4)] as number];
        return [[2 ** 31 - 1, -(2 ** 31), 0x7fc00000, 1 << 20][pick(4)] as number];
      };
      let accepted = 0;
      for (let round = 0; round < 1500; round++) {
        const words = Array.from({ length: 1 + pick(14) }, part).flat();
        if (run([opcode, words.length, round, ...words]) === null) accepted++;
      }
      expect(accepted).toBeLessThan(1500);
      expect(engine.statistics().buffers).toBe(buffers);
    },
  );
});
