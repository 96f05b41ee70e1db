// What `ggb view --export` writes into data.js, and how the page and the export find each other's files. Types alone.
import type { ImageName, PairDetails, ResultTable, RunDetails, SourceSummary } from './view-data.ts';

/**
 * The value of `window.GGB_EXPORT`, which data.js sets. Files lie beside the page:
 *
 *   images/NAME           the pictures; equal ones once
 *   images/NAME.js        the same for canvases in a page from file: `GGB_EXPORT.pixels['NAME'] = 'data:…'`
 *   thumbs/NAME.webp      at most `thumbnailSide` pixels wide and high, of pictures that are larger
 *   pairs/NUMBER.js       `GGB_EXPORT.pairs[NUMBER] = {…}`, of the tables by their place in `tables`
 */
export interface ExportedView {
  readonly version: number;
  readonly sources: readonly SourceSummary[];
  readonly tables: readonly ExportedTable[];
  /** By the id of the source. */
  readonly runs: Readonly<Record<string, ExportedRun>>;
  /** Names below images/. */
  readonly files: readonly string[];
  /** Places in `files` of pictures that have a thumbnail, ascending. */
  readonly thumbs: readonly number[];
  /** Filled by the scripts of pictures. */
  readonly pixels: Record<string, string>;
  /** Filled by pairs/NUMBER.js. */
  readonly pairs: Record<number, Readonly<Record<string, PairDetails>>>;
}

export interface ExportedTable {
  readonly table: ResultTable;
  /** Places in `files`, one a row; -1: there is none. */
  readonly files: Readonly<Partial<Record<ImageName, readonly number[]>>>;
}

export interface ExportedRun {
  readonly details: RunDetails;
  /** Places in `files` by step. */
  readonly samples: Readonly<Record<number, number>>;
}

/** Of the thumbnails in an exported folder. */
export const exportedThumbnailSide = 128;
