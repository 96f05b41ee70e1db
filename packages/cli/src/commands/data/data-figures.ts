// `ggb data figures`: a data set of drawn people.
import { writeFigures } from '@ggb/core/node';
import { ggb } from '../../command-name.ts';
import { catchInterruption } from '../../interruption.ts';
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
  const interruption = catchInterruption(() =>
    progress.note(`Stopping. Remove ${options.out} before you start again: it has no manifest.`),
  );
  try {
    const { manifest, images, pairs, identities, poseChange } = await writeFigures({
      ...options,
      signal: interruption.signal,
      onProgress: ({ done, total }) => progress.update({ unit: 'picture', done, total }),
    });
    progress.finish();
    console.log(
      [
        `${manifest}: ${images} pictures of ${options.size} x ${options.size} pixels`,
        `train: ${pairs.train} pairs of ${identities.train} people; test: ${pairs.test} pairs of ${identities.test} others`,
        ...(identities.test === 0 ? ['Nobody is kept for testing: that takes --identities 2 or more.'] : []),
        `mean pose change: joints move ${(100 * poseChange.displacement).toFixed(0)} % of a figure's height, bodies turn ${poseChange.turn.toFixed(0)} degrees`,
        `Train with: ${ggb} train preset=quick data.path=${options.out}`,
      ].join('\n'),
    );
  } finally {
    progress.finish();
    interruption.release();
  }
}
