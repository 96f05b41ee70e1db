// Names of sources: the same for the same folder, so that a kept address still works tomorrow.
import { createHash } from 'node:crypto';
import { basename, dirname, relative, resolve, sep } from 'node:path';

/** Can stand in a URL and in a file name as it is. */
export function sourceId(title: string, paths: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(paths.map((path) => resolve(path))))
    .digest('hex');
  const slug = title
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-40);
  return `${slug === '' ? 'source' : slug}-${hash.slice(0, 8)}`;
}

/** As a person would say it: relative to where the command runs, else its last two parts. */
export function titleOf(folder: string): string {
  const path = resolve(folder);
  const way = relative(process.cwd(), path);
  const isBelow = way !== '' && !way.startsWith('..') && way !== path;
  return isBelow ? way.split(sep).join('/') : `${basename(dirname(path))}/${basename(path)}`;
}
