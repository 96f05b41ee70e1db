import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWhen, itWhen } from '../../../../tools/testing/skipping.ts';
import { nativeStatistics, StatisticsUnavailableError } from './native-statistics.ts';

const addonFile = join(__dirname, '../../build/Release/native_statistics.node');
const isBuilt = existsSync(addonFile);
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

describeWhen(isBuilt, 'native_statistics.node was not built: Eigen is not installed')('nativeStatistics', () => {
  const engine = () => nativeStatistics({ threads: 2 });

  it('centres rows and adds their products to the lower triangle', () => {
    const rows = Float64Array.of(1, 2, 3, 6, 5, 1);
    const [mean, comoments] = [new Float64Array(2), Float64Array.of(100, 100, 100, 100)];
    engine().addCentredProducts(rows, 3, 2, mean, comoments);
    expect(Array.from(mean)).toEqual([3, 3]);
    expect(Array.from(rows)).toEqual([-2, -1, 0, 3, 2, -2]);
    // The one above the diagonal is nobody's to read.
    expect([comoments[0], comoments[2], comoments[3]]).toEqual([108, 98, 114]);
  });

  it('has the sums of plain loops across tiles, and of one thread those of three', () => {
    // 300 dimensions are two tiles a side. Whole numbers, so that no order of adding changes a bit.
    const [count, n] = [20, 300];
    const drawn = Float64Array.from({ length: count * n }, (_, i) => ((i * 7919) % 23) - 11);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let row = 0; row < count - 1; row++) sum += drawn[row * n + i] as number;
      drawn[(count - 1) * n + i] = -sum;
    }
    for (const threads of [1, 3]) {
      const comoments = new Float64Array(n * n);
      nativeStatistics({ threads }).addCentredProducts(drawn.slice(), count, n, new Float64Array(n), comoments);
      const expected = comoments.map((_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        if (j > i && Math.floor(i / 256) !== Math.floor(j / 256)) return 0;
        let sum = 0;
        for (let row = 0; row < count; row++) sum += (drawn[row * n + i] as number) * (drawn[row * n + j] as number);
        return sum;
      });
      // A tile on the diagonal is computed whole; the upper triangle is nobody's to read.
      expect(comoments).toEqual(expected);
    }
  });

  it('has the eigenvalues of a product, without those that are zero for want of rank', async () => {
    // a = diag(4, 9, 0), b = diag(1, 1, 5): the product has 4, 9 and a zero that a's rank takes away.
    const diagonal = (...values: number[]) =>
      Float64Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? (values[i / 4] as number) : 0));
    const eigenvalues = await engine().productEigenvalues(diagonal(4, 9, 0), diagonal(1, 1, 5), 3);
    expect(eigenvalues).toBeAllClose([4, 9], { absolute: 0, relative: 1e-15 });
    expect(await engine().productEigenvalues(diagonal(0, 0, 0), diagonal(1, 1, 1), 3)).toHaveLength(0);
  });

  it('reads the lower triangle alone', async () => {
    const lower = Float64Array.of(2, Number.NaN, 1, 2);
    const eigenvalues = await engine().productEigenvalues(lower, Float64Array.of(1, Number.NaN, 0, 1), 2);
    expect(eigenvalues).toBeAllClose([1, 3], { absolute: 0, relative: 1e-14 });
  });

  it('refuses arrays of other types and lengths, and counts that are none', () => {
    const call = (rows: Float64Array, count: number, mean = new Float64Array(2)) =>
      engine().addCentredProducts(rows, count, 2, mean, new Float64Array(4));
    expect(() => call(new Float64Array(5), 3)).toThrow('rows: a Float64Array of 6 values');
    expect(() => call(new Float32Array(6) as never, 3)).toThrow('rows: a Float64Array of 6 values');
    expect(() => call(new Float64Array(6), 3, new Float64Array(1))).toThrow('mean: a Float64Array of 2 values');
    expect(() => call(new Float64Array(6), 0)).toThrow('count: a whole number from 1');
    expect(() => call(new Float64Array(6), 2 ** 24 + 1)).toThrow('count: a whole number from 1 to 16777216');
    expect(() => call(new Float64Array(6), 1.5)).toThrow('count: a whole number from 1');
    expect(() =>
      nativeStatistics({ instructionSet: 'mmx' }).addCentredProducts(
        new Float64Array(1),
        1,
        1,
        new Float64Array(1),
        new Float64Array(1),
      ),
    ).toThrow('unknown or unavailable instruction set');
  });

  it('refuses dimensions whose matrices nobody has the memory for before it takes any', () => {
    const none = new Float64Array(0);
    const refusal = 'dimensions: a whole number from 1 to 16384';
    expect(() => engine().productEigenvalues(none, none, 16_385)).toThrow(refusal);
    expect(() => engine().addCentredProducts(none, 1, 16_385, none, none)).toThrow(refusal);
  });

  // In a process of its own, whose address space ends 24 MB above what it has: room for Node, not for a matrix of 32 MiB.
  itWhen(hasPrlimit, 'prlimit (util-linux) is not there')('survives that its memory runs out, in every thread', () => {
    const program = `
      const { readFileSync } = require('node:fs');
      const { spawnSync } = require('node:child_process');
      const addon = require(process.argv[1]);
      const n = 2048;
      const unit = (n) => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
      const [a, b] = [unit(n), unit(n)];
      const eigenvalues = (a, b, n) => addon.productEigenvalues(a, b, n, 2, '');
      // libuv starts its threads now, not when there is no room for their stacks.
      eigenvalues(unit(2), unit(2), 2).then(async () => {
        const pages = Number(/VmSize:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
        spawnSync('prlimit', ['--pid', String(process.pid), '--as=' + (pages + 24 * 1024) * 1024 + ':']);
        const refused = await eigenvalues(a, b, n).then(() => 'no error', (error) => error.message);
        spawnSync('prlimit', ['--pid', String(process.pid), '--as=unlimited:']);
        console.log(JSON.stringify([refused, (await eigenvalues(unit(3), unit(3), 3)).length]));
      });`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program, addonFile], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [refused, afterwards] = JSON.parse(stdout) as [string, number];
    expect(refused).toMatch(/^productEigenvalues: not enough memory for matrices of 2048 x 2048 float64, 33 MB each/);
    expect(afterwards).toBe(3);
  });

  it('says for reports what it is made of', () => {
    expect(nativeStatistics({ threads: 1, instructionSet: 'baseline' }).description).toMatch(
      /^Eigen 3\.\d+\.\d+, baseline, 1 thread$/,
    );
  });
});

describe('nativeStatistics without its addon', () => {
  it('says why it is not available, and what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ggb-statistics-'));
    try {
      expect(() => nativeStatistics({ path: join(folder, 'none.node') })).toThrow(StatisticsUnavailableError);
      expect(() => nativeStatistics({ path: join(folder, 'none.node') })).toThrow('does not exist');
      writeFileSync(join(folder, 'broken.node'), 'no addon');
      expect(() => nativeStatistics({ path: join(folder, 'broken.node') })).toThrow('could not be loaded');
      expect(() => nativeStatistics({ path: join(folder, 'broken.node') })).toThrow('apt-get install libeigen3-dev');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
