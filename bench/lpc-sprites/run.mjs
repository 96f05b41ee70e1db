// node bench/lpc-sprites/run.mjs NAME [--key value ...] runs NAME.ts of this folder: compose, baselines or contact-sheet.
// Not a benchmark of tools/bench: these write data and scores, there is no peer and no last line to compare.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const repositoryRoot = join(here, '..', '..');
const names = ['compose', 'baselines', 'contact-sheet'];
const name = process.argv[2] ?? '';

if (!names.includes(name) || !existsSync(join(here, `${name}.ts`))) {
  console.error(`lpc-sprites: expected one of ${names.join(', ')}, received '${name}'.`);
  process.exitCode = 2;
} else {
  // Beneath the repository, so that sharp resolves from its node_modules. Our packages are taken from their sources.
  const outfile = join(repositoryRoot, '.ggb', 'bench', `lpc-sprites-${name}.mjs`);
  await build({
    entryPoints: [join(here, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@ggb/source'],
    external: ['sharp'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(outfile).href);
  try {
    await main(process.argv.slice(3));
  } catch (error) {
    const isForUser = error?.name === 'StudyError' || String(error?.code).startsWith('ERR_PARSE_ARGS');
    if (!isForUser) throw error;
    console.error(`lpc-sprites ${name}: ${error.message}`);
    process.exitCode = 2;
  }
}
