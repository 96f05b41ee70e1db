// Runs the built command as a process of its own: exit codes, signals and what goes to which stream are the process's.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const command = join(__dirname, '..', 'bin', 'ggb.mjs');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** The user who runs it; root alone can choose. */
  readonly uid?: number;
  /** Called with everything that stderr has said so far, whenever there is more. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
  /** The same for stdout. */
  readonly onStdout?: (text: string, child: ChildProcess) => void;
}

/** Two threads at most: specs share the machine. */
export function runGgb(
  args: readonly string[],
  { cwd, environment, uid, onStderr, onStdout }: RunOptions,
): Promise<Outcome> {
  if (!existsSync(join(__dirname, '..', 'dist', 'main.js'))) throw new Error('ggb is not built: npm run build');
  const env = { ...process.env, GGB_THREADS: '2', NO_COLOR: '1', ...environment };
  const child = spawn(process.execPath, [command, ...args], {
    ...{ cwd, env, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] },
    ...(uid === undefined ? {} : { uid }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onStdout?.(stdout, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr?.(stderr, child);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
