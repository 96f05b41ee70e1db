// What the server and the export need of anything that can be looked at.
import type {
  EvaluationSummary,
  ImageKey,
  PairDetails,
  ResultTable,
  RunDetails,
  SourceChange,
  SourceSummary,
} from '@ggb/web/view-data';
import type { AllowedFolders } from './allowed-folders.ts';
import type { PictureOrigin } from './picture.ts';

export interface ViewedSource {
  readonly id: string;
  /** Where its pictures may lie. */
  readonly folders: AllowedFolders;
  /** Never fails: what is wrong stands in `problem`. */
  summary(): Promise<SourceSummary>;
  /** @throws ViewError  404 for a name that is none. */
  table(evaluation: string | undefined): Promise<ResultTable>;
  /** @throws ViewError  404 for a pair that is none. */
  pair(evaluation: string, id: string): Promise<PairDetails>;
  /** @throws ViewError  404 for a picture that the pair has not. */
  picture(key: ImageKey): Promise<PictureOrigin>;
  /** Resolves when tables are whole: scores that are computed here, manifests that are otherwise read after the scores. */
  whole?(): Promise<void>;
  /** Reads ahead what a page asks for first; the answers then come at once. */
  warm?(): Promise<void>;
  /** Of runs. */
  readonly run?: {
    details(): Promise<RunDetails>;
    /** @throws ViewError  404 for a step without samples. */
    sample(step: number): Promise<PictureOrigin>;
  };
  /** Tells changes until the function that it returns is called. The first ones tell what steps and samples there are now. */
  watch(onChange: (change: SourceChange) => void): () => void;
}

/** By the time of the record, the newest first. */
export type TimedEvaluation = EvaluationSummary & { readonly writtenAt: number };
