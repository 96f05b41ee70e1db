// The SSIM peers as a child process. It computes only between a request and its answer.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { tunedEnvironment } from '../pytorch-peer/environment.mjs';
import { ssimPeerFolder, ssimPeerPython } from '../ssim-peer/environment.mjs';

export class SsimPeerProcess {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(threads: number) {
    this.child = spawn(ssimPeerPython(), [join(ssimPeerFolder, 'ssim_peer.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...tunedEnvironment(), OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) },
    });
    if (this.child.stdout === null) throw new Error('The SSIM peer has no output.');
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  versions(): Promise<Record<string, string>> {
    return this.request({ command: 'versions' });
  }

  prepare(command: 'skimage' | 'msssim', request: object): Promise<unknown> {
    return this.request({ command, ...request });
  }

  measure<Values>(): Promise<{ seconds: number; values: Values }> {
    return this.request({ command: 'measure' });
  }

  close(): void {
    this.child.stdin?.end();
  }

  private async request<Answer>(request: object): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('The SSIM peer ended; its messages stand above.');
    const answer = JSON.parse(value) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(`The SSIM peer failed: ${answer.error}`);
    return answer;
  }
}
