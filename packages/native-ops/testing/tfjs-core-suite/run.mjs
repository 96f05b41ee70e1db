// Runs the suite that TF.js tests its own backends with: every spec of tfjs-core 4.22.0.
//
//   npx nx run native-ops:tfjs-core-suite -- [--backend native-cpu|cpu] [--flush eager|batched]
//                                            [--gradients corrected|stock] [--filter <regular expression>] [--write-table]
//
// On native-cpu without --flush both ways run, one process each, and their counts are added up. The table of native and
// fallback calls stands in the package's README; a run without a filter fails when it is not what the README says, and
// --write-table writes it there.
//
// The specs are extension-less ES modules and expect Jasmine, so they are bundled together with the backend under test and
// run by Jasmine in this process. Ends with `N passed, N failed, N skipped`; exits with 1 when a spec failed, or when fewer
// specs than the minimum passed, and with 2 when it was called wrongly.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleForNode, packageRoot } from '../bundle-for-node.mjs';

// Of 4 232 specs (4 230 on another backend than 'cpu'); below this something was silently left out of the bundle.
const fewestPassed = 4200;

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

function readOptions() {
  const choices = { backend: ['cpu', 'native-cpu'], flush: ['eager', 'batched'], gradients: ['corrected', 'stock'] };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        backend: { type: 'string', default: 'native-cpu' },
        flush: { type: 'string' },
        gradients: { type: 'string', default: 'corrected' },
        filter: { type: 'string' },
        'write-table': { type: 'boolean', default: false },
      },
    }));
    for (const [name, allowed] of Object.entries(choices)) {
      if (values[name] !== undefined && !allowed.includes(values[name])) {
        throw new Error(`--${name} is '${values[name]}', expected one of: ${allowed.join(', ')}.`);
      }
    }
    if (values.flush && values.backend === 'cpu')
      throw new Error('--flush has a meaning only with --backend native-cpu.');
    if (values.filter) new RegExp(values.filter);
    return values;
  } catch (error) {
    console.error(`tfjs-core-suite: ${error.message}`);
    process.exit(2);
  }
}

/** @returns {Promise<string>} the file that holds specs, backend and TF.js */
function bundleSuite({ backend, gradients }) {
  // The environment must be set before the first spec is defined.
  const contents = [
    gradients === 'corrected' ? `import './src/entry/tf.ts';` : `import './src/tfjs/registered-core.ts';`,
    backend === 'native-cpu' ? `import './testing/tfjs-core-suite/kernel-counts.ts';` : '',
    `import './testing/tfjs-core-suite/suite-environment.ts';`,
    `import '@tensorflow/tfjs-core/dist/tests.js';`,
  ].join('\n');
  return bundleForNode(contents, `generated/tfjs-core-suite/${backend}-${gradients}.cjs`, {
    format: 'cjs',
    // One tfjs-core: the ES modules, which the specs import by relative paths.
    mainFields: ['module', 'main'],
    // Without it the package's `sideEffects` field drops the specs.
    ignoreAnnotations: true,
    external: ['*.node'],
    plugins: [suitePlugin],
  });
}

const suitePlugin = {
  name: 'tfjs-core-suite',
  setup(context) {
    // TF.js asks for a file that the exports of jasmine-core hide. Jasmine is there already, as globals.
    context.onResolve({ filter: /^jasmine-core\// }, () => ({ path: 'jasmine-core', namespace: 'stub' }));
    context.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'exports.core = () => ({});' }));
    // Gradients and chained ops from the ES modules too.
    context.onResolve({ filter: /^#tfjs-registration$/ }, () => ({
      path: path.join(packageRoot, 'src/tfjs/registration.browser.ts'),
    }));
  },
};

async function runSuite({ backend, filter, gradients, flush, 'write-table': writeTable }, bundle) {
  const { exclusions } = JSON.parse(readFileSync(path.join(here, 'exclusions.json'), 'utf8'));
  const excluded = exclusions
    .filter((exclusion) => exclusion.backends?.includes(backend) ?? true)
    .filter((exclusion) => (exclusion.gradients ?? gradients) === gradients)
    .map((exclusion) => ({ ...exclusion, spec: exclusion.spec.replace(' {} ', ` ${backend} {} `) }));
  const { default: Jasmine } = await import('jasmine');
  const jasmine = new Jasmine({ projectBaseDir: packageRoot });
  jasmine.exitOnCompletion = false;
  jasmine.clearReporters();
  const reporter = new SuiteReporter(excluded, filter ? new RegExp(filter) : undefined);
  jasmine.addReporter(reporter);
  // Specs depend on their order: they share one engine and its registries.
  jasmine.env.configure({ random: false, specFilter: (spec) => reporter.isWanted(spec.getFullName()) });
  globalThis.suiteOptions = { backend };
  const quiet = silenceWarnings();
  let result;
  try {
    require(bundle);
    result = await jasmine.execute();
  } finally {
    quiet.restore();
  }
  if (globalThis.suiteKernelCounts && filter === undefined)
    reporter.failed += checkTable(globalThis.suiteKernelCounts(), writeTable);
  console.log(`tfjs-core 4.22.0 on ${backend}${flush ? `, ${flush} flush` : ''}, ${gradients} gradients`);
  const fewest = filter === undefined ? fewestPassed : 1;
  if (reporter.passed < fewest) console.log(`Only ${reporter.passed} specs passed, at least ${fewest} must.`);
  if (result.overallStatus === 'incomplete' && filter === undefined) {
    console.log(`Jasmine says '${result.overallStatus}': ${result.incompleteReason}.`);
    reporter.failed += 1;
  }
  console.log(`${reporter.passed} passed, ${reporter.failed} failed, ${reporter.skipped} skipped`);
  process.exitCode = reporter.failed > 0 || reporter.passed < fewest ? 1 : 0;
}

/** The specs provoke hundreds of warnings on purpose; only failures are shown. */
function silenceWarnings() {
  const { warn, log } = console;
  console.warn = () => {};
  console.log = () => {};
  return { restore: () => Object.assign(console, { warn, log }) };
}

class SuiteReporter {
  passed = 0;
  failed = 0;
  skipped = 0;
  print = console.log;

  constructor(excluded, filter) {
    this.excluded = new Map(excluded.map((exclusion) => [exclusion.spec, exclusion]));
    this.filter = filter;
  }

  isWanted(fullName) {
    return !this.filter || this.filter.test(fullName);
  }

  specDone(spec) {
    const exclusion = this.excluded.get(spec.fullName);
    if (spec.status === 'pending') {
      this.reportSkip(spec, spec.pendingReason || 'pending in tfjs-core itself');
    } else if (spec.status === 'failed') {
      if (exclusion) this.reportSkip(spec, `${exclusion.reason}; excluded since ${exclusion.since}`);
      else this.reportFailure(spec);
    } else if (spec.status === 'passed') {
      if (exclusion) this.reportFailure(spec, ['passes, but is in exclusions.json: remove it there']);
      else this.passed++;
    }
  }

  suiteDone(suite) {
    if (suite.failedExpectations?.length) this.reportFailure(suite);
  }

  /** Failures outside specs and suites, such as an error that nobody caught. */
  jasmineDone({ failedExpectations }) {
    if (failedExpectations.length) this.reportFailure({ fullName: 'outside the specs', failedExpectations });
  }

  reportSkip({ fullName }, reason) {
    this.skipped++;
    this.print(`skipped: ${fullName}: ${reason}`);
  }

  reportFailure({ fullName, failedExpectations }, messages = failedExpectations.map(({ message }) => message)) {
    this.failed++;
    this.print(`failed: ${fullName}`);
    for (const message of messages.slice(0, 3)) {
      const firstLines = message.split('\n').slice(0, 4);
      this.print(firstLines.map((line) => `    ${line}`).join('\n'));
    }
  }
}

/** Prints the table and holds it against the README. Returns the number of failures, 0 or 1. */
function checkTable(rows, write) {
  const table = kernelTable(rows);
  console.log(table);
  const readme = path.join(packageRoot, 'README.md');
  const text = readFileSync(readme, 'utf8');
  const [begin, end] = ['<!-- kernels: generated by tfjs-core-suite --write-table -->', '<!-- kernels: end -->'];
  const start = text.indexOf(begin);
  const stop = text.indexOf(end);
  if (start < 0 || stop < start) throw new Error(`${readme} has lost the comments around its kernel table.`);
  const updated = `${text.slice(0, start + begin.length)}\n\n${table}\n\n${text.slice(stop)}`;
  if (write) writeFileSync(readme, updated);
  if (write || text === updated) return 0;
  console.log('failed: the kernel table of packages/native-ops/README.md is not what ran');
  console.log('    Write it: npx nx run native-ops:tfjs-core-suite -- --write-table');
  return 1;
}

/** Every kernel that ran with its native and fallback calls, as Markdown in the formatter's alignment. */
function kernelTable(rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const native = sum('native');
  const fallback = sum('fallback');
  const share = ((100 * native) / (native + fallback)).toFixed(1);
  const cells = [
    ['kernel', 'form', 'native', 'fallback'],
    ...rows.map((row) => [row.kernel, row.isNative ? 'native' : 'TF.js', `${row.native}`, `${row.fallback}`]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const forms = rows.filter((row) => row.isNative).length;
  return [
    `${forms} kernels have a native form, ${rows.length - forms} run on TF.js's CPU kernels. The last two columns count the calls`,
    `while TF.js's own suite runs: ${native} native, ${fallback} fallback (${share} % native). A kernel with a native form falls`,
    'back for data types, ranks and layouts that the form does not cover.',
    '',
    ...[line(cells[0]), rule, ...cells.slice(1).map(line)],
  ].join('\n');
}

/** Each way of flushing in a process of its own: a backend reads its settings once. */
function runBothFlushes() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const flush of ['batched', 'eager']) {
    // The table is the same for both; one of them checks or writes it.
    const args = process.argv.slice(2).filter((argument) => flush === 'batched' || argument !== '--write-table');
    const { stdout, status } = spawnSync(process.execPath, [process.argv[1], ...args, '--flush', flush], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 28,
    });
    const lines = stdout.trimEnd().split('\n');
    const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(lines.at(-1) ?? '');
    console.log(lines.slice(0, counts ? -1 : undefined).join('\n'));
    if (counts) console.log(`${flush} flush: ${counts[0]}`);
    total.passed += Number(counts?.[1] ?? 0);
    total.failed += counts && (Number(counts[2]) > 0 || status === 0) ? Number(counts[2]) : 1;
    total.skipped += Number(counts?.[3] ?? 0);
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

const options = readOptions();
if (options.backend === 'native-cpu' && options.flush === undefined) {
  runBothFlushes();
} else {
  if (options.flush) process.env.GGB_FLUSH = options.flush;
  await runSuite(options, await bundleSuite(options));
}
