// Signals reach a program while kernels run: held-signals.h. In a process of its own, which may die, and whose handlers are
// real: those of a Jest file are not.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(__dirname, '..', '..', 'dist', 'entry');

/** Computes the same until it has had 500 signals, and prints how many it got and how many results were others. */
const program = (image: readonly number[], filter: readonly number[], stride: number) => `
  import { spawn } from 'node:child_process';
  import ${JSON.stringify(join(dist, 'node.js'))};
  import * as tf from ${JSON.stringify(join(dist, 'tf.js'))};
  let seen = 0;
  process.on('SIGUSR2', () => { seen += 1; });
  const x = tf.randomUniform(${JSON.stringify(image)}, -1, 1, 'float32', 1);
  const w = tf.randomUniform(${JSON.stringify(filter)}, -1, 1, 'float32', 2);
  const run = () => tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((a, b) => tf.conv2d(a, b, ${stride}, 'same'))([x, w]);
    return [value, ...grads].map((tensor) => Buffer.from(tensor.dataSync().buffer));
  });
  const first = run();
  // A thousand a second; it ends with us. Many more would fill the pipe in which libuv keeps them.
  const sender = 'setInterval(() => process.kill(' + process.pid + ', "SIGUSR2"), 1)';
  spawn(process.execPath, ['-e', sender], { stdio: 'ignore' });
  let others = 0;
  for (const end = performance.now() + 60_000; seen < 500 && performance.now() < end; ) {
    others += run().some((bytes, i) => !bytes.equals(first[i])) ? 1 : 0;
    await new Promise(setImmediate);
  }
  console.log(JSON.stringify({ others, seen: seen >= 500 }));
  process.exit();
`;

describe('signals that arrive while kernels run', () => {
  // Where oneDNN's matrix products take part, the process died within the first signals.
  it.each([
    ['a convolution by Winograd', [8, 32, 32, 96], [4, 4, 96, 96], 2],
    ['a convolution by products', [8, 4, 4, 256], [4, 4, 256, 256], 2],
    ['a convolution of the library', [8, 32, 32, 32], [3, 3, 32, 32], 1],
  ] as const)('leave the results of %s as they are, and are seen afterwards', (_, image, filter, stride) => {
    if (!existsSync(join(dist, 'node.js'))) throw new Error('native-ops is not built: npm run build');
    const source = program(image, filter, stride);
    const { stdout, stderr, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect({ signal, stderr, answer: stdout.trim() }).toEqual({
      signal: null,
      stderr: '',
      answer: '{"others":0,"seen":true}',
    });
  });
});
