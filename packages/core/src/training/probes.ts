// A few pairs that a run draws again and again, to show its progress on the same pictures.
import * as tf from '@ggb/native-ops/tf';
import type { NetworkConfig } from '../config/model-config.ts';
import type { Batch } from '../dataset/batch.ts';
import type { RgbImage, VariationInput } from '../dataset/example.ts';
import { bytesOfMinusOneToOne } from '../dataset/pixel-range.ts';
import { Generator } from '../model/generator.ts';
import type { WeightSource } from '../model/weights.ts';
import { type SampleRow, sampleGrid } from '../run-folder/sample-grid.ts';

export interface Probes {
  /** The pairs as G sees them. */
  readonly batch: Batch;
  /** What to draw of each condition; as many as the batch has pairs. */
  readonly variations: readonly VariationInput[];
}

/** The grid of the probes as G draws them with these weights, a PNG. The batch stays the caller's. */
export async function drawProbes(network: NetworkConfig, weights: WeightSource, probes: Probes): Promise<Uint8Array> {
  const { source, target, condition } = probes.batch;
  const generator = new Generator(network, weights);
  const image = tf.tidy(() => generator.forward(source, condition).image);
  generator.dispose();
  const outputs = await rgbImages(image).finally(() => image.dispose());
  const [sources, truths] = [await rgbImages(source), await rgbImages(target)];
  const rows = outputs.map((output, index): SampleRow => {
    const [own, truth, variation] = [sources[index], truths[index], probes.variations[index]];
    if (own === undefined || truth === undefined || variation === undefined) {
      throw new Error(`drawProbes: ${outputs.length} pairs, but ${probes.variations.length} variations.`);
    }
    return { source: own, variation, output, truth };
  });
  return sampleGrid(rows);
}

/** [N, side, side, 3] in -1..1 to N images; what lies outside is clipped. */
async function rgbImages(images: tf.Tensor4D): Promise<RgbImage[]> {
  const [count, height, width] = images.shape;
  const bytes = bytesOfMinusOneToOne((await images.data()) as Float32Array);
  const size = 3 * height * width;
  return Array.from({ length: count }, (_, index) => {
    return { data: bytes.subarray(index * size, (index + 1) * size), width, height };
  });
}
