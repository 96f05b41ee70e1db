// The PyTorch peer as a child process. It computes only between a request and its answer.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TrainingConfig } from '@ggb/core';
import { peerFolder, peerPython, tunedEnvironment } from '../pytorch-peer/environment.mjs';

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
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor() {
    this.child = spawn(peerPython(), [join(peerFolder, 'ggb_peer.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: tunedEnvironment(),
    });
    if (this.child.stdout === null) throw new Error('The PyTorch peer has no output.');
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  versions(): Promise<Record<string, string>> {
    return this.request({ command: 'versions' });
  }

  /** Starts anew from the weights. */
  async build(task: PeerTask, variant: PeerVariant): Promise<void> {
    const { threads } = await this.request<{ threads: number }>({ command: 'build', ...task, ...variant });
    if (threads !== task.threads) throw new Error(`The PyTorch peer runs ${threads} threads, not ${task.threads}.`);
  }

  run(steps: number): Promise<PeerRun> {
    return this.request({ command: 'run', steps });
  }

  close(): void {
    this.child.stdin?.end();
  }

  private async request<Answer>(request: object): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('The PyTorch peer ended; its messages stand above.');
    const answer = JSON.parse(value) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(`The PyTorch peer failed:\n${answer.error}`);
    return answer;
  }
}
