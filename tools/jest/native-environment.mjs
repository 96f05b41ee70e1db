// Jest runs specs in a vm context with intrinsics of its own. What a native addon or Node itself creates belongs to the
// outer realm, so `addon.download() instanceof Float32Array` is false in the stock environment, although it is true in
// every real program. This environment removes that difference and nothing else.
import { runInContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const binaryConstructors = /** @type {const} */ ([
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]);

const errorConstructors = /** @type {const} */ ([
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);

// Errors come from both realms: V8 throws the context's own TypeError for `null.x`, the addon throws the outer one.
// Replacing the constructor would only move the mismatch, so the context's constructors recognise both instead.
const recogniseOuterErrors = `(inner, outer) => {
  Object.defineProperty(inner, Symbol.hasInstance, {
    configurable: true,
    value(candidate) {
      const isInstanceOf = Function.prototype[Symbol.hasInstance];
      if (isInstanceOf.call(this, candidate)) return true;
      return this === inner && isInstanceOf.call(outer, candidate);
    },
  });
}`;

export default class NativeEnvironment extends TestEnvironment {
  /**
   * @param {import('@jest/environment').JestEnvironmentConfig} config
   * @param {import('@jest/environment').EnvironmentContext} context
   */
  constructor(config, context) {
    // Nx forces colours on everything it starts. What a spec's child process prints is compared, so it has to be plain;
    // Jest itself has read the variable long ago.
    delete process.env.FORCE_COLOR;
    super(config, context);
    const outer = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis));
    const inner = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (this.global));
    for (const name of binaryConstructors) inner[name] = outer[name];
    const vmContext = this.getVmContext();
    if (vmContext === null) throw new Error('NativeEnvironment: jest-environment-node made no vm context.');
    const recognise = runInContext(recogniseOuterErrors, vmContext);
    for (const name of errorConstructors) recognise(inner[name], outer[name]);
  }
}
