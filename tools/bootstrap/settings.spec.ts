import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './repository.mjs';
import { checkSettings } from './settings.mjs';

describe('settings of the set-up', () => {
  it('are optional, and empty is unset', () => {
    expect(() => checkSettings({})).not.toThrow();
    expect(() => checkSettings({ GGB_ONEDNN: '', GGB_APT: '' })).not.toThrow();
  });

  it.each(['off', 'Off', 'OFF'])('GGB_ONEDNN=%s is passed on as OFF', (value) => {
    const env = { GGB_ONEDNN: value };
    checkSettings(env);
    expect(env.GGB_ONEDNN).toBe('OFF');
  });

  it.each([
    ['GGB_ONEDNN', '0', 'ON or OFF'],
    ['GGB_ONEDNN', 'offf', 'ON or OFF'],
    ['GGB_APT', 'no', '0 or 1'],
    ['GGB_APT', '2', '0 or 1'],
  ])('%s=%s is refused with what is expected, before anything is installed', (name, value, expected) => {
    const result = run('tools/commands/build.mjs', [], { [name]: value });
    expect(result.stderr).toContain(`${name} is "${value}", expected ${expected}.`);
    expect(result).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('a command without arguments', () => {
  it.each([
    ['npm run check', 'tools/check/check.mjs'],
    ['npm run build', 'tools/commands/build.mjs'],
  ])('%s refuses them and does nothing', (command, script) => {
    const result = run(script, ['foo', '--nosuch']);
    expect(result.stderr).toContain(`${command} takes none, received "foo --nosuch".\n  Usage: ${command}\n`);
    expect(result).toMatchObject({ status: 2, stdout: '' });
  });
});

function run(script: string, args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(repositoryRoot, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}
