import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@ggb/native-ops/tf';
import { resolveConfig } from '../config/presets.ts';
import { GuidingModel } from './guiding-model.ts';
import { criticStride, mapSizes } from './map-sizes.ts';
import { randomWeights } from './weight-init.ts';

const sizesOf = (size: number) => mapSizes(resolveConfig({ image: { size } }));

/** The row of a size in the table of docs/model.md. */
function tableRow(size: number): string {
  const { encoder, decoder, discriminator, blocks } = sizesOf(size);
  const levels = [...blocks].map(
    ([level, block]) => `n = ${level}: ${block.image} → ${block.encoder.join(', ')} → ${block.critics.join(', ')}`,
  );
  return `| ${size} | ${encoder.length} | ${encoder.join(', ')} | ${decoder.join(', ')} | ${discriminator.join(', ')} | ${levels.join('; ')} |`;
}

describe('the sizes of the feature maps', () => {
  it('are the paper’s at 256 pixels: levels 4, 5, 6 draw 32, 64 and 128 pixels', () => {
    const { encoder, decoder, blocks } = sizesOf(256);
    expect(encoder).toEqual([128, 64, 32, 16, 8, 4, 2]);
    expect(decoder).toEqual([4, 8, 16, 32, 64, 128, 256]);
    expect([...blocks].map(([level, { image }]) => [level, image])).toEqual([
      [4, 32],
      [5, 64],
      [6, 128],
    ]);
  });

  it('never halve a critic’s map of 4 or fewer pixels', () => {
    expect([1, 2, 4, 5, 8].map(criticStride)).toEqual([1, 1, 1, 2, 2]);
    for (const size of [32, 64, 128, 256]) {
      for (const { critics } of sizesOf(size).blocks.values()) {
        for (const side of critics) expect(side).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it.each([32, 64, 128, 256])('stand in docs/model.md for %d pixels', (size) => {
    const page = readFileSync(join(__dirname, '../../../../docs/model.md'), 'utf8');
    // The formatter pads cells to equal widths.
    expect(page.replace(/ +/g, ' ')).toContain(tableRow(size));
  });

  it.each([32, 64])('are what the networks make of %d pixels', (size) => {
    const config = resolveConfig({
      image: { size },
      model: {
        generator: { baseChannels: 2, maxChannels: 3 },
        discriminator: { baseChannels: 2, maxChannels: 3 },
        guidingBlock: { encoderChannels: [2, 3], criticChannels: [2, 3] },
      },
    });
    tf.tidy(() => {
      const model = new GuidingModel(config, randomWeights('normal', 0));
      const sizes = mapSizes(config);
      const image = tf.zeros([1, size, size, 3]) as tf.Tensor4D;
      const condition = tf.zeros([1, size, size, 18]) as tf.Tensor4D;
      const { image: output, levels } = model.generator.forward(image, condition);
      expect(output.shape).toEqual([1, size, size, 3]);
      expect(model.discriminator.logits(image).shape).toEqual([
        1,
        sizes.discriminator.at(-1),
        sizes.discriminator.at(-1),
        1,
      ]);
      for (const [level, block] of model.blocks) {
        const expected = sizes.blocks.get(level);
        const drawn = levels.get(level) as tf.Tensor4D;
        expect(drawn.shape).toEqual([1, expected?.image, expected?.image, 3]);
        const encoded = block.encode(drawn);
        expect(encoded.shape).toEqual([1, expected?.encoder[1], expected?.encoder[1], 3]);
        expect(block.rapd?.logits(encoded).shape).toEqual([1, expected?.critics[2], expected?.critics[2], 1]);
        expect(block.nvtd?.logits(encoded).shape).toEqual([1, expected?.critics[2], expected?.critics[2], 1]);
      }
      model.dispose();
    });
  });
});
