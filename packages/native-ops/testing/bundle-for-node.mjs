// Bundles TypeScript sources for a plain Node process, for programs that must not run inside Jest: there every access to a
// global goes through the vm context, and TF.js's CPU kernels take six times as long.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @param {string} contents  source of the entry; imports relative to the package root.
 * @param {string} outfile  relative to the package root; keep it there, so that the package's own imports resolve.
 * @param {import('esbuild').BuildOptions} options
 * @returns {Promise<string>} the absolute path of the bundle.
 */
export async function bundleForNode(contents, outfile, options) {
  const file = path.join(packageRoot, outfile);
  mkdirSync(path.dirname(file), { recursive: true });
  await build({
    stdin: { contents, resolveDir: packageRoot, loader: 'ts' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@ggb/source'],
    // The addon is found relative to the source file that loads it, as it would be without a bundle.
    banner: {
      js: `const addonLoaderUrl = ${JSON.stringify(pathToFileURL(path.join(packageRoot, 'src/backend/addon.ts')))};`,
    },
    define: { 'import.meta.url': 'addonLoaderUrl' },
    logLevel: 'error',
    outfile: file,
    ...options,
  });
  return file;
}
