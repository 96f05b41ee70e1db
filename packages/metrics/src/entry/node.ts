// What needs Node: folders of images, decoders, and the evaluation of them. The rest is in `@ggb/metrics`.
export { bootstrapIntervals, intervalMethod } from '../evaluation/bootstrap-interval.ts';
export {
  type ComparableReport,
  comparisonWarnings,
  type EvaluationReport,
  type PairRow,
  parseComparable,
  parseReport,
  ReportError,
  reportJson,
  reportVersion,
} from '../evaluation/evaluation-report.ts';
export {
  Evaluator,
  type EvaluatorOptions,
  type PairResult,
  type PairSource,
  pairsOf,
  UnsupportedScoringError,
} from '../evaluation/evaluator.ts';
export { maskOfPair, needsKeypoints } from '../evaluation/pair-mask.ts';
export type { PairFiles, PairOutcome, PairProblem, PairScorer, ScoreRequest } from '../evaluation/pair-scorer.ts';
export { PortablePairScorer, sharpVersion } from '../evaluation/portable-pair-scorer.ts';
export { type MetricSummary, ScoreColumns } from '../evaluation/score-columns.ts';
export {
  type JournalConditions,
  type JournalEntry,
  JournalError,
  journalEntries,
  journalExists,
  ScoreJournal,
} from '../evaluation/score-journal.ts';
export { pairMetricNamed, smallestImage, UnknownMetricError } from '../evaluation/smallest-image.ts';
export { decodeImage, ImageReadError, largestImagePixels } from '../image-set/decode-image.ts';
export { type AllowableKind, allowableKinds } from '../image-set/image-file.ts';
export { ImagePairs, type ImagePairsOptions, type OpenedPairs, openImagePairs } from '../image-set/image-pairs.ts';
export {
  describeProblems,
  ImageSetError,
  type ImageSetProblem,
  type ProblemKind,
  printable,
  problemKinds,
} from '../image-set/image-set-problem.ts';
export { ImageFolderError } from '../image-set/list-images.ts';
export {
  type ImageScanOptions,
  type ScannedImages,
  scanImageFiles,
} from '../image-set/scan-image-files.ts';
