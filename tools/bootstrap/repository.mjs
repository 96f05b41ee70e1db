import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository. */
export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Absolute path of the ignored folder for stamps, reports and downloaded Node versions. */
export const scratchFolder = join(repositoryRoot, '.ggb');
