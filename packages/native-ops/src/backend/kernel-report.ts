// How often each TF.js kernel ran natively and how often TF.js's own CPU kernel stood in.

export interface KernelCount {
  readonly kernel: string;
  readonly native: number;
  readonly fallback: number;
}

export class KernelReport {
  private readonly counts = new Map<string, { native: number; fallback: number }>();

  count(kernel: string, where: 'native' | 'fallback'): void {
    let row = this.counts.get(kernel);
    if (row === undefined) {
      row = { native: 0, fallback: 0 };
      this.counts.set(kernel, row);
    }
    row[where]++;
  }

  /** One row per kernel that ran, by name. */
  rows(): KernelCount[] {
    return [...this.counts].map(([kernel, row]) => ({ kernel, ...row })).sort((a, b) => (a.kernel < b.kernel ? -1 : 1));
  }

  of(kernel: string): KernelCount {
    return { kernel, ...(this.counts.get(kernel) ?? { native: 0, fallback: 0 }) };
  }

  reset(): void {
    this.counts.clear();
  }
}
