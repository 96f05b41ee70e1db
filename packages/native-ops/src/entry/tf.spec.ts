// TF.js's entry where it must work: Node with compiled files, Jest with sources (this file), a browser bundle; alone and
// beside other copies of TF.js. What needs a process of its own gets one.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import * as tf from './tf.ts';

const packageRoot = join(__dirname, '..', '..');
// Inside the package, so that the compiled files find its package.json, and its dependencies.
const scratch = join(packageRoot, 'generated', 'tf-entry-spec');
const compiled = join(scratch, 'dist');
const requireHere = createRequire(__filename);
const coreFile = requireHere.resolve('@tensorflow/tfjs-core');

beforeAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  const tsc = join(dirname(requireHere.resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', compiled], { cwd: packageRoot });
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs an ES module in a new Node process. */
function inNode(source: string): { output: string; warnings: string; status: number | null } {
  const file = join(scratch, 'program.mjs');
  writeFileSync(file, source);
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  return { output: stdout.trim(), warnings: stderr.trim(), status };
}

/** A second copy of tfjs-core on disk, as npm makes when versions cannot be shared. Returns its main file. */
function secondCopy(version: string): string {
  const root = join(scratch, `copy-${version}`, 'node_modules', '@tensorflow', 'tfjs-core');
  mkdirSync(join(root, 'dist'), { recursive: true });
  cpSync(coreFile, join(root, 'dist', 'tf-core.node.js'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ version, main: 'dist/tf-core.node.js' }));
  return join(root, 'dist', 'tf-core.node.js');
}

/** What the packages of an app do when they load TF.js once more: registers all stock gradients and chained ops. */
function appsOwnTfjs(): string {
  const file = join(scratch, 'apps-own-tfjs.cjs');
  writeFileSync(
    file,
    `require('@tensorflow/tfjs-backend-cpu');\n${readFileSync(join(packageRoot, 'generated', 'tfjs-registration.cjs'), 'utf8')}`,
  );
  return file;
}

const useEntry = `
  const x = tf.tensor1d([1, 2, 3]);
  const gradient = tf.grad((v) => v.mirrorPad([[1, 0]], 'reflect').square().sum())(x);
  console.log(JSON.stringify([...gradient.dataSync()]));
`;
// The square of the second value counts twice, because reflection repeats it.
const rightGradient = '[2,8,6]';

describe('the TF.js entry', () => {
  it('has gradients, chained ops and the CPU backend in Jest, from sources', () => {
    const gradient = tf.grad((x) => x.square().sum())(tf.tensor1d([1, 2]));
    expect([...gradient.dataSync()]).toEqual([2, 4]);
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.version_core).toBe('4.22.0');
  });

  it('has them in Node, from compiled files, and prints nothing of its own', () => {
    const run = inNode(`import * as tf from ${JSON.stringify(join(compiled, 'entry', 'tf.js'))};\n${useEntry}`);
    expect(run).toEqual({ output: rightGradient, warnings: '', status: 0 });
  });

  it('has a gradient for every kernel for which the ES modules of TF.js register one', () => {
    const modules = readFileSync(join(dirname(coreFile), 'register_all_gradients.js'), 'utf8');
    const files = [...modules.matchAll(/from '(\.\/gradients\/\w+)'/g)].map(([, file]) =>
      join(dirname(coreFile), `${file}.js`),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      // The constants that name kernels are called like them, up to those that begin with a lower line.
      const kernelName = /kernelName: (\w+)/.exec(readFileSync(file, 'utf8'))?.[1] as string;
      expect([file, tf.getGradient(kernelName)?.kernelName]).toEqual([file, kernelName]);
    }
  });

  it('adds every chained op that the ES modules of TF.js add', () => {
    const modules = readFileSync(
      join(dirname(coreFile), 'public', 'chained_ops', 'register_all_chained_ops.js'),
      'utf8',
    );
    const files = [...modules.matchAll(/import '\.\/(\w+)'/g)].map(([, file]) => file as string);
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const source = readFileSync(join(dirname(coreFile), 'public', 'chained_ops', `${file}.js`), 'utf8');
      for (const [, op] of source.matchAll(/getGlobalTensorClass\(\)\.prototype\.(\w+) =/g)) {
        expect([op, typeof (tf.Tensor.prototype as unknown as Record<string, unknown>)[op as string]]).toEqual([
          op,
          'function',
        ]);
      }
    }
  });

  it('can be bundled for a browser, without anything of Node, and runs there', async () => {
    const entry = join(scratch, 'page.mjs');
    writeFileSync(entry, `import * as tf from '@ggb/native-ops/tf';\n${useEntry}`);
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'browser',
      conditions: ['@ggb/source'],
      format: 'iife',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    expect(result.warnings.map(({ text }) => text)).toEqual([]);
    const imported = Object.values(result.metafile.inputs).flatMap(({ imports }) => imports);
    expect(imported.filter(({ external }) => external).map(({ path }) => path)).toEqual([]);
    expect(
      Object.keys(result.metafile.inputs).filter((file) => /tf-core\.node|tfjs-registration\.cjs/.test(file)),
    ).toEqual([]);
    const lines: string[] = [];
    const page: Record<string, unknown> = {
      console: { log: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) },
      document: {},
      navigator: { userAgent: '' },
      performance,
      setTimeout,
      TextEncoder,
    };
    page.window = page;
    runInContext(result.outputFiles[0]?.text as string, createContext(page));
    expect(lines).toEqual([rightGradient]);
  });
});

describe("beside an app's own TF.js", () => {
  const entry = JSON.stringify(join(compiled, 'entry', 'tf.js'));

  it.each(['before', 'after'])(
    'of the same installation, loaded %s it, nothing is printed and gradients stay corrected',
    (when) => {
      const app = `require(${JSON.stringify(appsOwnTfjs())});`;
      const run = inNode(`
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      ${when === 'before' ? app : ''}
      const tf = await import(${entry});
      ${when === 'after' ? app : ''}
      tf.assertOneEngine();
      ${useEntry}
    `);
      expect(run).toEqual({ output: rightGradient, warnings: '', status: 0 });
    },
  );

  it('of the same version but another place, tensors, variables and gradients are shared', () => {
    const run = inNode(`
      import { createRequire } from 'node:module';
      import * as tf from ${entry};
      const other = createRequire(import.meta.url)(${JSON.stringify(secondCopy('4.22.0'))});
      tf.assertOneEngine();
      const x = other.tensor1d([1, 2, 3]);
      const gradient = other.grad((v) => other.sum(other.square(tf.mirrorPad(v, [[1, 0]], 'reflect'))))(x);
      console.log(JSON.stringify([...gradient.dataSync()]), other.engine() === tf.engine(), x instanceof tf.Tensor, x.square().sum().dataSync()[0]);
    `);
    expect(run.output).toBe(`${rightGradient} true true 14`);
    expect(run.status).toBe(0);
  });

  it.each(['before', 'after'])('of another version, loaded %s it, is refused with both versions and places', (when) => {
    const other = secondCopy('4.21.0');
    const load = `require(${JSON.stringify(other)});`;
    const run = inNode(`
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      try {
        ${when === 'before' ? load : ''}
        const tf = await import(${entry});
        ${when === 'after' ? load : ''}
        tf.assertOneEngine();
      } catch (error) {
        console.log(JSON.stringify({ name: error.name, conflict: error.conflict, expected: error.expected, received: error.received, message: error.message }));
      }
    `);
    const error = JSON.parse(run.output);
    expect(error).toMatchObject({
      name: 'EngineConflictError',
      conflict: 'two versions',
      expected: { version: '4.22.0', path: coreFile },
      received: { version: '4.21.0', path: other },
    });
    expect(error.message).toContain('npm ls @tensorflow/tfjs-core');
  });

  it('with an engine of its own, because `window` appeared in between, is refused', () => {
    const run = inNode(`
      import { createRequire } from 'node:module';
      import * as tf from ${entry};
      globalThis.window = {};
      createRequire(import.meta.url)(${JSON.stringify(secondCopy('4.22.0'))});
      try {
        tf.assertOneEngine();
      } catch (error) {
        console.log(error instanceof tf.EngineConflictError, error.conflict, error.received.path);
      }
    `);
    expect(run.output).toBe('true two engines window._tfengine');
  });
});
