import { l1, protocols, type RgbImage, ssim } from '@ggb/metrics';
import { SampleSource } from './sample-source.ts';
import type { ImageName } from './view-data.ts';

const source = new SampleSource();

/** Pixels of a BMP file without compression, 24 bits, rows from the top. */
function pixelsOf(url: string): RgbImage {
  const bytes = Buffer.from(url.slice('data:image/bmp;base64,'.length), 'base64');
  const [width, height] = [bytes.readInt32LE(18), -bytes.readInt32LE(22)];
  const row = Math.ceil((3 * width) / 4) * 4;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = bytes[54 + y * row + 3 * x + 2 - c] as number;
    }
  }
  return { data, width, height };
}

const picture = (evaluation: string, id: string, image: ImageName) =>
  pixelsOf(source.imageUrl('sample', { evaluation, id, image }));

it('has scores that its own pictures give', async () => {
  for (const evaluation of ['sample-a', 'sample-b']) {
    const { ids, metrics } = await source.results('sample', evaluation);
    for (const row of [0, 11, 23]) {
      const [output, truth] = (['output', 'truth'] as const).map((image) =>
        picture(evaluation, ids[row] as string, image),
      );
      expect(metrics.ssim?.values[row]).toBe(ssim(output as RgbImage, truth as RgbImage, protocols.tf));
      expect(metrics.l1?.values[row]).toBe(l1(output as RgbImage, truth as RgbImage));
    }
  }
});

it('has something to find: good and bad outputs, small and large pose changes, two evaluations that differ either way', async () => {
  const [a, b] = [await source.results('sample', 'sample-a'), await source.results('sample', 'sample-b')];
  const values = a.metrics.ssim?.values as number[];
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.2);
  const changes = a.poseChange as number[];
  expect(Math.max(...changes)).toBeGreaterThan(2 * Math.min(...changes));
  const differences = values.map((value, row) => (b.metrics.ssim?.values[row] as number) - value);
  expect(differences.some((difference) => difference > 0.01)).toBe(true);
  expect(differences.some((difference) => difference < -0.01)).toBe(true);
});

it('is the same in every page, and has every picture that its table names', async () => {
  const { ids, images } = await source.results('sample');
  const other = new SampleSource();
  for (const { name } of images) {
    const key = { evaluation: 'sample-a', id: ids[5] as string, image: name };
    expect(other.imageUrl('sample', key)).toBe(source.imageUrl('sample', key));
    expect(new Set(picture('sample-a', ids[5] as string, name).data).size).toBeGreaterThan(5);
  }
});

it('refuses what it has not', async () => {
  await expect(source.run('sample')).rejects.toThrow('the sample has no training');
  await expect(source.results('other')).rejects.toThrow('There is no evaluation');
  expect(() => source.imageUrl('sample', { evaluation: 'sample-a', id: 'figure-99', image: 'output' })).toThrow(
    'no pair figure-99',
  );
});
