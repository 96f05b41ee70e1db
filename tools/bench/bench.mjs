// npm run bench lists the benchmarks, npm run bench -- NAME runs bench/NAME.bench.ts and checks its last line; with
// --keep the line goes into bench/results, which is for measurements on a machine that did nothing else.
// esbuild turns the TypeScript into one file and leaves every package outside, so what is measured is the built
// packages, resolved as a user's program would resolve them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, scratchFolder } from '../bootstrap/repository.mjs';
import { main, setUp } from '../bootstrap/set-up.mjs';
import { SetUpError } from '../bootstrap/set-up-error.mjs';
import { measurementProblem } from './measurement.mjs';

const benchFolder = join(repositoryRoot, 'bench');
const suffix = '.bench.ts';
const keepFlag = '--keep';

await main(async () => {
  const [name, ...rest] = process.argv.slice(2);
  const keeps = rest.includes(keepFlag);
  const args = rest.filter((argument) => argument !== keepFlag);
  const known = benchmarks();
  if (name === undefined) {
    console.log(known.length === 0 ? 'There is no benchmark yet.' : `Benchmarks: ${known.join(', ')}`);
    console.log(`Run one with: npm run bench -- NAME [${keepFlag}]`);
    return 0;
  }
  if (!known.includes(name)) {
    throw new SetUpError(
      'benchmark',
      `there is no bench/${name}${suffix}.`,
      `Known: ${known.join(', ') || 'none yet'}`,
    );
  }
  setUp();
  const { build } = await import('esbuild');
  // Beneath the repository, so that packages resolve from its node_modules.
  const outfile = join(scratchFolder, 'bench', `${name}.mjs`);
  await build({
    entryPoints: [join(benchFolder, `${name}${suffix}`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const result = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  process.stdout.write(result.stdout);
  if (result.status !== 0) return result.status ?? 1;
  const line = result.stdout.trimEnd().split('\n').at(-1) ?? '';
  const problem = measurementProblem(line);
  if (problem !== undefined) {
    console.error(`bench ${name}: the last line is not a measurement: ${problem}.`);
    return 1;
  }
  if (keeps) keep(name, JSON.parse(line));
  return 0;
});

/**
 * @param {string} name
 * @param {{ date: string }} measurement
 */
function keep(name, measurement) {
  const file = join('bench', 'results', `${name}-${measurement.date.slice(0, 10)}.json`);
  writeFileSync(join(repositoryRoot, file), `${JSON.stringify(measurement, null, 2)}\n`);
  const biome = join(repositoryRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  spawnSync(process.execPath, [biome, 'format', '--write', file], { cwd: repositoryRoot, stdio: 'ignore' });
  console.error(`Kept as ${file}.`);
}

function benchmarks() {
  if (!existsSync(benchFolder)) return [];
  const files = readdirSync(benchFolder).filter((file) => file.endsWith(suffix));
  return files.map((file) => file.slice(0, -suffix.length)).sort();
}
