// Asserts that one TF.js engine of one version serves the process.
//
// TF.js keeps its engine, kernel registry, gradient registry and Tensor class in globals (`_tfengine`, `_tfGlobals`), so
// that several copies of its code share them. Copies of one version are therefore harmless (one-engine.spec.ts shows it).
// Copies of two versions share the engine just the same, and nothing in TF.js notices. Nor does it notice a second engine,
// which appears when `window` is defined between the loading of two copies: the globals then live on another object.
import type { CoreCopy } from './errors.ts';
import { EngineConflictError } from './errors.ts';

/** Key under which the engine carries who registered gradients and kernels for it. */
const MARK = Symbol.for('@ggb/native-ops/engine');

type Engine = object & { [MARK]?: CoreCopy };

/** The two members of Node's `module` that are used; `module` itself cannot be imported, this file runs in browsers too. */
interface NodeModule {
  createRequire(path: string): { cache: Record<string, unknown>; resolve(id: string): string; (id: string): unknown };
}

interface NodeProcess {
  cwd(): string;
  getBuiltinModule?(id: 'module'): NodeModule;
}

let engineOfThisCopy: Engine | undefined;
let thisCopy: CoreCopy | undefined;

/**
 * Claims the engine for this package and asserts that it is the only one.
 *
 * @throws EngineConflictError  if another version of tfjs-core, or another engine, is already there.
 */
export function markEngine(engine: object, version: string): void {
  engineOfThisCopy = engine;
  const paths = loadedCores().filter((copy) => copy.version === version);
  thisCopy = { version, path: paths[0]?.path ?? 'an unknown place (bundled)' };
  assertOneEngine();
  engineOfThisCopy[MARK] ??= thisCopy;
}

/**
 * Asserts that no other version of tfjs-core and no second engine has appeared since this package was loaded.
 * Costs a walk over Node's list of loaded CommonJS modules, so call it when a backend starts, not per operation.
 * In a browser, and for copies inside bundles, only the engine itself can be compared.
 *
 * @throws EngineConflictError  naming both versions, where each came from, and what to do.
 */
export function assertOneEngine(): void {
  if (!engineOfThisCopy || !thisCopy) return;
  for (const copy of loadedCores()) {
    if (copy.version !== thisCopy.version) throw new EngineConflictError('two versions', thisCopy, copy);
  }
  const mark = engineOfThisCopy[MARK];
  if (mark && mark.version !== thisCopy.version) throw new EngineConflictError('two versions', thisCopy, mark);
  for (const [holder, engine] of engines()) {
    if (engine === engineOfThisCopy) continue;
    const other = engine[MARK] ?? { version: 'unknown version', path: `${holder}._tfengine` };
    throw new EngineConflictError('two engines', thisCopy, other);
  }
}

/** Every engine that can be reached, with the object that holds it. TF.js looks for a holder in this order. */
function engines(): [holder: string, engine: Engine][] {
  const scope = globalThis as { _tfengine?: Engine; window?: { _tfengine?: Engine } };
  const found: [string, Engine][] = [];
  if (scope.window?._tfengine) found.push(['window', scope.window._tfengine]);
  if (scope._tfengine) found.push(['globalThis', scope._tfengine]);
  return found;
}

/** The copies of tfjs-core that Node has loaded as CommonJS modules. Empty in a browser. */
function loadedCores(): CoreCopy[] {
  const process = (globalThis as { process?: NodeProcess }).process;
  const nodeModule = process?.getBuiltinModule?.('module');
  if (!process || !nodeModule) return [];
  const require = nodeModule.createRequire(`${process.cwd()}/`);
  const copies: CoreCopy[] = [];
  for (const path of Object.keys(require.cache)) {
    const root = /^(.*[\\/]@tensorflow[\\/]tfjs-core)[\\/]dist[\\/]tf-core[^\\/]*\.js$/.exec(path)?.[1];
    if (!root) continue;
    const { version } = require(`${root}/package.json`) as { version: string };
    copies.push({ version, path });
  }
  return copies;
}
