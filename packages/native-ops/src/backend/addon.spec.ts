import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonFile, loadAddon } from './addon.ts';
import { BackendUnavailableError } from './errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'ggb-addon-'));
afterAll(() => rmSync(folder, { recursive: true }));

function whyNot(file: string): BackendUnavailableError {
  try {
    loadAddon(file);
  } catch (error) {
    expect(error).toBeInstanceOf(BackendUnavailableError);
    return error as BackendUnavailableError;
  }
  throw new Error(`${file} was loaded`);
}

describe('an addon that cannot be used', () => {
  it.each([
    ['one byte short', -1],
    ['half of it', 0.5],
    ['less than the header', 40],
  ])('is refused before it is mapped when truncated: %s', (_name, length) => {
    const whole = process.env.GGB_NATIVE_OPS_ADDON || addonFile();
    const file = join(folder, `truncated-${length}.node`);
    copyFileSync(whole, file);
    const { length: size } = readFileSync(whole);
    const rest = length < 0 ? size + length : Math.floor(length < 1 ? size * length : length);
    truncateSync(file, rest);
    const error = whyNot(file);
    expect(error.reason).toMatch(new RegExp(`is truncated \\(${rest} bytes, \\d+ expected\\)`));
    expect(error.remedy).toContain('native-ops:build-addon');
  });

  it.each([
    ['empty', ''],
    ['text', 'not an addon'],
  ])('is refused with the words of the loader when it is %s', (name, content) => {
    const file = join(folder, `${name}.node`);
    writeFileSync(file, content);
    expect(whyNot(file).reason).toContain('could not be loaded: ');
  });

  it('is refused when it does not exist or is a folder', () => {
    expect(whyNot(join(folder, 'absent.node')).reason).toContain('does not exist');
    expect(whyNot(folder).reason).toContain('could not be loaded: ');
  });

  it('is refused when it is the addon of somebody else', () => {
    const error = whyNot(otherAddon());
    expect(error.reason).toMatch(/is not the native-ops addon: it exports \[.+\]/);
    expect(error.remedy).toContain('GGB_NATIVE_OPS_ADDON');
  });
});

/** The addon of the compiler that runs this spec. */
function otherAddon(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('@swc/core'));
  const { platform, arch } = process;
  for (const suffix of ['', '-gnu', '-musl']) {
    try {
      return require.resolve(`@swc/core-${platform}-${arch}${suffix}`);
    } catch {}
  }
  throw new Error(`no addon of @swc/core for ${platform}-${arch}`);
}
