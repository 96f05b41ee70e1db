// What the heads of the guided levels draw, coarse to fine, beside the output and the truth. The Synthesizer gives the
// output alone, because nobody but this picture needs more.
import {
  bytesOfMinusOneToOne,
  type Example,
  Generator,
  loadGeneratorCheckpoint,
  makeBatch,
  type RgbImage,
  weightsFrom,
} from '@ggb/core';
import * as tf from '@ggb/native-ops/tf';

/** A row for each example: x̂^n for each guided level n, x̂, y. */
export async function drawLevels(checkpointFile: string, examples: readonly Example[]): Promise<RgbImage[][]> {
  const checkpoint = await loadGeneratorCheckpoint(checkpointFile, { weights: 'average' });
  const generator = new Generator(checkpoint.network, weightsFrom(checkpoint.tensors));
  const batch = makeBatch(examples, checkpoint.network);
  try {
    const drawn = tf.tidy(() => {
      const { levels, image } = generator.forward(batch.source, batch.condition);
      return [...levels.values(), image];
    });
    const columns = await Promise.all(drawn.map(imagesOf));
    tf.dispose(drawn);
    return examples.map(({ target }, row) => [...columns.map((column) => column[row] as RgbImage), target]);
  } finally {
    tf.dispose([batch.source, batch.target, batch.condition]);
    generator.dispose();
  }
}

async function imagesOf(tensor: tf.Tensor4D): Promise<RgbImage[]> {
  const [count, height, width] = tensor.shape;
  const bytes = bytesOfMinusOneToOne((await tensor.data()) as Float32Array);
  const size = 3 * height * width;
  return Array.from({ length: count }, (_, index) => ({
    data: bytes.slice(index * size, (index + 1) * size),
    width,
    height,
  }));
}
