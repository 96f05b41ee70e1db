// The PyTorch peer as a child process. It computes only between a request and its answer.
import { join } from 'node:path';
import type { TrainingConfig } from '@ggb/core';
import { peerFolder, peerPython, tunedEnvironment } from '../pytorch-peer/environment.mjs';
import { RequestProcess } from '../request-process.ts';

export const layouts = ['contiguous', 'channelsLast'] as const;
export const adams = ['fused', 'foreach', 'loop'] as const;

/** Ways to run the same iteration in PyTorch, of which the fastest is compared. */
export interface PeerVariant {
  readonly layout: (typeof layouts)[number];
  readonly adam: (typeof adams)[number];
}

export interface PeerTask {
  readonly config: TrainingConfig;
  /** safetensors files. */
  readonly weights: string;
  readonly batches: string;
  readonly threads: number;
}

export interface PeerRun {
  readonly seconds: number;
  /** CPU time of all of its threads. */
  readonly cpuSeconds: number;
  /** Of each iteration, by name. */
  readonly losses: readonly Readonly<Record<string, number>>[];
}

export class PeerProcess {
  private readonly child = new RequestProcess(
    'PyTorch',
    peerPython(),
    [join(peerFolder, 'ggb_peer.py')],
    tunedEnvironment(),
  );

  versions(): Promise<Record<string, string>> {
    return this.child.request({ command: 'versions' });
  }

  /** Starts anew from the weights. */
  async build(task: PeerTask, variant: PeerVariant): Promise<void> {
    const { threads } = await this.child.request<{ threads: number }>({ command: 'build', ...task, ...variant });
    if (threads !== task.threads) throw new Error(`The PyTorch peer runs ${threads} threads, not ${task.threads}.`);
  }

  run(steps: number): Promise<PeerRun> {
    return this.child.request({ command: 'run', steps });
  }

  close(): void {
    this.child.close();
  }
}
