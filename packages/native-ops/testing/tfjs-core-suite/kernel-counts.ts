// TF.js's suite makes a new backend for every group of specs, so the counts of all of them are added up.
import type { KernelCount } from '../../src/backend/kernel-report.ts';
import { NativeBackend } from '../../src/entry/node.ts';

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

(globalThis as unknown as { suiteKernelCounts: () => KernelCount[] }).suiteKernelCounts = () =>
  [...totals].map(([kernel, counts]) => ({ kernel, ...counts })).sort((a, b) => (a.kernel < b.kernel ? -1 : 1));
