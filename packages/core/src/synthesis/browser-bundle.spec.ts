// '@ggb/core' is isomorphic: bundled for a page it needs nothing that a page has not.
import { join } from 'node:path';
import { build } from 'esbuild';

const entry = join(__dirname, '..', 'entry', 'core.ts');

/** Bundles for a page. esbuild fails where a module of Node is imported, unless the importing package says that a page needs none. */
async function bundle(contents: string) {
  const { metafile } = await build({
    stdin: { contents, resolveDir: __dirname, loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    conditions: ['@ggb/source'],
    logLevel: 'silent',
  });
  return { inputs: Object.keys(metafile.inputs), exports: Object.values(metafile.outputs)[0]?.exports };
}

describe('the entry for pages', () => {
  it('bundles without anything of Node', async () => {
    const { inputs, exports } = await bundle(`export * from ${JSON.stringify(entry)}`);
    expect(exports).toContain('Synthesizer');
    // What tfjs-core and its seedrandom use in Node alone, which the `browser` field of their package.json empties.
    const emptied = inputs.filter((path) => path.startsWith('(disabled)')).map((path) => path.split(/[:/]/).at(-1));
    expect(emptied.sort()).toEqual(['browser.js', 'crypto', 'util']);
    expect(inputs.filter((path) => /node_modules\/(sharp|commander)\//.test(path))).toEqual([]);
  }, 30_000);

  it('would not, if a file of ours imported something of Node', async () => {
    for (const specifier of ['node:fs/promises', 'fs', 'node:path']) {
      await expect(bundle(`export * from '${specifier}'`)).rejects.toThrow(`Could not resolve "${specifier}"`);
    }
  });
});
