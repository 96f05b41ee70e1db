// Opens the viewer's address in the browser of this machine. The arguments of a process are no secret: everybody on the
// machine can list them. So what is handed over is the path of a file that only this user can read, and it holds the address.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpenedBrowser {
  /** Removes the file. */
  forget(): Promise<void>;
}

/** Without a browser nothing happens: the address has been printed. */
export async function openBrowser(url: string): Promise<OpenedBrowser> {
  // Only its owner may enter a folder that mkdtemp made.
  const folder = await mkdtemp(join(tmpdir(), 'ggb-view-'));
  const file = join(folder, 'open.html');
  const attribute = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const page =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">' +
    `<meta http-equiv="refresh" content="0; url=${attribute}"><title>GGB</title></head>` +
    `<body><a href="${attribute}">Open the result viewer</a></body></html>\n`;
  await writeFile(file, page, { mode: 0o600, flag: 'wx' });
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', file]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', file]
        : ['xdg-open', file];
  const child = spawn(command as string, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
  return { forget: () => rm(folder, { recursive: true, force: true }) };
}
