// What stands in a run folder, as types and parsers alone: no TF.js, no Node; the viewer imports this in a browser.
//
//   run.json                        RunInfo
//   config.json                     the resolved TrainingConfig, of the last session
//   run.lock                        while a process writes the run
//   steps.jsonl                     one StepRecord a line
//   samples/step-000500.png         grid on fixed probes: source, condition, output, truth; samples/probes.json names them
//   checkpoints/step-000500.safetensors      weights, optimizer moments, random state: the same bytes for the same run
//   checkpoints/step-000500.json             CheckpointInfo: times, SHA-256
//   evaluation/NAME.json            EvaluationRecord
//   evaluation/NAME/ID.png          the output for each of its pairs; ID.level4.png: of the head of guided level 4

export const runRecordVersion = 1;

export interface RunInfo {
  readonly version: number;
  readonly ggb: string;
  readonly node: string;
  readonly tfjs: string;
  readonly platform: string;
  /** The backend that ran and, in words, why it was chosen. */
  readonly backend: { readonly name: string; readonly reason: string; readonly threads?: number };
  readonly seed: number;
  readonly preset: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Pairs trained on, and SHA-256 of the manifest. */
  readonly data: { readonly path: string; readonly pairs: number; readonly manifestSha256: string };
  /** Number of trainable values. */
  readonly parameters: { readonly generator: number; readonly discriminator: number; readonly guidingBlocks: number };
  /** Checkpoint that a resumed run started from. */
  readonly resumedFrom?: string;
  /** The processes that trained the run, first to last; the last is what the other fields describe. Absent in older runs. */
  readonly sessions?: readonly RunSession[];
}

/** One process that trained a run, from its start or from a checkpoint. */
export interface RunSession extends Pick<RunInfo, 'ggb' | 'node' | 'tfjs' | 'platform' | 'backend' | 'data'> {
  /** Iterations done before it. */
  readonly fromStep: number;
  /** Of this process; ISO 8601. */
  readonly startedAt: string;
  /** Its resolved TrainingConfig, as config.json held it. */
  readonly config: unknown;
}

/** Means over the steps since the record before. */
export interface StepRecord {
  readonly step: number;
  /** Seconds of training since the start, resumed runs continue the count. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly learningRate: number;
  /** By the names of `lossNames` in training/train-step.ts. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface CheckpointInfo {
  readonly step: number;
  readonly seconds: number;
  readonly writtenAt: string;
  readonly sha256: string;
}

/** samples/probes.json: what the rows of the grids are. */
export interface ProbesRecord {
  readonly version: number;
  /** Ids of the pairs, one a row. */
  readonly ids: readonly string[];
}

export interface Scores {
  /** SSIM over the frame, by the protocol of the record. */
  readonly ssim: number;
  /** The same, mean of the SSIM map inside the silhouettes of source or target; absent without masks. */
  readonly insideSsim?: number;
  /** Mean absolute difference inside, 0..255; absent without masks. */
  readonly insideL1?: number;
  /** Mean absolute difference over the frame, 0..255. */
  readonly l1: number;
  /**
   * Differences of horizontal neighbours, root mean square, output over truth: 1 is as sharp, less is blurred. Absent beside
   * a truth without any, and in records of earlier versions.
   */
  readonly sharpness?: number;
}

/** What is said of a score over all pairs. */
export interface ScoreSummary {
  readonly mean: number;
  /** Pairs. */
  readonly n: number;
  /** 95 %, percentile bootstrap over pairs. */
  readonly interval: readonly [low: number, high: number];
  readonly direction: ScoreDirection;
  /** 'none' of numbers without one. */
  readonly unit: string;
}

/** What is better; `nearer-to-one` of ratios, such as sharpness. */
export type ScoreDirection = 'higher' | 'lower' | 'nearer-to-one';

export interface EvaluationRecord {
  readonly version: number;
  /** Relative to the run folder; as it was given, for one from elsewhere. */
  readonly checkpoint: string;
  /** Of the checkpoint's file. This and the next three are absent in records of earlier versions. */
  readonly checkpointSha256?: string;
  readonly preset?: string;
  /** The SSIM protocol in `@ggb/metrics`, and its content hash. Absent: `tf`. Earlier versions wrote the name alone. */
  readonly protocol?: { readonly name: string; readonly hash?: string };
  /** The manifest of the pairs: its absolute path, and SHA-256 of its bytes. */
  readonly data?: { readonly manifest: string; readonly manifestSha256: string };
  readonly weights: 'average' | 'raw';
  /** `all`, where the manifest names no splits. */
  readonly split: string;
  /** Mean over the pairs. */
  readonly mean: Scores;
  /** The same means with what is known of them, in the form of reports of image folders. Absent in earlier records. */
  readonly metrics?: { readonly [name in keyof Scores]?: ScoreSummary };
  /** `name` is the id again, as reports of image folders call it. Absent in earlier records. */
  readonly pairs: readonly (Scores & { readonly id: string; readonly name?: string })[];
  /** Trivial answers on the same pairs. */
  readonly baselines?: Readonly<Record<string, Scores>>;
  /** Pairs that could not be scored, and why: `mean` and `baselines` are without them. Absent if there are none. */
  readonly failed?: readonly { readonly id: string; readonly message: string }[];
}
