// `ggb view` as a process: what it prints, how it ends, what it refuses.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWhen } from '../../../../../tools/testing/skipping.ts';
import { runGgb } from '../../../testing/run-ggb.ts';
import { writeFlatPicture, writeViewedRun } from '../../../testing/viewed-run.ts';

let cwd: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'view-command-'));
  await writeViewedRun(join(cwd, 'runs', 'first'));
  mkdirSync(join(cwd, 'empty'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

it('finds the runs of the folder it is called in, prints one address, and ends cleanly', async () => {
  let isEnded = false;
  const { code, stdout } = await runGgb(['view', '--no-open'], {
    cwd,
    // The address is printed when the server listens.
    onStdout: (text, child) => {
      if (isEnded || !text.includes('\n')) return;
      isEnded = true;
      child.kill('SIGTERM');
    },
  });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/)]);
});

const onLinux = process.platform === 'linux';
describeWhen(onLinux, 'other systems open browsers otherwise')('the browser', () => {
  it('is given a file that only this user can read, and no argument that holds the token', async () => {
    const bin = join(cwd, 'bin');
    const [script, seen] = [join(bin, 'xdg-open'), join(bin, 'seen')];
    mkdirSync(bin);
    // What a browser would do: look at the file it is given.
    const look = 'printf "%s\\n" "$@"; stat -c %a "$1" "$(dirname "$1")"; cat "$1"';
    writeFileSync(script, `#!/bin/sh\n{ ${look}; } > '${seen}.part'\nmv '${seen}.part' '${seen}'\n`, { mode: 0o755 });
    let ended: NodeJS.Timeout | undefined;
    const { stdout } = await runGgb(['view'], {
      cwd,
      environment: { PATH: `${bin}:${process.env.PATH}` },
      onStdout: (_, child) => {
        ended ??= setInterval(() => existsSync(seen) && child.kill('SIGTERM'), 50);
      },
    });
    clearInterval(ended);
    const [file, fileMode, folderMode, ...page] = readFileSync(seen, 'utf8').split('\n');
    expect(file).not.toMatch(/token|http/);
    expect([fileMode, folderMode]).toEqual(['600', '700']);
    expect(page.join('\n')).toContain(`url=${stdout.trim()}"`);
    // It is gone with the viewer.
    expect(existsSync(file as string)).toBe(false);
  });
});

it('says before joints are marked that training refuses photos of such sizes, and shows them all the same', async () => {
  const photos = join(cwd, 'photos');
  mkdirSync(photos);
  await writeFlatPicture(join(photos, 'a.png'), [1, 2, 3], 64);
  await writeFlatPicture(join(photos, 'b.png'), [1, 2, 3], 100);
  const { code, stdout, stderr } = await runGgb(['view', '--no-open', '--annotate', 'photos'], {
    cwd,
    onStdout: (_, child) => child.kill('SIGTERM'),
  });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^http/)]);
  expect(stderr).toMatch(
    /^Training refuses 1 of 2 photos: expected a square .* received b\.png of 100 x 100\..*crop and scale/,
  );
});

it('refuses what it cannot show, with what to do', async () => {
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await runGgb(['view', '--no-open', ...args], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    return stderr;
  };
  const [empty, half, alone, port, protocol, both] = await Promise.all([
    refused('empty'),
    refused('--real', 'empty'),
    refused('--annotate', 'empty', 'runs'),
    refused('--port', '65536'),
    refused('--protocol', 'ggb', 'runs'),
    refused('--port', '8000', '--export', 'out', 'runs'),
  ]);
  writeFileSync(join(cwd, 'trunc.json'), '{"version": 1, "pairs": [');
  writeFileSync(join(cwd, 'other.json'), '{"a": 1}');
  const [broken, foreign, beside] = await Promise.all([
    refused('trunc.json'),
    refused('other.json'),
    refused('runs', 'trunc.json'),
  ]);
  expect(broken).toMatch(
    /^ggb: trunc\.json: expected JSON, received .*\. Give reports that ggb evaluate --json has written\.$/m,
  );
  expect(foreign).toMatch(/^ggb: other\.json: expected version 1, received none\. Give reports/);
  expect(beside).toBe(broken);
  expect(await refused('--real', 'runs', '--generated', 'runs', '--protocol', 'pg2-mask')).toMatch(
    /^ggb: protocol pg2-mask scores masked images/,
  );
  expect(empty).toMatch(/^ggb: empty: holds no run: expected a folder that ggb train wrote/);
  expect(half).toMatch(/^ggb: --real and --generated belong together: expected --generated FOLDER too/);
  expect(alone).toMatch(/^ggb: --annotate stands alone/);
  expect(port).toMatch(/Expected a whole number from 1 to 65535/);
  expect(protocol).toMatch(/^ggb: --protocol is for two folders of images/);
  expect(both).toMatch(/^ggb: --port and --export exclude each other/);
});
