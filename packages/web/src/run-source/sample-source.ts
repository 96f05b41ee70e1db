// A little evaluation that is drawn here: what the page shows when nobody gave it data, and what its views are tried on.
// Figures of coloured limbs in two poses; the "outputs" are the truth with an arm out of place and blurred, each a little
// worse than the one before. The scores are computed, not made up.
import { bones, poseDistance } from '@ggb/core/keypoints';
import { l1, type RgbImage, ssim, ssimProtocols } from '@ggb/metrics';
import { bitmapUrl } from './bitmap.ts';
import {
  type ImageKey,
  type MetricColumn,
  type PairDetails,
  type ResultTable,
  type RunDetails,
  type RunSource,
  type SourceSummary,
  ViewDataError,
  type ViewKeypoints,
  viewDataVersion,
} from './view-data.ts';

const side = 64;
const count = 24;
const sourceId = 'sample';
const evaluations = ['sample-a', 'sample-b'] as const;
type Evaluation = (typeof evaluations)[number];

type Colour = readonly [red: number, green: number, blue: number];
const ground: Colour = [226, 228, 224];

export class SampleSource implements RunSource {
  /** Drawn when asked for, and kept. */
  private readonly tables = new Map<Evaluation, ResultTable>();

  async sources(): Promise<readonly SourceSummary[]> {
    const summaries = evaluations.map((name) => {
      const { ids, metrics, protocol } = this.table(name);
      const means = Object.fromEntries(Object.entries(metrics).map(([metric, { mean }]) => [metric, mean]));
      return { name, pairs: ids.length, means, ...(protocol === undefined ? {} : { protocol }) };
    });
    return [{ id: sourceId, title: 'Built-in sample', kind: 'folders', evaluations: summaries, live: false }];
  }

  async results(source: string, evaluation: string = evaluations[0]): Promise<ResultTable> {
    return this.table(checkedEvaluation(source, evaluation));
  }

  async run(source: string): Promise<RunDetails> {
    throw new ViewDataError('not-found', `${source} is no run: the sample has no training behind it.`);
  }

  async pair(source: string, evaluation: string, id: string): Promise<PairDetails> {
    checkedEvaluation(source, evaluation);
    const { sourcePose, targetPose } = figure(rowOf(id));
    return { id, identity: `person ${rowOf(id)}`, keypoints: targetPose, sourceKeypoints: sourcePose, files: [] };
  }

  imageUrl(source: string, { evaluation, id, image }: ImageKey): string {
    const name = checkedEvaluation(source, evaluation);
    const row = rowOf(id);
    const { sourcePose, targetPose, colours } = figure(row);
    if (image === 'source') return bitmapUrl(draw(sourcePose, colours));
    if (image === 'truth') return bitmapUrl(draw(targetPose, colours));
    if (image === 'condition')
      return bitmapUrl(draw(targetPose, skeletonColours, { background: [255, 255, 255], radius: 0.9 }));
    if (image === 'output') return bitmapUrl(outputOf(row, name));
    return bitmapUrl(blurred(outputOf(row, name), levelBlur(image)));
  }

  thumbUrl(source: string, key: ImageKey): string {
    return this.imageUrl(source, key);
  }

  async readableImageUrl(source: string, key: ImageKey): Promise<string> {
    return this.imageUrl(source, key);
  }

  sampleUrl(source: string): string {
    throw new ViewDataError('not-found', `${source} is no run: the sample has no training behind it.`);
  }

  private table(evaluation: Evaluation): ResultTable {
    const made = this.tables.get(evaluation) ?? makeTable(evaluation);
    this.tables.set(evaluation, made);
    return made;
  }
}

function makeTable(evaluation: Evaluation): ResultTable {
  const rows = Array.from({ length: count }, (_, row) => row);
  const pairs = rows.map((row) => {
    const { targetPose, colours } = figure(row);
    return { output: outputOf(row, evaluation), truth: draw(targetPose, colours) };
  });
  const protocol = ssimProtocols.tf;
  return {
    version: viewDataVersion,
    source: sourceId,
    evaluation,
    revision: 'sample',
    protocol: { name: protocol.name },
    ids: rows.map(idOf),
    metrics: {
      ssim: column(
        'higher',
        '',
        pairs.map(({ output, truth }) => ssim(output, truth, protocol)),
      ),
      l1: column(
        'lower',
        '0..255',
        pairs.map(({ output, truth }) => l1(output, truth)),
      ),
    },
    poseChange: rows.map((row) => poseDistance(figure(row).sourcePose, figure(row).targetPose)),
    images: (['source', 'condition', 'output', 'truth', 'level2', 'level3'] as const).map((name) => ({
      name,
      missing: [],
    })),
    notes: ['This is a drawn sample. Look at your own results with: ggb view RUN'],
    baselines: {},
    failed: [],
  };
}

function column(direction: MetricColumn['direction'], unit: string, values: readonly number[]): MetricColumn {
  return { direction, unit, mean: values.reduce((sum, value) => sum + value, 0) / values.length, values };
}

const idOf = (row: number) => `figure-${`${row + 1}`.padStart(2, '0')}`;

function rowOf(id: string): number {
  const row = Number(/^figure-(\d\d)$/.exec(id)?.[1]) - 1;
  if (row >= 0 && row < count) return row;
  throw new ViewDataError('not-found', `The sample has no pair ${id}.`);
}

function checkedEvaluation(source: string, evaluation: string): Evaluation {
  if (source === sourceId && (evaluations as readonly string[]).includes(evaluation)) return evaluation as Evaluation;
  throw new ViewDataError('not-found', `There is no evaluation ${evaluation} of ${source}.`);
}

/** The same for the same row in every page: no random numbers, angles by the golden section. */
function figure(row: number) {
  const turn = (index: number) => ((row * 5 + index + 1) * 0.618_033_988_75) % 1;
  const colour = (index: number): Colour => {
    const hue = 6 * turn(index);
    const channel = (shift: number) =>
      Math.round(55 + 150 * Math.min(1, Math.max(0, Math.abs(((hue + shift) % 6) - 3) - 1)));
    return [channel(0), channel(4), channel(2)];
  };
  const [shirt, trousers, skin] = [colour(0), colour(1), [196, 148, 118] as Colour];
  const pose = (from: number) => poseOf(turn(from), turn(from + 1), turn(from + 2));
  return { sourcePose: pose(7), targetPose: pose(13 + row), colours: boneColours(shirt, trousers, skin) };
}

/** A standing person, 64 pixels: shares of a turn for the right arm, the left arm and the legs. */
function poseOf(rightArm: number, leftArm: number, legs: number): ViewKeypoints {
  const limb = (from: readonly [number, number], angle: number, length: number): [number, number] => [
    from[0] + length * Math.sin(angle),
    from[1] + length * Math.cos(angle),
  ];
  const neck = [32, 17] as const;
  const [rightShoulder, leftShoulder] = [[26, 18] as const, [38, 18] as const];
  const [rightHip, leftHip] = [[28, 35] as const, [36, 35] as const];
  const [right, left, stride] = [-0.2 - 2.3 * rightArm, 0.2 + 2.3 * leftArm, 0.1 + 0.45 * legs];
  const [rightElbow, leftElbow] = [limb(rightShoulder, right, 9), limb(leftShoulder, left, 9)];
  const [rightKnee, leftKnee] = [limb(rightHip, -stride, 11), limb(leftHip, stride, 11)];
  return [
    [32, 10],
    neck,
    rightShoulder,
    rightElbow,
    limb(rightElbow, right - 0.5, 8),
    leftShoulder,
    leftElbow,
    limb(leftElbow, left + 0.5, 8),
    rightHip,
    rightKnee,
    limb(rightKnee, -stride / 3, 12),
    leftHip,
    leftKnee,
    limb(leftKnee, stride / 3, 12),
    [30.5, 9],
    [33.5, 9],
    [29, 9.5],
    [35, 9.5],
  ];
}

function boneColours(shirt: Colour, trousers: Colour, skin: Colour): readonly Colour[] {
  return bones.map(([from, to]) => {
    if (Math.max(from, to) >= 14 || to === 0) return skin;
    if (to === 4 || to === 7) return skin;
    return to >= 9 && to !== 11 ? trousers : shirt;
  });
}

/** Of the drawn condition: the person's right, left, and what has no side. */
const skeletonColours: readonly Colour[] = bones.map(([, to]) => {
  if ([2, 3, 4, 8, 9, 10, 14, 16].includes(to)) return [213, 94, 0];
  return [5, 6, 7, 11, 12, 13, 15, 17].includes(to) ? [0, 114, 178] : [90, 90, 90];
});

/** The truth with what a generator gets wrong: an arm that is not quite there, and a blur that grows with the row. */
function outputOf(row: number, evaluation: Evaluation): RgbImage {
  const { sourcePose, targetPose, colours } = figure(row);
  const better = evaluation === 'sample-a' ? 0 : row % 3 === 0 ? 0.12 : -0.08;
  const astray = Math.max(0, 0.05 + (0.4 * row) / count + better);
  const pose = targetPose.map((joint, index) => {
    const other = sourcePose[index];
    if (!joint || !other || ![3, 4, 6, 7].includes(index)) return joint;
    return [joint[0] + astray * (other[0] - joint[0]), joint[1] + astray * (other[1] - joint[1])] as const;
  });
  return blurred(draw(pose, colours), Math.round(3 * astray));
}

const levelBlur = (image: string) => (image === 'level2' ? 6 : 3);

function draw(
  pose: ViewKeypoints,
  colours: readonly Colour[],
  { background = ground, radius = 2.6 }: { background?: Colour; radius?: number } = {},
): RgbImage {
  const nearest = new Float64Array(side * side).fill(Number.POSITIVE_INFINITY);
  const boneAt = new Uint8Array(side * side);
  for (const [index, [from, to]] of bones.entries()) {
    const [a, b] = [pose[from], pose[to]];
    if (!a || !b) continue;
    const [left, right] = reach(a[0], b[0], radius);
    const [top, bottom] = reach(a[1], b[1], radius);
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const distance = distanceToSegment(x, y, a, b) - radius;
        if (distance >= (nearest[y * side + x] as number)) continue;
        nearest[y * side + x] = distance;
        boneAt[y * side + x] = index;
      }
    }
  }
  const data = new Uint8Array(3 * side * side);
  for (const [pixel, distance] of nearest.entries()) {
    const colour = colours[boneAt[pixel] as number] as Colour;
    // One pixel of soft edge.
    const cover = Math.min(1, Math.max(0, 0.5 - distance));
    for (const c of [0, 1, 2] as const) {
      data[3 * pixel + c] = Math.round(background[c] + cover * (colour[c] - background[c]));
    }
  }
  return { data, width: side, height: side };
}

/** First and last pixel that a line between two places may touch. */
function reach(a: number, b: number, radius: number): [number, number] {
  const [low, high] = [Math.floor(Math.min(a, b) - radius - 1), Math.ceil(Math.max(a, b) + radius + 1)];
  return [Math.max(0, low), Math.min(side - 1, high)];
}

function distanceToSegment(x: number, y: number, a: readonly [number, number], b: readonly [number, number]): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / squared));
  const [right, down] = [x - a[0] - along * dx, y - a[1] - along * dy];
  return Math.sqrt(right * right + down * down);
}

/** Mean over a square of `2 * radius + 1` pixels, cut at the border. */
function blurred(image: RgbImage, radius: number): RgbImage {
  if (radius === 0) return image;
  const rows = boxMean(image.data, 3 * side, 3, radius);
  return { ...image, data: boxMean(rows, 3, 3 * side, radius) };
}

/** Mean along one axis: `along` bytes from a pixel to the next on it, `across` to the next line. */
function boxMean(from: RgbImage['data'], across: number, along: number, radius: number): Uint8Array {
  const to = new Uint8Array(from.length);
  for (let line = 0; line < side; line++) {
    for (let place = 0; place < side; place++) {
      const [first, last] = [Math.max(0, place - radius), Math.min(side - 1, place + radius)];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let other = first; other <= last; other++) sum += from[line * across + other * along + c] as number;
        to[line * across + place * along + c] = Math.round(sum / (last - first + 1));
      }
    }
  }
  return to;
}
