import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { backendName, loadAddon, NativeBackend, NativeKernelError, nativeBackend } from '../entry/node.ts';
import * as tf from '../entry/tf.ts';
import { nativeKernels } from '../ops/registry.ts';
import type { NativeKernel } from './kernel-runtime.ts';
import { settingsFromEnvironment } from './settings.ts';

describe('the native-cpu backend', () => {
  beforeEach(async () => {
    await tf.setBackend(backendName);
    tf.engine().startScope();
  });
  afterEach(() => {
    tf.engine().endScope();
  });

  it('is the current backend after one import', () => {
    expect(tf.getBackend()).toBe('native-cpu');
    expect(tf.add([1, 2], [3, 4]).arraySync()).toEqual([4, 6]);
  });

  it('says what it runs with', () => {
    expect(nativeBackend().description).toEqual({
      threads: settingsFromEnvironment().threads,
      instructionSet: expect.stringMatching(/^(baseline|avx2|avx512)$/),
      convolutionLibrary: expect.stringMatching(/^oneDNN \d|^own kernels/),
      guarded: settingsFromEnvironment().guarded,
    });
  });

  it('shows native bytes in tf.memory() and gives them back when a tensor is disposed', () => {
    const memory = () => tf.memory() as tf.MemoryInfo & { nativeBytes: number; nativeBuffers: number };
    const before = memory();
    const y = tf.square(tf.tensor1d([1, 2, 3]));
    expect(memory().unreliable).toBe(false);
    expect(memory().nativeBytes - before.nativeBytes).toBe(2 * 12);
    y.dispose();
    expect(memory().nativeBytes - before.nativeBytes).toBe(12);
    expect(memory().nativeBuffers - before.nativeBuffers).toBe(1);
  });

  it('keeps bytes as bytes: bool is one byte, and casts of a fallback kernel are read as their own type', () => {
    const bits = tf.tensor1d([1, 0, 1], 'bool');
    const cast = { dataId: bits.dataId, shape: [3], dtype: 'float32' } as tf.TensorInfo;
    const backend = nativeBackend();
    backend.incRef(bits.dataId);
    const asFloat = tf.engine().makeTensorFromTensorInfo(cast, backend);
    expect([...tf.mul(asFloat, 2).dataSync()]).toEqual([2, 0, 2]);
  });

  it('moves tensors to and from another backend without changing them', () => {
    const x = tf.square(tf.tensor1d([1, 2, 3]));
    tf.setBackend('cpu');
    const onCpu = tf.neg(x);
    expect([...onCpu.dataSync()]).toEqual([-1, -4, -9]);
    tf.setBackend(backendName);
    expect([...tf.add(x, onCpu).dataSync()]).toEqual([0, 0, 0]);
  });

  it('runs kernels that are not native yet on the CPU kernels of TF.js and counts both', () => {
    const { report } = nativeBackend();
    report.reset();
    const signal = tf.spectral.fft(tf.complex([1, 0, 0, 0], [0, 0, 0, 0]));
    expect([...tf.real(signal).dataSync()]).toEqual([1, 1, 1, 1]);
    tf.square(tf.tensor1d([1])).dataSync();
    expect(report.of('FFT')).toEqual({ kernel: 'FFT', native: 0, fallback: 1 });
    expect(report.of('Square')).toEqual({ kernel: 'Square', native: 1, fallback: 0 });
  });

  it('keeps nothing of a kernel that failed', () => {
    const table = tf.tensor1d([1, 2, 3]);
    const index = tf.tensor1d([7], 'int32');
    const before = nativeBackend().numDataIds();
    expect(() => tf.gather(table, index)).toThrow(/GatherV2: .* 7 /);
    expect(nativeBackend().numDataIds()).toBe(before);
  });

  it('refuses a disposed tensor', () => {
    const x = tf.tensor1d([1, 2, 3]);
    x.dispose();
    expect(() => tf.square(x)).toThrow(/disposed/);
  });

  it("hands out values that are nobody else's", () => {
    const x = tf.neg([1, 2, 3]);
    tf.topk(x as tf.Tensor1D, 1);
    const values = x.dataSync();
    values[0] = 99;
    expect([...x.dataSync()]).toEqual([-1, -2, -3]);
    expect([...tf.mul(x, 1).dataSync()]).toEqual([-1, -2, -3]);
  });

  it('times kernels to their end', async () => {
    const x = tf.ones([512, 512]);
    const { kernelMs } = (await nativeBackend().time(() => tf.exp(x).dispose())) as { kernelMs: number };
    expect(kernelMs).toBeGreaterThan(0);
  });

  it('trims what waits for reuse', () => {
    tf.square(tf.ones([1000])).dispose();
    nativeBackend().trim();
    expect(nativeBackend().memory().nativeCachedBytes).toBe(0);
  });
});

describe('a failure in a batch', () => {
  // A backend of its own, not registered: the test damages it.
  const backend = new NativeBackend(loadAddon(settingsFromEnvironment().addonPath), {
    ...settingsFromEnvironment(),
    flush: 'batched',
  });
  const breakOff = {
    kernelName: 'BreakOff',
    accepts: () => true,
    run: () => {
      const y = backend.output([2], 'float32');
      // More elements than the buffers hold.
      backend
        .command('elementwise_unary')
        .variant('neg')
        .elementType('float32')
        .elementType('float32')
        .size(5)
        .float(0)
        .float(0)
        .input(y)
        .output(y)
        .end();
      return y;
    },
  };
  const negate = {
    kernelName: 'Negate',
    accepts: () => true,
    run: (inputs: tf.NamedTensorInfoMap) => {
      const y = backend.output([2], 'float32');
      backend
        .command('elementwise_unary')
        .variant('neg')
        .elementType('float32')
        .elementType('float32')
        .size(2)
        .float(0)
        .float(0)
        .input(inputs.x as tf.TensorInfo)
        .output(y)
        .end();
      return y;
    },
  };

  it('names the kernel that caused it, not the one that met it, and poisons what came after', () => {
    const x = backend.upload(Float32Array.of(1, 2), [2], 'float32');
    const good = backend.dispatch(negate, { x }, {}, undefined) as tf.TensorInfo;
    const bad = backend.dispatch(breakOff, {}, {}, undefined) as tf.TensorInfo;
    const after = backend.dispatch(negate, { x: bad }, {}, undefined) as tf.TensorInfo;
    let caught: unknown;
    try {
      backend.valuesOf(after);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(NativeKernelError);
    expect(caught).toMatchObject({ kernel: 'BreakOff', status: 'invalid-shape' });
    expect(() => backend.valuesOf(after)).toThrow(caught as Error);
    expect([...backend.valuesOf(good)]).toEqual([-1, -2]);
  });

  it('is thrown again by whoever uses what was not computed, however much later', () => {
    const bad = backend.dispatch(breakOff, {}, {}, undefined) as tf.TensorInfo;
    expect(() => backend.flush()).toThrow(/BreakOff/);
    expect(() => backend.dispatch(negate, { x: bad }, {}, undefined)).toThrow(/BreakOff/);
    expect(() => backend.dispatchFallback('Any', () => backend.upload(backend.valuesOf(bad), [2], 'float32'))).toThrow(
      /BreakOff/,
    );
  });

  it('leaves alone what does not depend on it', () => {
    backend.dispatch(breakOff, {}, {}, undefined);
    const x = backend.upload(Float32Array.of(1, 2), [2], 'float32');
    expect(() => backend.flush()).toThrow(/BreakOff/);
    expect([...backend.valuesOf(x)]).toEqual([1, 2]);
    const y = backend.dispatch(negate, { x }, {}, undefined) as tf.TensorInfo;
    expect([...backend.valuesOf(y)]).toEqual([-1, -2]);
  });

  it('does not keep a tensor from being disposed', () => {
    const before = backend.numDataIds();
    const bad = backend.dispatch(breakOff, {}, {}, undefined) as tf.TensorInfo;
    backend.release(bad);
    expect(backend.numDataIds()).toBe(before);
    expect(() => backend.flush()).toThrow(/BreakOff/);
    backend.flush();
  });

  it('has the right name when the kernel itself made earlier commands run', () => {
    const bits = backend.dispatch(
      nativeKernels.find(({ kernelName }) => kernelName === 'LogicalNot') as NativeKernel,
      { x: backend.upload(Uint8Array.of(0, 1), [2], 'bool') },
      {},
      undefined,
    ) as tf.TensorInfo;
    const run = () => {
      const y = backend.output([2], 'float32');
      const x = { ...bits, dtype: 'float32' as const };
      const command = backend.command('elementwise_unary').variant('neg').elementType('float32').elementType('float32');
      // The values of x are brought to JavaScript to be cast, which runs everything up to here.
      command.size(5).float(0).float(0).input(x).output(y).end();
      return y;
    };
    backend.dispatch({ kernelName: 'CastAndBreakOff', accepts: () => true, run }, {}, {}, undefined);
    expect(() => backend.flush()).toThrow(/^CastAndBreakOff/);
  });

  it('of an allocation does not reach later kernels', () => {
    const huge = () => backend.output([1 << 21, 1 << 21], 'float32');
    const allocateTooMuch = { kernelName: 'AllocateTooMuch', accepts: () => true, run: huge };
    const bad = backend.dispatch(allocateTooMuch, {}, {}, undefined) as tf.TensorInfo;
    expect(() => backend.flush()).toThrow(/AllocateTooMuch/);
    backend.release(bad);
    const x = backend.upload(Float32Array.of(1, 2), [2], 'float32');
    const y = backend.dispatch(negate, { x }, {}, undefined) as tf.TensorInfo;
    expect([...backend.valuesOf(y)]).toEqual([-1, -2]);
  });

  it('of a size that is none is thrown at once, by the name of the kernel', () => {
    for (const size of [-3, 2.5, Number.NaN]) {
      const run = () => backend.output([2, size], 'float32');
      const make = { kernelName: 'MakeSize', accepts: () => true, run };
      expect(() => backend.dispatch(make, {}, {}, undefined)).toThrow(
        `MakeSize: the result would have shape [2,${size}]`,
      );
    }
  });
});

describe('a long program', () => {
  it('still names the right kernel when sequence numbers no longer fit 32 bits', () => {
    const backend = new NativeBackend(loadAddon(settingsFromEnvironment().addonPath), settingsFromEnvironment());
    (backend as unknown as { sequence: number }).sequence = 2 ** 31 - 2;
    const table = backend.upload(Float32Array.of(1, 2, 3), [3], 'float32');
    const gather = nativeKernels.find(({ kernelName }) => kernelName === 'GatherV2') as NativeKernel;
    const attempt = () => {
      const indices = backend.upload(Int32Array.of(9), [1], 'int32');
      backend.dispatch(gather, { x: table, indices }, { axis: 0, batchDims: 0 }, undefined);
    };
    for (let i = 0; i < 4; i++) {
      expect(attempt).toThrow(expect.objectContaining({ kernel: 'GatherV2', status: 'invalid-shape' }));
    }
  });

  it('keeps no list of kernels that had nothing to run natively', () => {
    const x = tf.tensor1d([1, 2, 3]);
    nativeBackend().flush();
    for (let i = 0; i < 1000; i++) x.reshape([3, 1]).dispose();
    const { pendingKernels } = nativeBackend() as unknown as { pendingKernels: string[] };
    expect(pendingKernels.length).toBeLessThan(3);
    x.dispose();
  });
});

describe('a second environment', () => {
  it('is refused with the reason and what to do instead, in a worker thread', async () => {
    // The compiled entry: a worker thread has no TypeScript loader.
    const entry = new URL('../../dist/entry/node.js', import.meta.url).href;
    const script = `
      import(${JSON.stringify(entry)}).then(
        () => 'started',
        (error) => error.name + ': ' + error.message,
      ).then((message) => require('node:worker_threads').parentPort.postMessage(message));
    `;
    const worker = new Worker(script, { eval: true });
    const message = await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    expect(message).toBe(
      'BackendUnavailableError: Backend native-cpu is not available: another thread of this process already runs it.\n' +
        '  Use it from one thread, or start a child process instead of a worker thread.',
    );
  });
});

describe('settings', () => {
  it.each([
    ['GGB_THREADS', '0', 'a whole number from 1 to 1024'],
    ['GGB_THREADS', 'two', 'a whole number from 1 to 1024'],
    ['GGB_FLUSH', 'lazy', 'one of batched, eager'],
    ['GGB_ISA', 'sse9', 'one of baseline, avx2, avx512'],
    ['GGB_GUARD', 'yes', 'one of 0, 1'],
  ])('refuses %s=%s and says what is expected', (setting, received, expected) => {
    expect(() => settingsFromEnvironment({ [setting]: received })).toThrow(
      expect.objectContaining({ name: 'InvalidSettingError', setting, received, expected }),
    );
  });

  it('says which file is missing when the addon is not where GGB_NATIVE_OPS_ADDON points', () => {
    expect(() => loadAddon('/nowhere/native_ops.node')).toThrow(
      expect.objectContaining({ name: 'BackendUnavailableError', message: expect.stringContaining('/nowhere/') }),
    );
  });

  it('says that a file is not an addon', () => {
    expect(() => loadAddon(process.execPath)).toThrow(
      expect.objectContaining({ reason: expect.stringContaining('could not be loaded') }),
    );
  });
});

describe('a process', () => {
  it('ends by itself after native work, without a call to dispose', () => {
    // A thread pool that is joined in a static destructor would hang here.
    const { addonFile } = require('./addon.ts') as typeof import('./addon.ts');
    const script = `
      const addon = require(process.argv[1]);
      const engine = new addon.Engine(2, '', false);
      engine.upload(0, 1, new Float32Array(100000));
      const op = addon.ops.find((o) => o.name === 'elementwise_unary');
      const exp = op.variants.indexOf('exp');
      const w = [op.opcode, 11, 1, exp, 0, 0, 100000, 0, 0, 0, 0, 1, 0, 1];
      const failure = engine.run(Int32Array.from([addon.streamVersion, w.length, ...w]));
      console.log(failure === null ? 'done' : failure.message);
    `;
    const file = addonFile(settingsFromEnvironment().addonPath);
    expect(execFileSync(process.execPath, ['-e', script, file], { encoding: 'utf8', timeout: 20_000 })).toBe('done\n');
  });
});
