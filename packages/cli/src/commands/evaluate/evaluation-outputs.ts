// Where an evaluation writes: found out before the work, and never among the images that are scored.
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ImageSetProblem } from '@ggb/metrics/node';
import { prepareFile } from '../../output-files.ts';
import { UserError } from '../../user-error.ts';
import { writeWhole } from '../../whole-file.ts';
import type { EvaluateFoldersOptions } from './evaluation-request.ts';

/** The journal and the list of what is left out stand beside the report, under longer names. */
const files = ['json', 'csv', 'parquet'] as const;

/**
 * Finds out whether results can be kept. Makes the folders they go to, once nothing speaks against any of them.
 *
 * @param folders  that the images come from, if a list and no option says so.
 * @throws UserError
 */
export async function prepareOutputs(options: EvaluateFoldersOptions, folders: readonly string[] = []): Promise<void> {
  const { json, maps, resume, onBad } = options;
  if (json === undefined && (resume === true || onBad === 'quarantine')) {
    throw new UserError(`${resume === true ? '--resume' : '--on-bad quarantine'} needs --json FILE`, {
      remedy: 'What is kept of a run lies beside its report.',
    });
  }
  await refuseAmongInputs(options, folders);
  for (const name of files) {
    const file = options[name];
    if (file !== undefined) await prepareFile(file);
  }
  if (maps === undefined) return;
  await mkdir(maps, { recursive: true });
  if (resume !== true && (await readdir(maps)).length > 0) {
    throw new UserError('the folder for maps is not empty', { where: maps, remedy: 'Name a new or empty folder.' });
  }
}

/** @throws UserError  for an output within a folder of images, or in place of a file that is read. */
async function refuseAmongInputs(options: EvaluateFoldersOptions, folders: readonly string[]): Promise<void> {
  const named = await placesOf([options.real, options.generated]);
  const read = await placesOf([options.pairs, options.features]);
  for (const name of [...files, 'maps'] as const) {
    const output = options[name];
    if (output === undefined) continue;
    const place = await placeOf(output);
    if (read.includes(place)) {
      throw new UserError(`--${name} would replace a file that is read`, {
        where: output,
        remedy: 'Choose another name.',
      });
    }
    // A report may lie beside a list of pairs, whose folder is where images are looked for; a folder of pictures may not.
    const among = name === 'maps' ? [...named, ...(await placesOf(folders))] : named;
    if (!among.some((folder) => isWithin(folder, place))) continue;
    throw new UserError(`--${name} would lie among the images that are scored`, {
      where: output,
      expected: 'a place outside --real and --generated',
      remedy: 'Nothing is written into the folders, so that they are the same for the next evaluation.',
    });
  }
}

async function placesOf(paths: readonly (string | undefined)[]): Promise<string[]> {
  return Promise.all(paths.filter((path) => path !== undefined).map(placeOf));
}

/** Absolute, and behind all links; of what is not there yet, as far as there is something. */
async function placeOf(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(await placeOf(parent), basename(absolute));
  }
}

function isWithin(folder: string, place: string): boolean {
  const inside = relative(folder, place);
  return inside === '' || !(inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside));
}

/** The list of what was left out, beside the report. */
export async function writeQuarantine(json: string, problems: readonly ImageSetProblem[]): Promise<void> {
  const file = `${json}.quarantine.jsonl`;
  const errors = problems.filter(({ severity }) => severity === 'error');
  await writeWhole(
    file,
    errors.map((problem) => `${JSON.stringify(problem)}\n`),
  );
  console.log(`${errors.length} left out, listed in ${file}`);
}
