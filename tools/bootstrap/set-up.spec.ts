import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itWhen } from '../testing/skipping.ts';
import { isDebianLike } from './apt.mjs';
import { isSupportedNode } from './node-version.mjs';
import { firstDifference, whyStale } from './npm-packages.mjs';
import { repositoryRoot } from './repository.mjs';

const folder = mkdtempSync(join(tmpdir(), 'set-up-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the Node version', () => {
  it('is the range that package.json declares', () => {
    const { engines } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
    expect(engines.node).toBe('^20.19.0 || >=22.12.0');
  });

  it.each(['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0'])('accepts %s', (version) => {
    expect(isSupportedNode(version)).toBe(true);
  });

  it.each(['18.20.0', '20.18.3', '21.7.0', '22.11.0'])('refuses %s', (version) => {
    expect(isSupportedNode(version)).toBe(false);
  });
});

describe('npm packages', () => {
  const lock = {
    packages: {
      '': {},
      'packages/a': { version: '0.0.0' },
      'node_modules/a': { link: true },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/b/node_modules/c': { version: '2.0.0' },
      'node_modules/other-platform': { version: '3.0.0', optional: true },
    },
  };

  it('are current when every locked version is installed, without the binaries of other platforms', () => {
    const { 'node_modules/other-platform': _, '': __, ...installed } = lock.packages;
    expect(firstDifference(lock, { packages: installed })).toBeUndefined();
  });

  it('are stale when one is missing or has another version, and say which', () => {
    const { 'node_modules/b': _, ...without } = lock.packages;
    expect(firstDifference(lock, { packages: without })).toBe('node_modules/b is missing');
    const other = { ...lock.packages, 'node_modules/b': { version: '1.0.1' } };
    expect(firstDifference(lock, { packages: other })).toContain('is 1.0.1, the lock file says 1.0.0');
  });

  it('are stale when a changed lock file asks for another version, although a stamp says otherwise', () => {
    const root = join(folder, 'clone');
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
    expect(whyStale(root)).toBe('node_modules is missing or incomplete');
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify(lock));
    expect(whyStale(root)).toBeUndefined();
    const changed = { packages: { ...lock.packages, 'node_modules/d': { version: '1.0.0' } } };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(changed));
    expect(whyStale(root)).toBe('node_modules/d is missing');
  });
});

describe('the tool chain', () => {
  /** Runs only this step, with a PATH that holds the given tools and nothing else. */
  function ensureWith(tools: Record<string, string>, env: Record<string, string> = {}, bin = newFolder()) {
    for (const [name, target] of Object.entries(tools)) {
      if (target.startsWith('/')) symlinkSync(target, join(bin, name));
      else {
        writeFileSync(join(bin, name), `#!/bin/sh\n${target}\n`);
        chmodSync(join(bin, name), 0o755);
      }
    }
    const script = `
      import { ensureNativeToolchain } from ${JSON.stringify(join(__dirname, 'native-toolchain.mjs'))};
      import { main } from ${JSON.stringify(join(__dirname, 'set-up.mjs'))};
      import { checkSettings } from ${JSON.stringify(join(__dirname, 'settings.mjs'))};
      await main(() => { checkSettings(); ensureNativeToolchain(${JSON.stringify(join(bin, 'stamp'))}); return 0; });`;
    const { GGB_ONEDNN: _, CXX: __, ...inherited } = process.env;
    // The real apt-get is out of reach of this PATH; GGB_APT=0 says so a second time.
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...inherited, PATH: bin, GGB_APT: '0', ...env },
    });
  }

  const newFolder = () => mkdtempSync(join(folder, 'bin-'));
  const works = 'exit 0';
  const allTools = { 'c++': works, ninja: works, cmake: 'echo cmake version 3.25.1' };

  it('is named with every missing part and the exact command, and stops with exit code 2', () => {
    const result = ensureWith({});
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('Set-up stopped at "native tool chain"');
    expect(result.stderr).toContain('c++ was not found; cmake was not found; ninja was not found');
    // The advice differs by system; the Debian package names stand in both.
    expect(result.stderr).toContain('ninja-build');
    expect(result.stderr).not.toContain('    at ');
  });

  it('asks for nothing that works', () => {
    const result = ensureWith(allTools);
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  });

  it('is not asked twice, but again after a tool changed', () => {
    const bin = newFolder();
    const asked = join(bin, 'asked');
    const tools = { ...allTools, 'c++': `echo asked >> ${asked}` };
    expect(ensureWith(tools, {}, bin).status).toBe(0);
    const afterFirst = readFileSync(asked, 'utf8');
    expect(ensureWith({}, {}, bin).status).toBe(0);
    expect(readFileSync(asked, 'utf8')).toBe(afterFirst);
    expect(ensureWith({ ninja: 'exit 1 # broken since' }, {}, bin).stderr).toContain('ninja was not found');
  });

  it('refuses a CMake that is too old, with both versions', () => {
    const result = ensureWith({ ...allTools, cmake: 'echo cmake version 3.18.4' });
    expect(result.stderr).toContain('cmake is 3.18, at least 3.20 is needed');
    expect(result.stderr).not.toContain('ninja was');
    expect(result.status).toBe(2);
  });

  it('does not believe in a compiler that cannot link', () => {
    const onlyVersion = 'test "$1" = --version';
    const result = ensureWith({ ...allTools, 'c++': onlyVersion });
    expect(result.stderr).toContain('c++ cannot build a C++17 program with OpenMP');
  });

  it('does not ask for oneDNN when GGB_ONEDNN=off, in any spelling', () => {
    const withoutOnednn = 'for argument; do test "$argument" = -ldnnl && exit 1; done; exit 0';
    const result = ensureWith({ ...allTools, 'c++': withoutOnednn }, { GGB_ONEDNN: 'off' });
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  });

  it('asks for oneDNN when no program can be linked with it, says how to do without, and obeys that', () => {
    const withoutOnednn = 'for argument; do test "$argument" = -ldnnl && exit 1; done; exit 0';
    const tools = { ...allTools, 'c++': withoutOnednn };
    const result = ensureWith(tools);
    expect(result.stderr).toContain('libdnnl-dev');
    expect(result.stderr).toContain('GGB_ONEDNN=OFF');
    expect(result.status).toBe(2);
    expect(ensureWith(tools, { GGB_ONEDNN: 'OFF' }).status).toBe(0);
  });

  it('goes on without the libraries of the image addon, and says what is lost and how to get them', () => {
    const withoutDeflate = 'for argument; do test "$argument" = -ldeflate && exit 1; done; exit 0';
    const bin = newFolder();
    const tools = { ...allTools, 'c++': withoutDeflate };
    const result = ensureWith(tools, {}, bin);
    expect(result.stdout).toContain('the image addon is left out, so evaluation will be slower: it needs libdeflate');
    expect(result.stdout).toContain('libdeflate-dev');
    expect(result.stdout).not.toContain('libjpeg62-turbo-dev');
    expect(result.status).toBe(0);
    // Said once, not before every command.
    expect(ensureWith({}, {}, bin).stdout).toBe('');
  });

  it('does without Eigen where it may not be installed, and says what is lost', () => {
    const withoutEigen = 'if [ "$1" = --version ]; then exit 0; fi; if /bin/grep -q Eigen; then exit 1; fi; exit 0';
    const result = ensureWith({ ...allTools, 'c++': withoutEigen });
    expect(result.stdout).toContain("no program can be built with Eigen's headers. Without it, FID of 2,048 features");
    expect(result.stdout).toContain('libeigen3-dev');
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  });

  describe('as root on a Debian system', () => {
    const canApt = itWhen(process.getuid?.() === 0 && isDebianLike(), 'needs root on a Debian system');

    canApt('is installed with apt-get after saying so, only what is missing, and asked again', () => {
      const bin = newFolder();
      const calls = join(bin, 'calls');
      // Stands for the mirror: writes down how it was called, and "ninja-build" brings ninja.
      const aptGet = `echo "$DEBIAN_FRONTEND $@" >> ${calls}
        case "$1" in install) printf '#!/bin/sh\\nexit 0\\n' > ${bin}/ninja; /bin/chmod +x ${bin}/ninja;; esac`;
      const { ninja: _, ...withoutNinja } = allTools;
      const result = ensureWith({ ...withoutNinja, 'apt-get': aptGet }, { GGB_APT: '1' }, bin);
      expect(result.stdout).toContain('ninja was not found');
      expect(result.stdout).toContain('installing ninja-build with apt-get (GGB_APT=0 forbids this)');
      expect(readFileSync(calls, 'utf8')).toBe(
        'noninteractive update\nnoninteractive install -y --no-install-recommends ninja-build\n',
      );
      expect(result.stderr).toBe('');
      expect(result.status).toBe(0);
    });

    canApt('goes on when apt-get cannot bring the libraries of the image addon', () => {
      const tools = {
        ...allTools,
        'c++': 'for argument; do test "$argument" = -ljpeg && exit 1; done; exit 0',
        'apt-get': 'exit 100',
      };
      const result = ensureWith(tools, { GGB_APT: '1' });
      expect(result.stdout).toContain('installing libjpeg62-turbo-dev with apt-get (GGB_APT=0 forbids this)');
      expect(result.stdout).toContain('"apt-get update" failed with exit code 100');
      expect(result.stdout).toContain('the image addon is left out');
      expect(result.status).toBe(0);
    });

    canApt('is not installed when GGB_APT=0', () => {
      const bin = newFolder();
      const { ninja: _, ...withoutNinja } = allTools;
      const result = ensureWith({ ...withoutNinja, 'apt-get': `echo called > ${join(bin, 'calls')}` }, {}, bin);
      expect(existsSync(join(bin, 'calls'))).toBe(false);
      expect(result.stderr).toContain('Run: apt-get update && apt-get install -y --no-install-recommends ninja-build');
      expect(result.status).toBe(2);
    });

    canApt('stops with exit code 2 when the mirror cannot be reached', () => {
      const { ninja: _, ...withoutNinja } = allTools;
      const result = ensureWith({ ...withoutNinja, 'apt-get': 'exit 100' }, { GGB_APT: '1' });
      expect(result.stderr).toContain('"apt-get update" failed with exit code 100');
      expect(result.status).toBe(2);
    });
  });
});

describe('the browser', () => {
  /** Runs only this step, with a PATH that holds the given programs and nothing else. */
  function ensureWith(programs: Record<string, string>, env: Record<string, string> = {}) {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script.replaceAll('BIN', bin)}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const script = `
      import { ensureBrowser } from ${JSON.stringify(join(__dirname, 'browser.mjs'))};
      ensureBrowser();`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, PATH: bin, GGB_APT: '0', ...env },
    });
    return { ...result, bin };
  }

  it('is asked for nothing when a Chromium starts', () => {
    const result = ensureWith({ chromium: 'echo Chromium 150' });
    expect([result.stdout, result.stderr, result.status]).toEqual(['', '', 0]);
  });

  it('stops nothing when it is missing: what will be skipped is said', () => {
    const result = ensureWith({ chromium: 'echo "install the snap"; exit 1' });
    expect(result.stdout).toContain('Set-up: the test of the example page will be skipped');
    expect(result.stdout).toContain('chromium');
    expect(result.status).toBe(0);
  });

  const canApt = itWhen(process.getuid?.() === 0 && isDebianLike(), 'needs root on a Debian system');

  canApt('is installed with apt-get after saying so', () => {
    // Stands for the mirror: writes down how it was called, and "chromium" brings a program of that name.
    const aptGet = `echo "$@" >> BIN/calls
      case "$1" in install) printf '#!/bin/sh\\nexit 0\\n' > BIN/chromium; /bin/chmod +x BIN/chromium;; esac`;
    const result = ensureWith({ 'apt-get': aptGet }, { GGB_APT: '1' });
    expect(result.stdout).toContain('installing chromium with apt-get (GGB_APT=0 forbids this)');
    expect(result.stdout).not.toContain('skipped');
    expect(readFileSync(join(result.bin, 'calls'), 'utf8')).toBe(
      'update\ninstall -y --no-install-recommends chromium\n',
    );
    expect(result.status).toBe(0);
  });

  canApt('stops nothing when the mirror cannot be reached', () => {
    const result = ensureWith({ 'apt-get': 'exit 100' }, { GGB_APT: '1' });
    expect(result.stdout).toContain('"apt-get update" failed with exit code 100');
    expect(result.stdout).toContain('will be skipped');
    expect(result.status).toBe(0);
  });
});
