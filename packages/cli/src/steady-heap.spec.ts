import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { itWhen } from '../../../tools/testing/skipping.ts';
import { SteadyHeap } from './steady-heap.ts';

/** Peak, in megabytes, of a process in which 40 MB grow old and die, a tenth of a megabyte at a time. */
function peakOf(line: string): number {
  const { code } = transformFileSync(join(__dirname, 'steady-heap.ts'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    swcrc: false,
  });
  const program = `${code.replace('export class', 'class')}
    import { readFileSync } from 'node:fs';
    const heap = new SteadyHeap();
    let kept = [];
    for (let i = 0; i < 400; i++) {
      if (i % 20 === 0) kept = [];
      for (let j = 0; j < 1000; j++) kept.push({ i, j, text: [i, j, i + j, i * j] });
      ${line}
    }
    console.log(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] / 1024);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return Number(stdout);
}

describe('SteadyHeap', () => {
  itWhen(process.platform === 'linux', 'peaks are read from /proc')('keeps dead objects from gathering', () => {
    // Two megabytes live at a time; V8 alone lets several times that gather.
    expect(peakOf('heap.check();')).toBeLessThan(peakOf('') - 3);
  });

  it('does nothing while memory does not grow', () => {
    const heap = new SteadyHeap(2 ** 40);
    const collect = jest.spyOn(heap, 'collect');
    heap.check();
    expect(collect).not.toHaveBeenCalled();
  });
});
