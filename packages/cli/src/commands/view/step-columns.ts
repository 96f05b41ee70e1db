// Records of a run by columns: what the page draws its curves from.
import type { StepRecord } from '@ggb/core/run-record';
import type { StepColumns } from '@ggb/web/view-data';

export function stepColumns(records: readonly StepRecord[]): StepColumns {
  const names = [...new Set(records.flatMap(({ losses }) => Object.keys(losses)))];
  return {
    step: records.map(({ step }) => step),
    seconds: records.map(({ seconds }) => seconds),
    imagesPerSecond: records.map(({ imagesPerSecond }) => imagesPerSecond),
    learningRate: records.map(({ learningRate }) => learningRate),
    losses: Object.fromEntries(names.map((name) => [name, records.map(({ losses }) => losses[name] ?? null)])),
  };
}
