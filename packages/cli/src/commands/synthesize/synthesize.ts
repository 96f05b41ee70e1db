// `ggb synthesize`: pictures from a trained generator, one or many.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Keypoints, Pair, SynthesisInput, SynthesizedImage, Synthesizer } from '@ggb/core';
import { decodeImage, loadPair, readPairManifest, scanPairs } from '@ggb/core/node';
import sharp, { type FormatEnum } from 'sharp';
import { backendName } from '../../backend-name.ts';
import { checkpointPath, loadModel } from '../../checkpoint-argument.ts';
import { prepareFile, refuseExisting } from '../../output-files.ts';
import { ProgressLine } from '../../progress-line.ts';
import { selectBackend } from '../../select-backend.ts';
import { UserError } from '../../user-error.ts';
import { synthesisInput } from './synthesis-input.ts';

export interface SynthesizeOptions {
  readonly run?: string;
  readonly checkpoint?: string;
  readonly image?: string;
  readonly keypoints?: string;
  readonly sourceKeypoints?: string;
  readonly label?: string;
  readonly condition?: string;
  readonly pairs?: string;
  readonly out?: string;
  readonly weights?: 'average' | 'raw';
  readonly backend: string;
  readonly threads?: number;
  readonly force?: boolean;
}

const batchSize = 16;
const imageFormats = ['.png', '.jpg', '.jpeg', '.webp'];

export async function synthesize(options: SynthesizeOptions): Promise<void> {
  const task = taskOf(options);
  if (task.kind === 'image') {
    await refuseExisting([task.out], options.force);
    await prepareFile(task.out);
  }
  const checkpoint = await checkpointPath(options);
  const progress = new ProgressLine();
  const { weights, threads } = options;
  await selectBackend({
    backend: backendName(options.backend),
    purpose: 'synthesis',
    announce: (text) => progress.note(text),
    ...(threads === undefined ? {} : { threads }),
  });
  const synthesizer = await loadModel(checkpoint, weights === undefined ? {} : { weights });
  try {
    if (task.kind === 'image') {
      const input = await inputFrom(options, task.image);
      const { condition, imageSize } = synthesizer.info;
      if (condition.kind === 'keypoints') {
        checkPose(input.keypoints, imageSize, options.keypoints, progress);
        if (condition.sourceKeypoints) checkPose(input.sourceKeypoints, imageSize, options.sourceKeypoints, progress);
      }
      const drawn = await synthesizer.synthesize(input);
      await writeImage(task.out, drawn);
      console.log(task.out);
    } else {
      const count = await drawPairs(synthesizer, task, progress, options.force);
      console.log(`${count} images in ${task.out}`);
    }
  } finally {
    progress.finish();
    synthesizer.dispose();
  }
}

type Task =
  | { readonly kind: 'image'; readonly image: string; readonly out: string }
  | { readonly kind: 'pairs'; readonly pairs: string; readonly out: string };

function taskOf({ image, pairs, out }: SynthesizeOptions): Task {
  if (out === undefined)
    throw new UserError('--out is missing', { remedy: 'Say where to: --out FILE, or with --pairs --out FOLDER' });
  if ((image === undefined) === (pairs === undefined)) {
    throw new UserError('nothing says what to draw', {
      expected: 'either --image FILE or --pairs MANIFEST',
      received: image === undefined ? 'neither' : 'both',
    });
  }
  if (pairs !== undefined) return { kind: 'pairs', pairs, out };
  if (!imageFormats.includes(extname(out).toLowerCase())) {
    throw new UserError('--out names no image', { where: out, expected: imageFormats.join(', ') });
  }
  return { kind: 'image', image: image as string, out };
}

async function inputFrom(options: SynthesizeOptions, image: string): Promise<SynthesisInput> {
  const { keypoints, sourceKeypoints, label, condition } = options;
  return {
    image: await decodeImage(image),
    ...(keypoints === undefined ? {} : { keypoints: await readKeypoints(keypoints) }),
    ...(sourceKeypoints === undefined ? {} : { sourceKeypoints: await readKeypoints(sourceKeypoints) }),
    ...(label === undefined ? {} : { label: parseLabel(label) }),
    ...(condition === undefined ? {} : { condition: await decodeImage(condition) }),
  };
}

/**
 * A pose that lies elsewhere is most often one in pixels of a larger picture.
 *
 * @throws UserError  if no joint lies in the image; some outside are told.
 */
function checkPose(
  keypoints: Keypoints | undefined,
  size: number,
  where: string | undefined,
  progress: ProgressLine,
): void {
  // Lists that are none are the model's to refuse.
  const visible = keypoints?.filter((joint) => Array.isArray(joint) && joint.every(Number.isFinite)) ?? [];
  if (keypoints === undefined || keypoints.some((joint) => joint !== null && !visible.includes(joint))) return;
  const inside = visible.filter((joint) => joint?.every((place) => place >= -0.5 && place < size - 0.5));
  const scale = `Key points are pixels of the ${size} x ${size} picture that is drawn; scale those of another size.`;
  if (inside.length === 0) {
    throw new UserError('no joint of the pose lies in the picture', {
      ...(where === undefined ? {} : { where }),
      expected: `joints from [0, 0] to [${size - 1}, ${size - 1}]`,
      received:
        visible.length === 0
          ? 'null for each'
          : `${visible.length} joints outside, ${JSON.stringify(visible[0])} the first`,
      remedy: scale,
    });
  }
  if (2 * inside.length <= visible.length) {
    progress.note(`${visible.length - inside.length} of ${visible.length} joints lie outside the picture. ${scale}`);
  }
}

/** A list of joints, or an object with one under `keypoints`, as a line of a manifest is. Shapes are the model's to judge. */
async function readKeypoints(file: string): Promise<Keypoints> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`the file is no JSON: ${error.message}`, { where: file }, { cause: error });
  }
  const inner = (content as { keypoints?: unknown } | null)?.keypoints;
  const list = Array.isArray(content) ? content : inner;
  if (!Array.isArray(list)) {
    throw new UserError('the file holds no pose', {
      where: file,
      expected: '[[x, y], null, ...] with 18 entries, or {"keypoints": [...]}',
      received: JSON.stringify(content).slice(0, 60),
    });
  }
  return list as Keypoints;
}

function parseLabel(text: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!numbers.every(Number.isFinite)) {
    throw new UserError('--label holds something that is no number', { expected: '0,0,1', received: text });
  }
  return numbers;
}

async function drawPairs(
  synthesizer: Synthesizer,
  { pairs: manifest, out }: Task & { readonly kind: 'pairs' },
  progress: ProgressLine,
  force: boolean | undefined,
): Promise<number> {
  const { imageSize, condition } = synthesizer.info;
  const network = { image: { size: imageSize }, condition };
  const pairs = await readPairManifest(manifest);
  // The manifest's reader refuses ids that are no file names.
  const fileOf = ({ id }: Pair) => join(out, `${id}.png`);
  await refuseExisting(pairs.map(fileOf), force);
  await scanPairs(pairs, network, { allowsEmptySilhouettes: true });
  await mkdir(out, { recursive: true });
  for (let start = 0; start < pairs.length; start += batchSize) {
    const batch = pairs.slice(start, start + batchSize);
    const examples = await Promise.all(batch.map((pair) => loadPair(pair, network)));
    const images = await synthesizer.synthesizeBatch(
      examples.map(({ source, variation }) => synthesisInput(source, variation)),
    );
    await Promise.all(images.map((image, index) => writeImage(fileOf(batch[index] as Pair), image)));
    progress.update({ unit: 'pair', done: start + batch.length, total: pairs.length });
  }
  return pairs.length;
}

async function writeImage(file: string, { data, width, height, channels }: SynthesizedImage): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const image = sharp(data, { raw: { width, height, channels } }).removeAlpha();
  // Not by sharp itself, whose errors do not say what the system said.
  await writeFile(file, await image.toFormat(extname(file).slice(1).toLowerCase() as keyof FormatEnum).toBuffer());
}
