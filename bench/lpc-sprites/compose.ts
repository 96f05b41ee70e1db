// Characters in 178 poses from layers of the Liberated Pixel Cup, as a pair manifest that ggb trains on.
//
//   node bench/lpc-sprites/run.mjs compose --sprites FOLDER [--out .ggb/lpc-sprites] [--seed 0] [--train-pairs 60000]
//
// Writes images/CHARACTER/POSE.png, masks/CHARACTER/POSE.png, pairs.jsonl (split train and test), and what baselines need
// beyond it: poses.jsonl (pose names of each pair, by id) and characters.json. The art is CC-BY-SA 3.0 or GPL 3.0: its
// credits and licences are copied beside the images, and none of it belongs into this repository.
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { type Keypoints, landmarks } from './landmarks.ts';
import { likeness, type PosePair, posePairs } from './pairs.ts';
import { cellSide, type Pose, poses } from './poses.ts';
import { Random } from './random.ts';
import { composed, SpriteSheets } from './sprite-sheets.ts';
import { StudyError } from './study-error.ts';
import { type Character, dressedCharacters, heldOutGarments } from './wardrobe.ts';

/** Light and flat, the studio of fashion photographs. */
const background = 230;
const trainCharacters = 110;
const testCharacters = 40;
const testPairs = 500;
/** Further combinations of the same garments of training; the test characters stay who they are. */
const mostMoreCharacters = 1000;
/** A third of all there are: draws without repetition stay quick. */
const mostTrainPairs = 1_000_000;

export async function main(args: string[]): Promise<void> {
  const { sprites, out, seed, trainPairs, moreCharacters } = options(args);
  const sheets = new SpriteSheets(sprites);
  const keypoints = await landmarks(sheets);
  const heldOut = heldOutGarments(new Random(seed, 'held out'));
  const counts = { train: trainCharacters, test: testCharacters, moreTrain: moreCharacters };
  const characters = dressedCharacters(new Random(seed, 'characters'), heldOut, counts);
  checkHeldOut(characters);

  mkdirSync(out, { recursive: true });
  for (const file of ['AUTHORS.txt', 'LICENSE-CC-BY-SA-3.0.txt', 'LICENSE-GPL-3.0.txt']) {
    copyFileSync(join(sprites, file), join(out, file));
  }
  for (const [i, character] of characters.entries()) {
    await writeCharacter(out, sheets, character);
    if ((i + 1) % 30 === 0) console.error(`${i + 1} of ${characters.length} characters`);
  }

  const ofSplit = (split: Character['split']) => characters.filter((character) => character.split === split);
  const pairs = {
    train: posePairs(new Random(seed, 'train pairs'), ofSplit('train'), trainPairs),
    test: posePairs(new Random(seed, 'test pairs'), ofSplit('test'), testPairs),
  };
  const all = [...pairs.train, ...pairs.test];
  writeLines(
    join(out, 'pairs.jsonl'),
    all.map((pair, i) => manifestLine(pair, i, keypoints)),
  );
  writeLines(join(out, 'poses.jsonl'), all.map(poseLine));
  writeFileSync(
    join(out, 'characters.json'),
    `${JSON.stringify({ seed, background, heldOut: [...heldOut].map(({ name }) => name), characters }, undefined, 1)}\n`,
  );
  console.log(JSON.stringify({ out, ...summary(characters, pairs, keypoints) }, undefined, 1));
}

function options(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      sprites: { type: 'string' },
      out: { type: 'string', default: join('.ggb', 'lpc-sprites') },
      seed: { type: 'string', default: '0' },
      'train-pairs': { type: 'string', default: '60000' },
      'more-characters': { type: 'string', default: '0' },
    },
  });
  const sprites = values.sprites ?? process.env.GGB_LPC_SPRITES;
  if (sprites === undefined) {
    throw new StudyError('where are the sprite layers? Name their folder with --sprites or in GGB_LPC_SPRITES.');
  }
  const out = resolve(values.out);
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new StudyError(`${out} is not empty; remove it, or name another folder with --out.`);
  }
  return {
    sprites: resolve(sprites),
    out,
    seed: integer('--seed', values.seed),
    trainPairs: integer('--train-pairs', values['train-pairs'], mostTrainPairs),
    moreCharacters: integer('--more-characters', values['more-characters'], mostMoreCharacters),
  };
}

function integer(option: string, text: string, most = 2 ** 31 - 1): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw new StudyError(`${option}: expected a whole number up to ${most}, received '${text}'.`);
}

/** The claim of the test split, on the files themselves: no training character wears what is called unseen. */
function checkHeldOut(characters: readonly Character[]): void {
  const files = (character: Character) => character.garments.flatMap((garment) => garment.files);
  const seen = new Set(characters.filter(({ split }) => split === 'train').flatMap(files));
  for (const character of characters) {
    const unseen = files(character).filter((file) => !seen.has(file));
    if ((character.split === 'test') === unseen.length > 0) continue;
    throw new Error(`${character.name} has ${unseen.length} layers that training does not see`);
  }
}

async function writeCharacter(out: string, sheets: SpriteSheets, character: Character): Promise<void> {
  const layers = await Promise.all(
    character.garments.flatMap((garment) => garment.files.map((file) => sheets.layer(file))),
  );
  for (const kind of ['images', 'masks']) mkdirSync(join(out, kind, character.name), { recursive: true });
  const png = (data: Uint8Array, channels: 1 | 3, path: string) =>
    sharp(data, { raw: { width: cellSide, height: cellSide, channels } })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .png()
      .toFile(join(out, path));
  await Promise.all(
    poses.flatMap((pose) => {
      const { image, silhouette } = composed(layers, pose, background);
      return [png(image, 3, imagePath(character, pose)), png(silhouette, 1, maskPath(character, pose))];
    }),
  );
}

function imagePath(character: Character, pose: Pose): string {
  return `images/${character.name}/${pose.name}.png`;
}

function maskPath(character: Character, pose: Pose): string {
  return `masks/${character.name}/${pose.name}.png`;
}

function pairId({ character }: PosePair, index: number): string {
  return `${character.split}-${String(index).padStart(6, '0')}`;
}

function manifestLine(pair: PosePair, index: number, keypoints: readonly Keypoints[]): object {
  const { character } = pair;
  const [source, target] = [poses[pair.source] as Pose, poses[pair.target] as Pose];
  return {
    id: pairId(pair, index),
    split: character.split,
    identity: character.name,
    source: imagePath(character, source),
    target: imagePath(character, target),
    keypoints: keypoints[pair.target],
    sourceKeypoints: keypoints[pair.source],
    sourceMask: maskPath(character, source),
    targetMask: maskPath(character, target),
  };
}

function poseLine(pair: PosePair, index: number): object {
  const [source, target] = [poses[pair.source] as Pose, poses[pair.target] as Pose];
  return {
    id: pairId(pair, index),
    split: pair.character.split,
    identity: pair.character.name,
    sourcePose: source.name,
    targetPose: target.name,
  };
}

function writeLines(path: string, lines: readonly object[]): void {
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function summary(
  characters: readonly Character[],
  pairs: { readonly train: readonly PosePair[]; readonly test: readonly PosePair[] },
  keypoints: readonly Keypoints[],
) {
  const test = characters.filter(({ split }) => split === 'test');
  const count = (of: (character: Character) => number) => test.reduce((sum, character) => sum + of(character), 0);
  const share = (of: (pair: PosePair) => boolean) => pairs.test.filter(of).length / pairs.test.length;
  return {
    characters: characters.length,
    poses: poses.length,
    distinctConditions: new Set(keypoints.map((points) => JSON.stringify(points))).size,
    unseenLayersOfTest: count(({ unseen }) => unseen.length) / count(({ garments }) => garments.length),
    trainPairs: pairs.train.length,
    testPairs: pairs.test.length,
    testDirectionDiffers: share(({ source, target }) => !likeness(source, target).sameDirection),
    testActionDiffers: share(({ source, target }) => !likeness(source, target).sameAction),
  };
}
