// The one schema of a training run. presets.ts has the presets; a run's resolved config names every value.
import { z } from 'zod';
import { conditionSchema, imageSchema, modelSchema, type NetworkConfig } from './model-config.ts';

export const dataSchema = z.strictObject({
  /** A manifest (.jsonl or .csv), or a folder with pairs.jsonl in it. */
  path: z.string().min(1).optional(),
  /** Only pairs of this split are trained on, where the manifest has splits. */
  split: z.string().default('train'),
  /** Pairs of this split are what probes and evaluation use. */
  evaluationSplit: z.string().default('test'),
  /** Our own additions, off in the paper's presets. Both images of a pair are changed alike. */
  augmentation: z
    .strictObject({
      /** Mirror half of the pairs left-right, joints swapped with their partners. Key points only. */
      flip: z.boolean().default(false),
      /** Turn the hue of half of the pairs by a random angle around the grey axis: grey stays grey. */
      hue: z.boolean().default(false),
    })
    .prefault({}),
  /** Decoded images are kept in memory up to this many MiB; the rest is decoded again each time. */
  cacheMiB: z.number().min(0).default(2048),
});

export const lossSchema = z.strictObject({
  /** lambda_real of equation 4. [stated] one of the three is 0.02, two are 0.01; which is which is [reconstructed]. */
  adversarialWeight: z.number().min(0).default(0.02),
  /** lambda_R of equation 9, on the loss that fools RAPD. */
  appearanceWeight: z.number().min(0).default(0.01),
  /** lambda_V of equation 9, on the loss that fools NVTD. */
  variationWeight: z.number().min(0).default(0.01),
  /**
   * Weight of both block losses by level, one for each guided level, in the order of the levels from coarse to fine, however
   * `model.guidedLevels` is written; default 1 for each. A preset's follow the guided levels.
   */
  levelWeights: z.array(z.number().min(0)).optional(),
  /** Weight of the L1 term, mean over pixels in [-1, 1], on every level. [stated] 1 (no symbol before it). */
  reconstructionWeight: z.number().min(0).default(1),
});

export const optimisationSchema = z.strictObject({
  /** Stop after this many iterations. */
  steps: z.int().min(1).default(100_000),
  /** Also stop after this many minutes of training. The length of such a run depends on the machine. */
  minutes: z.number().positive().optional(),
  batchSize: z.int().min(1).max(1024).default(8),
  /** [stated] Section 3.2: Adam, 2e-4, 0.5, 0.999. */
  learningRate: z.number().positive().default(2e-4),
  /** Rate of the update on equation 9; default: the same. */
  guidedLearningRate: z.number().positive().optional(),
  beta1: z.number().min(0).lt(1).default(0.5),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** `second-half`: constant for half of the run, then linear to 0. */
  decay: z.enum(['none', 'second-half']).default('none'),
  /**
   * `literal`: section 2.3, G is updated on (9), then, after a fresh forward pass, on (4), each with an Adam of its own.
   * `fused`: one update on the sum. Cheaper per iteration and not the paper's algorithm.
   */
  update: z.enum(['literal', 'fused']).default('literal'),
  /** Moving average of the weights of G: every `every` steps, average = decay * average + (1 - decay) * weights. */
  movingAverage: z
    .strictObject({ decay: z.number().min(0).lt(1).default(0.95), every: z.int().min(1).default(5) })
    .prefault({}),
  /** A line of steps.jsonl every so many steps. */
  logEvery: z.int().min(1).default(10),
  sampleEvery: z.int().min(1).default(500),
  checkpointEvery: z.int().min(1).default(1000),
  /**
   * Of the checkpoints that a process writes, only the newest so many are kept. One is large: D and the blocks are there three
   * times, as weights and two moments; G six times with `literal`, which has moments for either of its updates and the average.
   */
  keepCheckpoints: z.int().min(1).default(3),
});

export const backendNames = ['auto', 'native-cpu', 'native-cuda', 'tensorflow', 'wasm', 'cpu'] as const;

export const trainingConfigSchema = z.strictObject({
  /** What the other values start from; see `presets`. */
  preset: z.enum(['paper', 'paper-level-weights', 'quick']).default('paper'),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  backend: z.enum(backendNames).default('auto'),
  /** Threads of the native engine; default: all cores. Same number, same bits. */
  threads: z.int().min(1).max(1024).optional(),
  /**
   * Record the training step once and replay it, where the backend can: the same bits in less time. Elsewhere a line says why
   * each step is run kernel by kernel.
   */
  compile: z.boolean().default(true),
  /**
   * `bfloat16`: convolutions of the training step round what they multiply to bfloat16 and sum up in float32; weights,
   * optimizer and everything else stay float32. Backend native-cpu on processors with avx512_bf16 alone. Faster, other bits.
   */
  precision: z.enum(['float32', 'bfloat16']).default('float32'),
  data: dataSchema.prefault({}),
  image: imageSchema.prefault({}),
  condition: conditionSchema.prefault({ kind: 'keypoints' }),
  model: modelSchema.prefault({}),
  loss: lossSchema.prefault({}),
  training: optimisationSchema.prefault({}),
  run: z
    .strictObject({
      /** An empty or new folder. Default: the next free number under runs/. */
      dir: z.string().min(1).optional(),
    })
    .prefault({}),
});

export type BackendName = (typeof backendNames)[number];
export type PresetName = z.infer<typeof trainingConfigSchema>['preset'];
export type DataConfig = z.infer<typeof dataSchema>;
export type LossConfig = z.infer<typeof lossSchema>;
export type OptimisationConfig = z.infer<typeof optimisationSchema>;
export type TrainingConfig = Omit<z.infer<typeof trainingConfigSchema>, 'image' | 'condition' | 'model'> &
  NetworkConfig;
/** What a user writes: everything optional. */
export type TrainingConfigInput = z.input<typeof trainingConfigSchema>;
