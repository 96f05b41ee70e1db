// Collects the losses of steps as tensors, so that a step need not wait for the one before, and reads them together.
import * as tf from '@ggb/native-ops/tf';

/** The largest number of steps whose losses wait to be read: bounds memory when `logEvery` is large. */
const maxPending = 64;

/** A loss of a step is NaN or infinite; what came after that step is of no use. */
export interface NotFinite {
  readonly loss: string;
  /** 1-based. */
  readonly step: number;
  readonly value: number;
}

export class LossMeter {
  private pending: { readonly step: number; readonly losses: tf.Tensor1D }[] = [];
  private sums: Float64Array;
  private count = 0;

  constructor(private readonly names: readonly string[]) {
    this.sums = new Float64Array(names.length);
  }

  /** Steps since the last {@link take}. */
  get steps(): number {
    return this.count + this.pending.length;
  }

  /** Whether {@link settle} must be called before the next {@link add}. */
  get isFull(): boolean {
    return this.pending.length >= maxPending;
  }

  /** Takes over `losses`, one value for each name. `step` is the 1-based number of the step. */
  add(step: number, losses: tf.Tensor1D): void {
    this.pending.push({ step, losses });
  }

  /** Waits for the steps so far. Returns the first loss that is no number, if one is. */
  async settle(): Promise<NotFinite | undefined> {
    const { pending } = this;
    if (pending.length === 0) return undefined;
    this.pending = [];
    const stacked = tf.stack(pending.map(({ losses }) => losses));
    tf.dispose(pending.map(({ losses }) => losses));
    const values = await stacked.data();
    stacked.dispose();
    for (const [row, { step }] of pending.entries()) {
      for (const [column, loss] of this.names.entries()) {
        const value = values[row * this.names.length + column] as number;
        if (!Number.isFinite(value)) return { loss, step, value };
        this.sums[column] = (this.sums[column] as number) + value;
      }
      this.count += 1;
    }
    return undefined;
  }

  /** Means over the settled steps since the last call. */
  take(): Record<string, number> {
    const means = this.names.map((name, index) => [name, (this.sums[index] as number) / this.count] as const);
    this.sums.fill(0);
    this.count = 0;
    return Object.fromEntries(means);
  }

  dispose(): void {
    tf.dispose(this.pending.map(({ losses }) => losses));
    this.pending = [];
  }
}
