// `ggb data figures`: a data set of drawn people.
import { writeFigures } from '@ggb/core/node';
import { ProgressLine } from '../../progress-line.ts';

export interface FiguresOptions {
  readonly out: string;
  readonly size: number;
  readonly identities: number;
  readonly poses: number;
  readonly seed: number;
}

export async function drawFigures(options: FiguresOptions): Promise<void> {
  const progress = new ProgressLine();
  try {
    const written = await writeFigures(options);
    console.log(JSON.stringify(written));
  } finally {
    progress.finish();
  }
}
