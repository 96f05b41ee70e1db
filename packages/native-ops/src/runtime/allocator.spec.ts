import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { addonFile, loadAddon } from '../backend/addon.ts';
import { settingsFromEnvironment } from '../backend/settings.ts';

const { addonPath } = settingsFromEnvironment();
const selftest = join(dirname(addonFile(addonPath)), 'guard_selftest');

describe('guard bytes', () => {
  it('notice a write behind or before a buffer and behind scratch, and nothing else', () => {
    const lines = execFileSync(selftest, { encoding: 'utf8' }).trim().split('\n');
    expect(lines).toEqual([
      'inside unnoticed',
      'behind noticed',
      'behind-size-class noticed',
      'before noticed',
      'scratch noticed',
    ]);
  });

  it('come with memory filled with NaN, so that an output nobody wrote shows', () => {
    const addon = loadAddon(addonPath);
    const engine = new addon.Engine(1, '', true);
    engine.run(Int32Array.of(addon.streamVersion, 7, 1, 4, 0, 0, 1, 12, 0));
    const values = new Float32Array(3);
    engine.download(0, 1, values);
    expect([...values]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    engine.dispose();
  });
});
