// Answers to the 500 test pairs that need no learning, scored as ggb evaluate scores a model (@ggb/metrics).
//
//   node bench/lpc-sprites/run.mjs baselines [--data .ggb/lpc-sprites] [--json FILE]
//
//   copySource         the source as it is: right clothes, wrong pose
//   poseMean           mean of the training characters in the target pose: right pose, everybody's clothes
//   nearestCharacter   the training character whose image in the source pose is nearest to the source (mean absolute
//                      difference), shown in the target pose
//
// The last two are oracles: they are told the names of both poses, which no model is.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { figureMask, l1, type PairScores, type RgbImage, scorePair, ssimProtocols } from '@ggb/metrics';
import { dataFolder, readImage, readMask, studyPairs, trainingCharacters } from './data-set.ts';

type Baseline = 'copySource' | 'poseMean' | 'nearestCharacter';

/** Images of the training characters in one pose, in the order of `trainingCharacters`. */
type Lineup = readonly RgbImage[];

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { data: { type: 'string' }, json: { type: 'string' } } });
  const folder = dataFolder(values.data);
  const pairs = studyPairs(folder, 'test');
  const characters = trainingCharacters(folder);
  const lineups = new Map<string, Promise<Lineup>>();
  const lineup = (pose: string) => {
    const known = lineups.get(pose);
    if (known !== undefined) return known;
    const images = Promise.all(characters.map((name) => readImage(folder, `images/${name}/${pose}.png`)));
    lineups.set(pose, images);
    return images;
  };

  const scores: Record<Baseline, PairScores[]> = { copySource: [], poseMean: [], nearestCharacter: [] };
  for (const pair of pairs) {
    const source = await readImage(folder, pair.source);
    const truth = await readImage(folder, pair.target);
    const inside = figureMask(await readMask(folder, pair.sourceMask), await readMask(folder, pair.targetMask));
    const inTargetPose = await lineup(pair.targetPose);
    const answers: Record<Baseline, RgbImage> = {
      copySource: source,
      poseMean: mean(inTargetPose),
      nearestCharacter: inTargetPose[nearest(source, await lineup(pair.sourcePose))] as RgbImage,
    };
    for (const [name, output] of Object.entries(answers) as [Baseline, RgbImage][]) {
      scores[name].push(scorePair({ output, truth, inside }));
    }
  }

  const result = Object.fromEntries(Object.entries(scores).map(([name, list]) => [name, summary(list)]));
  console.log('baseline          SSIM   inside SSIM  inside L1  sharpness');
  for (const [name, { mean, standardError }] of Object.entries(result)) {
    console.log(
      `${name.padEnd(17)} ${mean.ssim.toFixed(3)}  ${mean.insideSsim.toFixed(3)}        ${mean.insideL1.toFixed(1).padStart(5)}` +
        `      ${mean.sharpness.toFixed(2)}   (standard error ${standardError.ssim.toFixed(3)}, ` +
        `${standardError.insideSsim.toFixed(3)}, ${standardError.insideL1.toFixed(1)})`,
    );
  }
  const report = {
    protocol: ssimProtocols.tf.name,
    pairs: pairs.length,
    trainingCharacters: characters.length,
    baselines: result,
  };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 1)}\n`);
  console.log(JSON.stringify(report));
}

function mean(images: Lineup): RgbImage {
  const { width, height, data } = images[0] as RgbImage;
  const sums = new Float64Array(data.length);
  for (const image of images)
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (image.data[i] as number);
  return { data: Uint8Array.from(sums, (sum) => Math.round(sum / images.length)), width, height };
}

function nearest(image: RgbImage, candidates: Lineup): number {
  const distances = candidates.map((candidate) => l1(image, candidate));
  return distances.indexOf(Math.min(...distances));
}

type Summarized = Required<PairScores>;

function summary(scores: readonly PairScores[]): { mean: Summarized; standardError: Summarized } {
  const statistic = (of: (values: number[]) => number): Summarized => {
    const value = (key: keyof PairScores) => of(scores.map((score) => score[key] as number));
    return {
      ssim: value('ssim'),
      insideSsim: value('insideSsim'),
      insideL1: value('insideL1'),
      l1: value('l1'),
      sharpness: value('sharpness'),
    };
  };
  const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean: statistic(average),
    standardError: statistic((values) => {
      const centre = average(values);
      const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
      return Math.sqrt(variance / values.length);
    }),
  };
}
