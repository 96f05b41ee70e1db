// What a checkpoint must know to rebuild the networks. Every default that the paper does not state is marked
// [reconstructed]; the ones it states are marked [stated] with their place.
import { z } from 'zod';

const channels = z.int().min(1).max(4096);
const kernelSize = z.int().min(1).max(7);
const norm = z.enum(['batch', 'instance', 'none']);

/** How a target variation becomes the map c of section 2.1. The encoding is lost from the paper: all [reconstructed]. */
export const conditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('keypoints'),
    /** One plane a joint: discs in -1/+1 (as PG2 draws them), Gaussians in 0..1; or limbs: one plane a bone, -1/+1. */
    map: z.enum(['discs', 'gaussians', 'limbs']).default('discs'),
    /** Disc radius, Gaussian sigma or half limb width in pixels of a 256-pixel image; scaled with the image. */
    radiusAt256: z.number().positive().max(64).default(4),
    /** Also give G the pose of the source, as as many planes again. */
    sourceKeypoints: z.boolean().default(false),
  }),
  /** A vector of numbers; each becomes a constant plane. One-hot labels are vectors of 0 and 1. */
  z.strictObject({ kind: z.literal('label'), length: z.int().min(1).max(1024) }),
  /** An RGB image of the size of the source, in -1..1. */
  z.strictObject({ kind: z.literal('image') }),
]);

export const generatorSchema = z.strictObject({
  /** [reconstructed] Channels of the first encoder level; doubled each level up to `maxChannels`. */
  baseChannels: channels.default(64),
  maxChannels: channels.default(512),
  /** [reconstructed] 4x4 in every convolution and deconvolution; the stride of 2 is [stated] in section 2.1. */
  kernelSize: kernelSize.default(4),
  /** [reconstructed] Not on the first and the innermost convolution, not on the last deconvolution. */
  norm: norm.default('batch'),
  /** [reconstructed] Rate of dropout after the first `dropoutLevels` deconvolutions; off at inference. */
  dropout: z.number().min(0).lt(1).default(0.5),
  dropoutLevels: z.int().min(0).max(16).default(3),
  /** [reconstructed] Kernel of the convolution that draws the image of level n from its feature f^n. */
  headKernelSize: kernelSize.default(3),
});

export const discriminatorSchema = z.strictObject({
  /** [stated] Section 2.1: 5 convolutions of stride 2. Channels and kernel are [reconstructed]. */
  layers: z.int().min(2).max(8).default(5),
  baseChannels: channels.default(64),
  maxChannels: channels.default(512),
  kernelSize: kernelSize.default(4),
  /** [reconstructed] Not on the first and the last convolution. */
  norm: norm.default('batch'),
});

export const guidingBlockSchema = z.strictObject({
  /** [stated] Section 2.2: E has two convolutions, 4x4, stride 2. Its channels are [reconstructed]. */
  encoderChannels: z.tuple([channels, channels]).default([64, 128]),
  encoderKernelSize: kernelSize.default(4),
  /** [stated] Section 2.2: RAPD and NVTD have 3 convolutions; the third has one output channel, all else [reconstructed]. */
  criticChannels: z.tuple([channels, channels]).default([256, 512]),
  criticKernelSize: kernelSize.default(4),
  /** [reconstructed] On the middle convolution of the critics only; never in E, so that the residual of x and x is 0. */
  criticNorm: norm.default('batch'),
});

export const modelSchema = z.strictObject({
  /** Number N of encoder and of decoder levels. [stated] 7 at 256 pixels; else log2(size) - 1. */
  levels: z.int().min(2).max(10).optional(),
  /** Decoder levels n (1..N-1) with a guiding block. [stated] 4, 5, 6 of 7; default: the last three before the output. */
  guidedLevels: z.array(z.int().min(1).max(9)).max(9).optional(),
  /** Ablation switches of table 2. */
  rapd: z.boolean().default(true),
  nvtd: z.boolean().default(true),
  generator: generatorSchema.prefault({}),
  discriminator: discriminatorSchema.prefault({}),
  guidingBlock: guidingBlockSchema.prefault({}),
  /** [reconstructed] How y^n and x^n are made from y and x. */
  downsizing: z.enum(['area', 'bilinear']).default('area'),
  /** [reconstructed] `normal`: N(0, 0.02), the DCGAN family's. `uniform`: U(-k, k), k = 1/sqrt(fan in), PyTorch's default. */
  initialisation: z.enum(['normal', 'uniform']).default('normal'),
});

export const imageSchema = z.strictObject({
  /** Side of the square images in pixels, a power of two. */
  size: z
    .int()
    .min(16)
    .max(1024)
    .refine((size) => (size & (size - 1)) === 0, 'must be a power of two: 32, 64, 128, 256, ...')
    .default(256),
});

export type ConditionConfig = z.infer<typeof conditionSchema>;
export type GeneratorConfig = z.infer<typeof generatorSchema>;
export type DiscriminatorConfig = z.infer<typeof discriminatorSchema>;
export type GuidingBlockConfig = z.infer<typeof guidingBlockSchema>;
export type Norm = z.infer<typeof norm>;

/** All that decides the shape and the meaning of the weights. Stored in every checkpoint. */
export const networkSchema = z.strictObject({
  image: imageSchema.prefault({}),
  condition: conditionSchema.prefault({ kind: 'keypoints' }),
  model: modelSchema.prefault({}),
});

/** {@link networkSchema} with levels and guided levels worked out and checked. */
export interface NetworkConfig {
  readonly image: { readonly size: number };
  readonly condition: ConditionConfig;
  readonly model: z.infer<typeof modelSchema> & { readonly levels: number; readonly guidedLevels: readonly number[] };
}
