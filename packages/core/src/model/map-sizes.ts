// Sides of all feature maps, from the padding rule alone: what the networks must have and what docs/model.md shows.
import { levelSide } from '../config/resolve-network.ts';

/** Critics halve a map only while its side is above this, else a 4x4 kernel would see more padding than map. */
const smallestHalved = 4;

export function criticStride(side: number): 1 | 2 {
  return side > smallestHalved ? 2 : 1;
}

export interface MapSizes {
  /** After each convolution of G's encoder, then after each deconvolution. */
  readonly encoder: readonly number[];
  readonly decoder: readonly number[];
  readonly discriminator: readonly number[];
  readonly blocks: ReadonlyMap<
    number,
    { readonly image: number; readonly encoder: readonly number[]; readonly critics: readonly number[] }
  >;
}

export function mapSizes(network: {
  readonly image: { readonly size: number };
  readonly model: {
    readonly levels: number;
    readonly guidedLevels: readonly number[];
    readonly discriminator: { readonly layers: number };
  };
}): MapSizes {
  const { size } = network.image;
  const { levels, guidedLevels, discriminator } = network.model;
  const encoder = halvings(size, levels);
  return {
    encoder,
    decoder: Array.from({ length: levels }, (_, n) => levelSide(size, levels, n + 1)),
    discriminator: halvings(size, discriminator.layers),
    blocks: new Map(
      guidedLevels.map((level) => {
        const image = levelSide(size, levels, level);
        const encoded = halvings(image, 2);
        const critics: number[] = [];
        let side = encoded[1] as number;
        for (let layer = 0; layer < 3; layer += 1) {
          side = Math.ceil(side / criticStride(side));
          critics.push(side);
        }
        return [level, { image, encoder: encoded, critics }];
      }),
    ),
  };
}

function halvings(side: number, count: number): number[] {
  return Array.from({ length: count }, (_, layer) => Math.ceil(side / 2 ** (layer + 1)));
}
