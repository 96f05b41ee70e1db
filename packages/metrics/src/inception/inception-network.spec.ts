import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { checkPrecisionPage, MeasuredErrors } from '../../../../tools/testing/precision-page.ts';
import { drawnImage, randomInceptionFile, randomInceptionTensors } from '../../testing/drawn-numbers.ts';
import golden from '../../testing/golden/inception.golden.json' with { type: 'json' };
import type { FeatureNetwork } from '../features/feature-network.ts';
import { type InceptionName, inceptionNetwork } from './inception-network.ts';
import type { FeatureLayer } from './inception-v3.ts';
import { type InceptionWeights, parseInceptionWeights } from './inception-weights.ts';
import { loadInception } from './load-inception.ts';

// Networks with random weights, the same in both languages. Their activations are about 1 and agree with PyTorch's to some 1e-6:
// 94 convolutions of up to 4,000 products summed in float32, in another order. The task's bound is 1e-4.
const tolerance = { absolute: 1e-4, relative: 1e-4 };

const errors = new MeasuredErrors();

/** Compares, and keeps the worst |received - expected| / (1 + |expected|), to which the tolerance is a bound. */
function expectClose(metric: string, reference: string, received: readonly number[], expected: readonly number[]) {
  const versions = golden.origin.replace(/, through .*/, '');
  const error = received.reduce((worst, value, i) => {
    const wanted = expected[i] as number;
    return Math.max(worst, Math.abs(value - wanted) / (1 + Math.abs(wanted)));
  }, 0);
  errors.record({ metric, reference, versions, tolerance: tolerance.absolute, error });
  expect(received).toBeAllClose(expected, tolerance);
}

interface GoldenCase {
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly features: readonly number[];
  readonly logits?: readonly number[];
  readonly '64'?: readonly number[];
  readonly '192'?: readonly number[];
  readonly '768'?: readonly number[];
}

const networks = new Map<InceptionName, FeatureNetwork>();
let weights2015: InceptionWeights;

beforeAll(() => {
  weights2015 = parseInceptionWeights(randomInceptionFile('2015-12-05'), 'random');
  const torchvision = parseInceptionWeights(randomInceptionFile('torchvision'), 'random');
  for (const network of ['inception-2015-12-05', 'inception-pytorch-fid'] as const) {
    networks.set(network, inceptionNetwork(weights2015, 'hash', { network }));
  }
  networks.set('inception-v3-torchvision', inceptionNetwork(torchvision, 'hash'));
});

afterAll(() => {
  for (const network of networks.values()) network.dispose();
  expect(tf.memory().numTensors).toBe(0);
});

/** Every so many-th value, as the golden files keep them. */
function some(values: Float32Array, count: number): number[] {
  const step = Math.floor(values.length / count);
  return Array.from(values).filter((_, i) => i % step === 0);
}

const images = ({ image, width, height }: GoldenCase) => [drawnImage(image, width, height)];

describe('the weights that both languages draw', () => {
  it('are the same to the bit, through the converting script too', () => {
    const tensors = randomInceptionTensors('2015-12-05');
    const digest = createHash('sha256');
    for (const name of [...tensors.keys()].sort()) digest.update(tensors.get(name)?.data as Uint8Array);
    expect(digest.digest('hex')).toBe(golden.convertedChecksum);
  });
});

describe.each([
  ['inception-2015-12-05', 'torch-fidelity'],
  ['inception-pytorch-fid', 'pytorch-fid'],
  ['inception-v3-torchvision', 'torchvision'],
] as const)('%s', (name, peer) => {
  const cases: readonly GoldenCase[] = golden[name];

  it.each(cases)(`has the features and logits of ${peer} for $image of $width x $height`, async (example) => {
    const network = networks.get(name) as FeatureNetwork;
    const { features, logits } = await network.extract(images(example));
    expectClose(`${name}, features`, peer, some(features, 64), example.features);
    expect(features).toHaveLength(network.dimensions);
    expect(logits).toHaveLength(network.classes);
    if (example.logits !== undefined) {
      const received = some(logits, name === 'inception-v3-torchvision' ? 40 : 42);
      expectClose(`${name}, logits`, peer, received, example.logits);
    }
  });
});

describe('inceptionNetwork', () => {
  it.each([64, 192, 768] as const)(
    'takes features of %d dimensions where torch-fidelity does',
    async (featureLayer) => {
      const network = inceptionNetwork(weights2015, 'hash', { featureLayer: featureLayer as FeatureLayer });
      const example = golden['inception-2015-12-05'][0] as GoldenCase;
      const { features, logits } = await network.extract(images(example));
      network.dispose();
      const layer = `inception-2015-12-05, ${featureLayer} features`;
      expectClose(layer, 'torch-fidelity', some(features, 16), example[`${featureLayer}`] as number[]);
      expect(logits).toHaveLength(0);
    },
  );

  it('gives each image the features it has alone, whatever the sizes of the others', async () => {
    const network = networks.get('inception-2015-12-05') as FeatureNetwork;
    const cases: readonly GoldenCase[] = golden['inception-2015-12-05'];
    const together = await network.extract(cases.flatMap(images));
    const alone = await network.extract(images(cases[1] as GoldenCase));
    // Convolutions may be divided otherwise for another batch: the last bits of float32 may differ.
    expect(together.features.slice(2048, 4096)).toBeAllClose(alone.features, { absolute: 1e-5, relative: 1e-5 });
  });

  it('calls nothing comparable but the published weights of the 2015 graph, whole', () => {
    const published: InceptionWeights = { ...weights2015, convertedFrom: `6726825d${'0'.repeat(56)}` };
    const comparability = (weights: InceptionWeights, options = {}) => {
      const network = inceptionNetwork(weights, 'hash', options);
      network.dispose();
      return network.comparability;
    };
    expect(comparability(published).comparable).toBe(true);
    expect(comparability(weights2015).reason).toContain('not comparable: the weights are not converted from');
    expect(comparability(published, { featureLayer: 768 }).reason).toContain(
      'not comparable: features are taken at 768',
    );
    const resized = comparability(published, { network: 'inception-pytorch-fid' });
    expect(resized).toEqual({ comparable: false, reason: expect.stringContaining("pytorch-fid's resizing") });
    expect(networks.get('inception-v3-torchvision')?.comparability.comparable).toBe(false);
  });

  it('refuses a network that the weights do not fit', () => {
    expect(() => inceptionNetwork(weights2015, 'hash', { network: 'inception-v3-torchvision' })).toThrow(
      'weights: network: expected weights that fit inception-v3-torchvision, received those of the graph 2015-12-05',
    );
  });
});

describe('loadInception', () => {
  it('reads weights by path, and names their SHA-256 and what they were converted from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ggb-inception-'));
    try {
      const path = join(folder, 'weights.safetensors');
      const bytes = randomInceptionFile('torchvision', { source_sha256: '0cc3c7bd' });
      writeFileSync(path, bytes);
      const network = await loadInception(path);
      network.dispose();
      expect(network.name).toBe('inception-v3-torchvision');
      expect(network.weightsSha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(network.comparability.reason).toContain('not comparable');
      await expect(loadInception(join(folder, 'none'))).rejects.toThrow('ENOENT');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('docs/precision.md', () => {
  it('says of the features what was measured', () => {
    checkPrecisionPage('inception features', errors.rows, 'npx nx run metrics:precision');
  });
});
