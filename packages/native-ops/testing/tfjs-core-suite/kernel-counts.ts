// TF.js's suite makes a new backend for every group of specs, so the counts of all of them are added up.
import type { KernelCount } from '../../src/backend/kernel-report.ts';
import { NativeBackend } from '../../src/entry/node.ts';
import { nativeKernels } from '../../src/ops/registry.ts';
import { getKernelsForBackend } from '../../src/tfjs/registered-core.ts';

const totals = new Map<string, { native: number; fallback: number }>();

function add(rows: readonly KernelCount[]): void {
  for (const { kernel, native, fallback } of rows) {
    const total = totals.get(kernel) ?? { native: 0, fallback: 0 };
    totals.set(kernel, { native: total.native + native, fallback: total.fallback + fallback });
  }
}

const { dispose } = NativeBackend.prototype;
NativeBackend.prototype.dispose = function () {
  add(this.report.rows());
  dispose.call(this);
};

// Every kernel of the backend, those that the suite never calls too.
(globalThis as unknown as { suiteKernelCounts: () => (KernelCount & { isNative: boolean })[] }).suiteKernelCounts =
  () => {
    const native = new Set(nativeKernels.map(({ kernelName }) => kernelName));
    const names = new Set([...native, ...getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)]);
    return [...names].sort().map((kernel) => ({
      kernel,
      isNative: native.has(kernel),
      ...(totals.get(kernel) ?? { native: 0, fallback: 0 }),
    }));
  };
