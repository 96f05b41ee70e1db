import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';

/** Megabytes of the young generation after many objects have outlived one collection. */
function youngAfter(line: string): number {
  const { code } = transformFileSync(join(__dirname, 'young-generation.ts'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    swcrc: false,
  });
  const program = `${code.replace('export function', 'function')}
    import { getHeapSpaceStatistics } from 'node:v8';
    ${line}
    let kept = [];
    for (let i = 0; i < 400; i++) {
      if (i % 20 === 0) kept = [];
      for (let j = 0; j < 1000; j++) kept.push({ i, j, numbers: [i, j, i + j, i * j] });
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 2 ** 20);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return Number(stdout);
}

it('keeps the young generation from growing', () => {
  // It begins with two megabytes, and takes tens if it is let.
  expect(youngAfter('keepYoungGenerationSmall();')).toBeLessThan(youngAfter('') / 2);
});
