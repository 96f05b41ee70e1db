import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { drawnFeatures } from '../../testing/drawn-numbers.ts';
import golden from '../../testing/golden/frechet.golden.json' with { type: 'json' };
import { FeatureStatistics } from './feature-statistics.ts';
import { formatStatistics, parseStatistics, readStatistics, writeStatistics } from './statistics-file.ts';

const { rows, dimensions, seed, ...files } = golden.files;
const statistics = new FeatureStatistics(dimensions);
statistics.add(drawnFeatures(rows, dimensions, seed, 0));
const expected = statistics.result();

function array(descr: string, shape: string, data: Uint8Array): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
    Buffer.from(header),
    data,
  ]);
}

describe('statistics as .npz', () => {
  it.each(['stored', 'deflated'] as const)('are read from what pytorch-fid writes, %s', (kind) => {
    const read = parseStatistics(new Uint8Array(Buffer.from(files[kind], 'base64')), 'file.npz');
    // NumPy sums in another order.
    expect(read.mean).toBeAllClose(expected.mean, { absolute: 0, relative: 1e-13 });
    expect(read.covariance).toBeAllClose(expected.covariance, { absolute: 1e-15, relative: 1e-12 });
    expect(read.count).toBeUndefined();
  });

  it('come back with the same bits and the number of images', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ggb-statistics-'));
    try {
      await writeStatistics(join(folder, 'a.npz'), expected);
      expect(await readStatistics(join(folder, 'a.npz'))).toEqual(expected);
      expect(readdirSync(folder)).toEqual(['a.npz']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are the same bytes for the same statistics', () => {
    expect(formatStatistics(expected)).toEqual(formatStatistics(expected));
  });

  const good = array('<f8', '(1,)', new Uint8Array(8));
  it.each([
    ['what is no zip', Buffer.from('mu, sigma'), 'expected an .npz file, received one that cannot be unpacked'],
    ['one without sigma', zipSync({ 'mu.npy': good }), 'expected an array sigma, received none'],
    ['sizes that do not fit', zipSync({ 'mu.npy': good, 'sigma.npy': good }), 'received mu [1] and sigma [1]'],
    [
      'data that are cut',
      zipSync({ 'mu.npy': array('<f8', '(2,)', new Uint8Array(8)), 'sigma.npy': good }),
      'f.npz: mu: expected 16 bytes of data for [2], received 8',
    ],
    [
      'a pickled object',
      zipSync({ 'mu.npy': array('|O', '(1,)', new Uint8Array(8)), 'sigma.npy': good }),
      'expected float64 or float32, little-endian, received |O',
    ],
    [
      'values that are not finite',
      zipSync({
        'mu.npy': array('<f4', '(1,)', new Uint8Array(Float32Array.of(Number.NaN).buffer)),
        'sigma.npy': array('<f8', '(1, 1)', new Uint8Array(8)),
      }),
      'expected finite values',
    ],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => parseStatistics(bytes, 'f.npz')).toThrow(message);
    expect(() => parseStatistics(bytes, 'f.npz')).toThrow('f.npz');
  });
});
