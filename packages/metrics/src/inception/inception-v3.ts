// Inception-v3, written once for anything that can play its layers: tensors, or the shapes of its weights. Szegedy et al. 2016,
// "Rethinking the Inception Architecture for Computer Vision"; names of layers as in torchvision, which published weights use.
//
// Three graphs carry the name. That of 2015-12-05, which Inception Score and FID were defined on, does not count padding in its
// averages, and its last block takes the maximum where all others average. torchvision's averages over padding too.

/** What the network is made of. `T` is an image batch [N, H, W, C] on its way. */
export interface InceptionLayers<T> {
  /** Convolution without bias, batch normalisation (epsilon 0.001), relu. */
  convolution(x: T, name: string, channels: number, kernel: readonly [number, number], options?: ConvolutionOptions): T;
  /** 3 x 3, stride 2, no padding. */
  reduceByMaximum(x: T): T;
  /** 3 x 3, stride 1, size kept. */
  maximum(x: T): T;
  /** 3 x 3, stride 1, size kept. With `countsPadding`, always of nine values, the ones outside being zero. */
  average(x: T, countsPadding: boolean): T;
  concatenate(parts: readonly T[]): T;
}

export interface ConvolutionOptions {
  readonly stride?: 1 | 2;
  /** 'valid' for no padding; else the size is kept. Convolutions of stride 2 have none. */
  readonly padding?: 'same' | 'valid';
}

export type InceptionGraph = '2015-12-05' | 'torchvision';

/** Where features can be taken, by their number: after either first pooling, before the last reduction, at the end. */
export const featureLayers = [64, 192, 768, 2048] as const;
export type FeatureLayer = (typeof featureLayers)[number];

/**
 * From an image batch [N, 299, 299, 3] in [-1, 1] to the activations whose means over the image are the features: [N, 73, 73, 64],
 * [N, 35, 35, 192], [N, 17, 17, 768] or [N, 8, 8, 2048]. Runs no further than `until`.
 */
export function inceptionV3<T>(layers: InceptionLayers<T>, images: T, graph: InceptionGraph, until: FeatureLayer): T {
  const { convolution, concatenate } = layers;
  const countsPadding = graph === 'torchvision';
  const poolBranch = (x: T, name: string, channels: number) =>
    convolution(layers.average(x, countsPadding), `${name}.branch_pool`, channels, [1, 1]);

  let x = convolution(images, 'Conv2d_1a_3x3', 32, [3, 3], { stride: 2, padding: 'valid' });
  x = convolution(x, 'Conv2d_2a_3x3', 32, [3, 3], { padding: 'valid' });
  x = convolution(x, 'Conv2d_2b_3x3', 64, [3, 3]);
  x = layers.reduceByMaximum(x);
  if (until === 64) return x;
  x = convolution(x, 'Conv2d_3b_1x1', 80, [1, 1]);
  x = convolution(x, 'Conv2d_4a_3x3', 192, [3, 3], { padding: 'valid' });
  x = layers.reduceByMaximum(x);
  if (until === 192) return x;
  x = blockA(x, 'Mixed_5b', 32);
  x = blockA(x, 'Mixed_5c', 64);
  x = blockA(x, 'Mixed_5d', 64);
  x = blockB(x, 'Mixed_6a');
  x = blockC(x, 'Mixed_6b', 128);
  x = blockC(x, 'Mixed_6c', 160);
  x = blockC(x, 'Mixed_6d', 160);
  x = blockC(x, 'Mixed_6e', 192);
  if (until === 768) return x;
  x = blockD(x, 'Mixed_7a');
  x = blockE(x, 'Mixed_7b', layers.average(x, countsPadding));
  return blockE(x, 'Mixed_7c', graph === '2015-12-05' ? layers.maximum(x) : layers.average(x, countsPadding));

  function blockA(input: T, name: string, poolChannels: number): T {
    let five = convolution(input, `${name}.branch5x5_1`, 48, [1, 1]);
    five = convolution(five, `${name}.branch5x5_2`, 64, [5, 5]);
    let three = convolution(input, `${name}.branch3x3dbl_1`, 64, [1, 1]);
    three = convolution(three, `${name}.branch3x3dbl_2`, 96, [3, 3]);
    three = convolution(three, `${name}.branch3x3dbl_3`, 96, [3, 3]);
    const one = convolution(input, `${name}.branch1x1`, 64, [1, 1]);
    return concatenate([one, five, three, poolBranch(input, name, poolChannels)]);
  }

  function blockB(input: T, name: string): T {
    const three = convolution(input, `${name}.branch3x3`, 384, [3, 3], { stride: 2, padding: 'valid' });
    let twice = convolution(input, `${name}.branch3x3dbl_1`, 64, [1, 1]);
    twice = convolution(twice, `${name}.branch3x3dbl_2`, 96, [3, 3]);
    twice = convolution(twice, `${name}.branch3x3dbl_3`, 96, [3, 3], { stride: 2, padding: 'valid' });
    return concatenate([three, twice, layers.reduceByMaximum(input)]);
  }

  function blockC(input: T, name: string, channels: number): T {
    let seven = convolution(input, `${name}.branch7x7_1`, channels, [1, 1]);
    seven = convolution(seven, `${name}.branch7x7_2`, channels, [1, 7]);
    seven = convolution(seven, `${name}.branch7x7_3`, 192, [7, 1]);
    let twice = convolution(input, `${name}.branch7x7dbl_1`, channels, [1, 1]);
    twice = convolution(twice, `${name}.branch7x7dbl_2`, channels, [7, 1]);
    twice = convolution(twice, `${name}.branch7x7dbl_3`, channels, [1, 7]);
    twice = convolution(twice, `${name}.branch7x7dbl_4`, channels, [7, 1]);
    twice = convolution(twice, `${name}.branch7x7dbl_5`, 192, [1, 7]);
    const one = convolution(input, `${name}.branch1x1`, 192, [1, 1]);
    return concatenate([one, seven, twice, poolBranch(input, name, 192)]);
  }

  function blockD(input: T, name: string): T {
    let three = convolution(input, `${name}.branch3x3_1`, 192, [1, 1]);
    three = convolution(three, `${name}.branch3x3_2`, 320, [3, 3], { stride: 2, padding: 'valid' });
    let seven = convolution(input, `${name}.branch7x7x3_1`, 192, [1, 1]);
    seven = convolution(seven, `${name}.branch7x7x3_2`, 192, [1, 7]);
    seven = convolution(seven, `${name}.branch7x7x3_3`, 192, [7, 1]);
    seven = convolution(seven, `${name}.branch7x7x3_4`, 192, [3, 3], { stride: 2, padding: 'valid' });
    return concatenate([three, seven, layers.reduceByMaximum(input)]);
  }

  function blockE(input: T, name: string, pooled: T): T {
    const one = convolution(input, `${name}.branch1x1`, 320, [1, 1]);
    const three = convolution(input, `${name}.branch3x3_1`, 384, [1, 1]);
    const threeWide = convolution(three, `${name}.branch3x3_2a`, 384, [1, 3]);
    const threeHigh = convolution(three, `${name}.branch3x3_2b`, 384, [3, 1]);
    let twice = convolution(input, `${name}.branch3x3dbl_1`, 448, [1, 1]);
    twice = convolution(twice, `${name}.branch3x3dbl_2`, 384, [3, 3]);
    const twiceWide = convolution(twice, `${name}.branch3x3dbl_3a`, 384, [1, 3]);
    const twiceHigh = convolution(twice, `${name}.branch3x3dbl_3b`, 384, [3, 1]);
    const pool = convolution(pooled, `${name}.branch_pool`, 192, [1, 1]);
    return concatenate([one, threeWide, threeHigh, twiceWide, twiceHigh, pool]);
  }
}

/** Classes of the last layer: the graph of 2015 has 1,008 of which 1,000 and a background are in use. */
export const classesOf: Readonly<Record<InceptionGraph, number>> = { '2015-12-05': 1008, torchvision: 1000 };

/** The shape of every tensor that the graph needs, by its published name, in PyTorch's order of dimensions. */
export function inceptionWeightShapes(graph: InceptionGraph): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const channelsOnly: InceptionLayers<number> = {
    convolution(input, name, channels, [height, width]) {
      shapes.set(`${name}.conv.weight`, [channels, input, height, width]);
      for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
        shapes.set(`${name}.bn.${part}`, [channels]);
      return channels;
    },
    reduceByMaximum: (channels) => channels,
    maximum: (channels) => channels,
    average: (channels) => channels,
    concatenate: (parts) => parts.reduce((sum, channels) => sum + channels, 0),
  };
  const features = inceptionV3(channelsOnly, 3, graph, 2048);
  shapes.set('fc.weight', [classesOf[graph], features]);
  shapes.set('fc.bias', [classesOf[graph]]);
  return shapes;
}
