// A peer as a child process that answers requests, one JSON object a line. It computes only between a request and its answer.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class RequestProcess {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  /** @param peer  its name, for errors. */
  constructor(
    private readonly peer: string,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    if (this.child.stdout === null) throw new Error(`The ${peer} peer has no output.`);
    // What cannot be started, or has ended, gives no answer: that is when it is told.
    this.child.on('error', (error) => console.error(`The ${peer} peer: ${error.message}`));
    this.child.stdin?.on('error', () => {});
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async request<Answer>(request: object): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`The ${this.peer} peer ended; its messages stand above.`);
    const answer = JSON.parse(value) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(`The ${this.peer} peer failed:\n${answer.error}`);
    return answer;
  }

  close(): void {
    this.child.stdin?.end();
  }
}
