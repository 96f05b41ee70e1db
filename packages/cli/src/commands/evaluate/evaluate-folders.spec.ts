// `ggb evaluate` of two folders as a process: what it prints where, writes where, and with which code it ends.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protocolHash, protocols } from '@ggb/metrics';
import { writeStatistics } from '@ggb/metrics/features';
import { bootstrapIntervals, decodeImage, parseReport } from '@ggb/metrics/node';
import { randomInceptionFile } from '../../../../metrics/testing/drawn-numbers.ts';
import { writePairs } from '../../../../metrics/testing/image-files.ts';
import { plantFaults } from '../../../../metrics/testing/plant-faults.ts';
import { runGgb } from '../../../testing/run-ggb.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ggb-evaluate-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const folders = ['--real', 'real', '--generated', 'generated'];
const evaluate = (...args: string[]) => runGgb(['evaluate', ...args], { cwd });
const written = (name: string) => readFileSync(join(cwd, name), 'utf8');

describe('ggb evaluate --real --generated', () => {
  it('prints a table, and writes the same numbers as JSON, CSV, Parquet and maps', async () => {
    await writePairs(cwd, ['b.png', 'a.png', 'sub/c.jpg']);
    const { code, stdout, stderr } = await evaluate(
      ...[...folders, '--protocol', 'pg2', '--metrics', 'ssim,psnr,l1'],
      ...['--json', 'out.json', '--csv', 'out.csv', '--parquet', 'out.parquet', '--maps', 'maps'],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Scorer: .+\.$/m) });
    const report = parseReport('out.json', written('out.json'));
    const hash = protocolHash(protocols.pg2);
    expect(report).toMatchObject({ protocol: { name: 'pg2', hash }, problems: [], pairing: { 'equal names': 3 } });
    expect(report.pairs.map(({ name }) => name)).toEqual(['a.png', 'b.png', 'sub/c.jpg']);
    const ssims = report.pairs.map(({ ssim }) => ssim as number);
    expect(report.metrics.ssim).toMatchObject({ n: 3, mean: ssims.reduce((sum, value) => sum + value, 0) / 3 });
    expect(report.metrics.ssim?.interval).toEqual(bootstrapIntervals([Float64Array.from(ssims)])[0]);
    expect(stdout).toContain(`protocol pg2 (${hash.slice(0, 8)})`);
    expect(stdout).toMatch(new RegExp(`^ssim +${report.metrics.ssim?.mean?.toFixed(4)} .* 3  higher is better$`, 'm'));

    const rows = written('out.csv').trimEnd().split('\n');
    expect(rows[0]).toBe('name,real,ssim,psnr,l1,protocol,protocolHash');
    expect(rows.slice(1).map((row) => Number(row.split(',')[2]))).toEqual(ssims);

    const { rows: objects, metadata } = readParquet(join(cwd, 'out.parquet'));
    expect(objects.map(({ name, ssim }) => [name, ssim])).toEqual(report.pairs.map(({ name, ssim }) => [name, ssim]));
    expect(metadata.find(({ key }) => key === 'protocolHash')?.value).toBe(hash);

    const map = await decodeImage(join(cwd, 'maps', 'sub', 'c.jpg.png'));
    expect([map.width, map.height]).toEqual([26, 26]); // 32 less the window of 7, plus 1
    const mean = Array.from(map.data).reduce((sum, value) => sum + value, 0) / map.data.length / 255;
    // Rounding to 255 levels averages out to well below half a level; scores below 0 are drawn as 0, hence one side is wider.
    expect(mean - (ssims[2] as number)).toBeGreaterThan(-0.002);
    expect(mean - (ssims[2] as number)).toBeLessThan(0.05);
    expect(readdirSync(cwd).sort()).toEqual(['generated', 'maps', 'out.csv', 'out.json', 'out.parquet', 'real']);
  });

  it('names all of 200 faults and scores nothing, ends with 2, and writes nothing', async () => {
    const planted = await plantFaults(cwd, 200, 5);
    const before = readdirSync(cwd, { recursive: true, encoding: 'latin1' } as never).length;
    const { code, stdout, stderr } = await evaluate(...folders, '--json', 'out.json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const { kind } of planted) expect(stderr).toMatch(new RegExp(`^${kind} \\(.*\\): \\d+$`, 'm'));
    for (const { name } of planted) expect(stderr).toContain(name);
    expect(stderr).toContain('Score the other 5 pairs with --on-bad skip');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(cwd, { recursive: true, encoding: 'latin1' } as never)).toHaveLength(before);
  });

  it('leaves faults out when told to, and lists them in report and quarantine', async () => {
    const planted = await plantFaults(cwd, 24, 5);
    const skipped = await evaluate(...folders, '--json', 'out.json', '--on-bad', 'skip');
    expect(skipped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^5 pairs, \d+ problems left out/m) });
    const report = parseReport('out.json', written('out.json'));
    expect(report.pairs).toHaveLength(5);
    expect(report.problems.length).toBeGreaterThanOrEqual(planted.length);
    expect(existsSync(join(cwd, 'out.json.quarantine.jsonl'))).toBe(false);

    expect(await evaluate(...folders, '--json', 'out.json', '--on-bad', 'quarantine')).toMatchObject({ code: 0 });
    const lines = written('out.json.quarantine.jsonl').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(report.problems);
  });

  it('names files that it may not read', async () => {
    await writePairs(cwd, ['a.png', 'b.png']);
    chmodSync(join(cwd, 'generated', 'b.png'), 0);
    // Root may read everything, so root looks with the eyes of nobody.
    const isRoot = process.getuid?.() === 0;
    chmodSync(cwd, 0o755);
    const { code, stderr } = await runGgb(['evaluate', ...folders], { cwd, ...(isRoot ? { uid: 65534 } : {}) });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^unreadable .*: 1\n {2}generated\/b\.png: expected a file that can be opened, received EACCES\./m,
    );
  });

  it('finds out in scoring what headers do not tell, keeps the rest, and goes on from there', async () => {
    await writePairs(cwd, ['a.png', 'b.png', 'c.png']);
    const file = join(cwd, 'generated', 'b.png');
    const bytes = readFileSync(file);
    breakPixels(bytes);
    writeFileSync(file, bytes);
    const failed = await evaluate(...folders, '--json', 'out.json');
    expect(failed).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/generated\/b\.png: expected an image that can be decoded/),
    });
    expect(existsSync(join(cwd, 'out.json'))).toBe(false);
    const resumed = await evaluate(...folders, '--json', 'out.json', '--on-bad', 'skip', '--resume');
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining('2 of 3 pairs are there already.') });
    expect(parseReport('out.json', written('out.json')).pairs.map(({ name }) => name)).toEqual(['a.png', 'c.png']);
    expect(existsSync(join(cwd, 'out.json.journal'))).toBe(false);
  });

  it('names the file that scoring found broken, also one from outside the folders', async () => {
    await writePairs(cwd, ['a.png', 'b.png']);
    mkdirSync(join(cwd, 'elsewhere'));
    const outside = join(cwd, 'elsewhere', 'b.png');
    writeFileSync(outside, breakPixels(readFileSync(join(cwd, 'generated', 'b.png'))));
    writeFileSync(join(cwd, 'list.csv'), 'real,generated\nreal/a.png,generated/a.png\nreal/b.png,elsewhere/b.png\n');
    const { code, stderr } = await evaluate(...folders, '--pairs', 'list.csv');
    expect(code).toBe(2);
    expect(stderr).toContain(`\n  ${outside}: expected an image that can be decoded to its end, received `);
    expect(stderr).toContain('-> Write or copy the file again.');
  });

  it('keeps what is computed at Ctrl-C; --resume gives the report of an uninterrupted run, to the byte', async () => {
    const names = Array.from({ length: 400 }, (_, i) => `${i}.png`);
    await writePairs(cwd, names, 48);
    const args = ['evaluate', ...folders, '--json', 'out.json', '--scorer', 'portable'];
    const stopped = await runGgb(args, { cwd, environment: { NODE_OPTIONS: interruptedOnceKept } });
    expect(stopped).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringMatching(/\d+ of 400 pairs are kept/),
    });
    expect(existsSync(join(cwd, 'out.json'))).toBe(false);
    const lines = written('out.json.journal').trimEnd().split('\n');
    const kept = Number(/(\d+) of 400 pairs are kept/.exec(stopped.stderr)?.[1]);
    expect(lines).toHaveLength(kept + 1);
    const resumed = await runGgb([...args, '--resume'], { cwd });
    expect(resumed).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`${kept} of 400 pairs are there already.`),
    });
    const first = written('out.json');
    expect((await runGgb(args, { cwd })).code).toBe(0);
    expect(written('out.json')).toBe(first);
  });

  it('computes a changed file again, and refuses to go on with another protocol', async () => {
    await writePairs(cwd, ['a.png', 'b.png']);
    const [a, b] = ['a.png', 'b.png'].map((name) => ({ n: name, r: name, s: 'of another file', v: [0.125, 1, 1] }));
    const conditions = async () => {
      // The head of a journal as this very command writes it: of a run that fails in scoring.
      const file = join(cwd, 'generated', 'b.png');
      const good = readFileSync(file);
      writeFileSync(file, breakPixels(Buffer.from(good)));
      await evaluate(...folders, '--json', 'out.json');
      writeFileSync(file, good);
      return written('out.json.journal').split('\n')[0];
    };
    const head = await conditions();
    writeFileSync(join(cwd, 'out.json.journal'), `${head}\n${JSON.stringify(a)}\n${JSON.stringify(b)}\n`);
    const other = await evaluate(...folders, '--json', 'out.json', '--resume', '--protocol', 'pg2');
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot be gone on with: expected protocolHash/),
    });
    expect(await evaluate(...folders, '--json', 'out.json', '--resume')).toMatchObject({ code: 0 });
    for (const { ssim } of parseReport('out.json', written('out.json')).pairs) expect(ssim).not.toBe(0.125);
  });

  it.each([
    [
      ['--real', 'real'],
      /nothing says which images are scored: expected --real DIR --generated DIR.*received --real alone/,
    ],
    [['--real', 'real', '--generated', './real'], /--real and --generated are the same folder/],
    [['--real', 'real', '--generated', 'nowhere'], /nowhere: expected a folder of images, received nothing there/],
    [
      ['--real', 'real', '--generated', 'empty'],
      /^ggb: empty: expected a folder of images, received an empty one\.\n$/,
    ],
    [[...folders, '--protocol', 'pidm256'], /Unknown protocol "pidm256"\. Did you mean "pidm-256"\?/],
    [
      [...folders, '--metrics', 'ssim,fsim'],
      /Unknown metric "fsim"\. Did you mean "ssim"\? Known: ssim, ms-ssim.*, fid, is\./,
    ],
    [[...folders, '--metrics', 'ssim,,l1'], /--metrics has an empty name/],
    [[...folders, '--protocol', 'pg2-mask'], /the mask needs the key points of the real images/],
    [
      [...folders, '--metrics', 'ssim,fid'],
      /fid and is need the weights of a network.*\n {2}docs\/how-to\/inception-weights/,
    ],
    [[...folders, '--metrics', 'fid', '--features', 'no.safetensors'], /no\.safetensors: does not exist/],
    [
      [...folders, '--metrics', 'fid', '--features', 'w', '--csv', 'x'],
      /--csv has no meaning with fid and is alone, which score two sets, not pairs/,
    ],
    [[...folders, '--network', 'inception-pytorch-fid'], /--network has no meaning without fid and is/],
    [['--generated', 'generated', '--metrics', 'fid', '--features', 'w'], /no --real, which fid needs/],
    [[...folders, '--json', 'generated/out.json'], /generated\/out\.json: --json would lie among the images/],
    [[...folders, '--csv', 'real/new/out.csv'], /--csv would lie among the images/],
    [[...folders, '--parquet', 'link/out.parquet'], /--parquet would lie among the images/],
    [['--compare-protocols', ...folders, '--json', 'real/all.json'], /--json would lie among the images/],
    [['--pairs', 'list.csv', '--json', './list.csv'], /--json would replace a file that is read/],
    [[...folders, '--resume'], /--resume needs --json FILE/],
    [[...folders, '--allow', 'everything'], /--allow knows no such kind: expected wrong-extension, sixteen-bit/],
    [[...folders, '--maps', 'generated/maps'], /maps would lie among the images/],
    [[...folders, '--split', 'test'], /--split has no meaning with folders of images/],
    [['--run', 'r', '--csv', 'x.csv'], /--csv has no meaning with --run/],
    [[...folders, '--on-bad', 'ignore'], /Allowed choices are fail, skip, quarantine/],
    [['--compare', 'real/a.png'], /real\/a\.png: expected JSON/],
  ])('ends with 2 and says what to do: %j', async (args, message) => {
    await writePairs(cwd, ['a.png']);
    symlinkSync('generated', join(cwd, 'link'));
    mkdirSync(join(cwd, 'empty'));
    const before = readdirSync(cwd, { recursive: true } as never);
    const { code, stdout, stderr } = await evaluate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(cwd, { recursive: true } as never)).toEqual(before);
  });

  it('leaves the PSNR of equal images out of the mean, and says so', async () => {
    await writePairs(cwd, ['a.png']);
    mkdirSync(join(cwd, 'copy'));
    writeFileSync(join(cwd, 'copy', 'a.png'), readFileSync(join(cwd, 'real', 'a.png')));
    const { stdout } = await evaluate(
      '--real',
      'real',
      '--generated',
      'copy',
      '--csv',
      'out.csv',
      '--json',
      'out.json',
    );
    expect(stdout).toMatch(/^ssim +1\.0000 .*$/m);
    expect(stdout).toMatch(/^psnr +- .*1 pairs of equal images left out \(infinite\)$/m);
    expect(written('out.csv')).toMatch(/^a\.png,a\.png,1,inf,0,tf,/m);
    expect(parseReport('out.json', written('out.json')).pairs[0]).toMatchObject({ ssim: 1, psnr: null, l1: 0 });
  });
});

/** Each process folds 24 million weights and sends images through 94 convolutions: on a busy machine half a minute. */
const networkTime = 180_000;

describe('ggb evaluate with features of a network', () => {
  const weights = mkdtempSync(join(tmpdir(), 'ggb-weights-'));
  const features = ['--features', join(weights, 'random.safetensors')];
  // Random, and as if they were converted from the published file: what the label goes by.
  beforeAll(() => {
    const published = `6726825d${'0'.repeat(56)}`;
    writeFileSync(features[1] as string, randomInceptionFile('2015-12-05', { source_sha256: published }));
  });
  afterAll(() => rmSync(weights, { recursive: true }));

  it(
    'scores pairs and both sets, and keeps network, label and warnings beside the numbers',
    async () => {
      // Ten splits of an Inception Score need ten images.
      await writePairs(
        cwd,
        Array.from({ length: 10 }, (_, i) => `${i}.png`),
      );
      const args = ['--metrics', 'ssim,fid,is', ...features, '--json', 'out.json'];
      const { code, stdout } = await evaluate(...folders, ...args);
      expect(code).toBe(0);
      const report = parseReport('out.json', written('out.json'));
      expect(Object.keys(report.metrics)).toEqual(['ssim', 'fid', 'is']);
      expect(report.metrics.ssim).toMatchObject({ n: 10, interval: [expect.any(Number), expect.any(Number)] });
      expect(report.metrics.fid).toMatchObject({ n: 10, interval: null, direction: 'lower' });
      expect(report.metrics.fid?.mean).toBeGreaterThan(0);
      expect(report.metrics.is).toMatchObject({ n: 10, standardDeviation: expect.any(Number) });
      expect(report.metrics.is?.mean).toBeGreaterThanOrEqual(1);
      expect(report.protocol).toEqual({ name: 'tf', hash: protocolHash(protocols.tf) });
      const network = {
        name: 'inception-2015-12-05',
        comparable: true,
        weightsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      };
      expect(report.network).toMatchObject(network);
      expect(report.warnings).toEqual([
        expect.stringContaining('FID from 10 real images'),
        expect.stringContaining('FID from 10 generated images'),
      ]);
      expect(report.pairs[0]).toEqual({ name: '0.png', real: '0.png', ssim: expect.any(Number) });
      expect(stdout).toMatch(
        /^fid, is: features of inception-2015-12-05, weights [0-9a-f]{8}; the graph of 2015-12-05/m,
      );
    },
    networkTime,
  );

  it(
    'looks at both sets first, says what it left out, and calls an .npz file without a network not comparable',
    async () => {
      await writePairs(cwd, ['0.png', '1.png', '2.png']);
      const statistics = { mean: new Float64Array(2048), covariance: new Float64Array(2048 * 2048) };
      await writeStatistics(join(cwd, 'real.npz'), statistics);
      writeFileSync(join(cwd, 'generated', '2.png'), '');
      writeFileSync(join(cwd, 'generated', 'notes.txt'), '');
      const args = [
        ...['--real', 'real.npz', '--generated', 'generated', '--metrics', 'fid', ...features],
        ...['--json', 'out.json', '--on-bad'],
      ];
      expect(await evaluate(...args, 'fail')).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^ {2}generated\/2\.png: expected/m),
      });
      expect(existsSync(join(cwd, 'out.json'))).toBe(false);
      const { stdout } = await evaluate(...args, 'skip');
      expect(stdout).toMatch(/^fid: features of .*; not comparable: real\.npz does not say which network/m);
      const unnamed = parseReport('out.json', written('out.json'));
      expect(unnamed).toMatchObject({
        network: { name: 'inception-2015-12-05', comparable: false },
        problems: [{ kind: 'empty' }],
        metrics: { fid: { n: 2 } },
      });
      expect(unnamed.warnings).toContain('generated: left out, as no images by name or in a folder below: notes.txt.');
      // What made the file is named: the images are resized as it does, which gives another number.
      expect(await evaluate(...args, 'skip', '--network', 'inception-pytorch-fid')).toMatchObject({ code: 0 });
      const named = parseReport('out.json', written('out.json'));
      expect(named.network).toMatchObject({
        name: 'inception-pytorch-fid',
        label: expect.stringMatching(/^not comparable: pytorch-fid's resizing differs/),
      });
      expect(named.metrics.fid?.mean).not.toBe(unnamed.metrics.fid?.mean);
    },
    networkTime,
  );

  it('opens the weights before it looks at a pair', async () => {
    await writePairs(cwd, ['a.png']);
    const args = ['--metrics', 'ssim,fid', '--features', 'none.safetensors', '--json', 'out.json'];
    const { code, stderr } = await evaluate(...folders, ...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/none\.safetensors: does not exist/) });
    expect(stderr).not.toContain('Scorer:');
    expect(readdirSync(cwd).sort()).toEqual(['generated', 'real']);
  });
});

describe('ggb evaluate in words', () => {
  it('compares reports, with a warning where protocols differ', async () => {
    await writePairs(cwd, ['a.png', 'b.png']);
    for (const protocol of ['tf', 'pg2', 'ggb']) {
      await evaluate(...folders, '--metrics', 'ssim', '--protocol', protocol, '--json', `${protocol}.json`);
    }
    const different = await evaluate('--compare', 'tf.json', 'pg2.json');
    expect(different).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^WARNING: These scores are NOT comparable/),
    });
    expect(different.stdout).toMatch(/^tf\.json +tf \([0-9a-f]{8}\) +0\.\d{4} +2$/m);
    const same = await evaluate('--compare', 'pg2.json', 'ggb.json');
    expect(same).toMatchObject({ code: 0, stdout: expect.not.stringContaining('WARNING') });
  });

  it('scores the same pairs by every protocol side by side', async () => {
    await writePairs(cwd, ['a.png'], 64);
    const { code, stdout } = await evaluate('--compare-protocols', ...folders, '--json', 'all.json');
    expect(code).toBe(0);
    for (const name of Object.keys(protocols))
      expect(stdout).toMatch(new RegExp(`^${name} +[0-9a-f]{8} +(0\\.\\d{4}|-) `, 'm'));
    expect(stdout).toMatch(/^pg2-mask .*needs key points/m);
    const all: { protocols: { name: string; metrics: Record<string, { mean: number }> }[] } = JSON.parse(
      written('all.json'),
    );
    expect(new Set(all.protocols.map(({ metrics }) => metrics.ssim?.mean)).size).toBeGreaterThan(6);
  });

  it('explains a protocol, lists protocols and metrics, without any images', async () => {
    const explained = await evaluate('--explain', '--protocol', 'patn-fashion');
    expect(explained).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^padding +40 columns of 255/m),
    });
    expect((await evaluate('--compare-protocols')).stdout).toMatch(/^gfla +[0-9a-f]{8} +uniform 51x51 +sample/m);
    expect((await evaluate('--list-metrics')).stdout).toMatch(/^l1 +lower +0 to 255/m);
  });
});

/** Header and end stay whole, the compressed pixels do not. */
function breakPixels(png: Buffer): Buffer {
  const pixels = png.indexOf('IDAT') + 4;
  return png.fill(0xff, pixels + 8, pixels + 40);
}

interface ReadParquet {
  readonly rows: readonly Record<string, unknown>[];
  readonly metadata: readonly { readonly key: string; readonly value?: string }[];
}

/** In a process of its own: Jest on Node 20 cannot load the ES modules of hyparquet. */
function readParquet(file: string): ReadParquet {
  const program = `
    import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
    const file = await asyncBufferFromFile(process.argv[1]);
    const { key_value_metadata: metadata } = await parquetMetadataAsync(file);
    console.log(JSON.stringify({ rows: await parquetReadObjects({ file }), metadata }));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, file], { cwd: __dirname });
  return JSON.parse(output.toString('utf8'));
}

/**
 * Ctrl-C as soon as the first block of scores is in the journal, sent by the process to itself: whoever watches it from outside
 * may get his turn only after the last pair.
 */
const interruptedOnceKept = `--import=data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { writeSync } = fs;
  let isSent = false;
  fs.writeSync = (file, data, ...more) => {
    const written = writeSync(file, data, ...more);
    if (!isSent && String(data).startsWith('{"n":')) {
      isSent = true;
      process.kill(process.pid, 'SIGINT');
    }
    return written;
  };
  syncBuiltinESMExports();`)}`;
