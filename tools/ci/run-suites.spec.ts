import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runner = join(__dirname, 'run-suites.mjs');
const folder = mkdtempSync(join(tmpdir(), 'suites-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

function suite(name: string, script: string, more: object = {}) {
  return { name, command: [process.execPath, '-e', script], counts: 'line', ...more };
}

function run(suites: object[], args: string[] = []) {
  const path = join(folder, 'suites.json');
  writeFileSync(path, JSON.stringify(suites));
  const result = spawnSync(process.execPath, [runner, ...args], {
    encoding: 'utf8',
    env: { ...process.env, GGB_SUITES: path },
  });
  const lines = result.stdout.trimEnd().split('\n');
  return { status: result.status, lines, last: lines.at(-1) };
}

const good = suite('good', 'console.log("2 passed, 0 failed, 0 skipped")');

describe('the CI run', () => {
  it('ends with one line over all suites and exits with 0 when everything passed', () => {
    const result = run([good, suite('other', 'console.log("3 passed, 0 failed, 0 skipped")')]);
    expect(result.last).toBe('5 passed, 0 failed, 0 skipped');
    expect(result.status).toBe(0);
  });

  it('lists every skip with its suite and reason, and counts none as passed', () => {
    const result = run([suite('gpu', 'console.log("skipped: adds: no GPU here\\n1 passed, 0 failed, 1 skipped")')]);
    expect(result.last).toBe('1 passed, 0 failed, 1 skipped');
    expect(result.lines).toContain('skipped: gpu: adds: no GPU here');
    expect(result.status).toBe(0);
  });

  it('fails when a test failed, and still runs what follows', () => {
    const result = run([suite('bad', 'console.log("1 passed, 1 failed, 0 skipped"); process.exitCode = 1'), good]);
    expect(result.last).toBe('3 passed, 1 failed, 0 skipped');
    expect(result.status).toBe(1);
  });

  it('fails when a suite gives no counts, even if it exits with 0', () => {
    const result = run([good, suite('silent', '')]);
    expect(result.last).toBe('2 passed, 1 failed, 0 skipped');
    expect(result.lines).toContain('failed: silent: did not run: no counts, exit code 0');
    expect(result.status).toBe(1);
  });

  it('fails when a suite crashes after reporting only passes', () => {
    const result = run([suite('crash', 'console.log("2 passed, 0 failed, 0 skipped"); process.exitCode = 134')]);
    expect(result.last).toBe('2 passed, 1 failed, 0 skipped');
    expect(result.status).toBe(1);
  });

  it('fails when nothing ran', () => {
    expect(run([suite('empty', 'console.log("0 passed, 0 failed, 0 skipped")')]).status).toBe(1);
  });

  it('fails when a command does not exist', () => {
    const result = run([{ name: 'gone', command: ['/no/such/command'], counts: 'line' }]);
    expect(result.last).toBe('0 passed, 1 failed, 0 skipped');
    expect(result.status).toBe(1);
  });

  it('stops a suite that takes longer than its time, children included', () => {
    const result = run([suite('hang', 'setInterval(() => {}, 1000)', { timeoutMinutes: 0.005 })]);
    expect(result.lines.join('\n')).toContain('stopped after 0.005 minutes');
    expect(result.status).toBe(1);
  });

  it('runs nothing more after a suite says that the machine lacks something, and counts the rest as failed', () => {
    const result = run([suite('set-up', 'process.exitCode = 2'), good]);
    expect(result.last).toBe('0 passed, 2 failed, 0 skipped');
    expect(result.lines).toContain('failed: good: did not run: set-up failed before');
  });

  it('runs only the suites that are named, and refuses unknown names with exit code 2', () => {
    expect(run([good, suite('silent', '')], ['good']).last).toBe('2 passed, 0 failed, 0 skipped');
    expect(run([good], ['nonsense']).status).toBe(2);
  });
});
