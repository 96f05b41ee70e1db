// Files that a command shall write: looked at before the work, not after it.
import { access, constants, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from './user-error.ts';

/** The option of commands whose files are kept from slips by {@link refuseExisting}; its text is the rule. */
export const forceOption = ['--force', 'overwrite what is there; without it, nothing is'] as const;

/** @throws UserError  that names the first of the files that exist, unless `force` is given. */
export async function refuseExisting(files: readonly string[], force = false): Promise<void> {
  if (force) return;
  const found = await Promise.all(
    files.map((file) =>
      lstat(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  const first = files[found.indexOf(true)];
  if (first === undefined) return;
  const others = found.filter(Boolean).length - 1;
  throw new UserError(`the file exists${others > 0 ? `, and ${others} more of those to be written` : ''}`, {
    where: first,
    remedy: 'Choose another name, or overwrite with --force',
  });
}

/**
 * Makes the folder of a file that will be written, and finds out what would keep it from being written.
 *
 * @throws UserError  if a folder has its name, and what the system says about the path.
 */
export async function prepareFile(file: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) throw new UserError('is a folder, not a file', { where: file });
  await access(found === undefined ? folder : file, constants.W_OK);
}
