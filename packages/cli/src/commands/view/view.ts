// `ggb view`: finds what is to be shown, and serves or exports it.
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { catchInterruption } from '../../interruption.ts';
import { ProgressLine } from '../../progress-line.ts';
import { UserError } from '../../user-error.ts';
import { AllowedFolders } from './allowed-folders.ts';
import type { Annotations } from './annotations.ts';
import { readAppPage, servedPage } from './app-page.ts';
import { RunFinder, type SourceList } from './find-sources.ts';
import { openBrowser } from './open-browser.ts';
import { viewServer } from './view-server.ts';

export interface ViewOptions {
  readonly folders: readonly string[];
  readonly real?: string;
  readonly generated?: string;
  /** Of the scores of two folders. */
  readonly protocol?: string;
  readonly annotate?: string;
  readonly export?: string;
  readonly data?: readonly string[];
  readonly port?: number;
  readonly open: boolean;
}

export interface RunningView {
  /** With the token. */
  readonly url: string;
  close(): Promise<void>;
}

export async function view(options: ViewOptions): Promise<void> {
  checkTogether(options);
  if (options.export !== undefined) {
    const { exportView } = await import('./export-view.ts');
    const progress = new ProgressLine();
    const opened = await openSources(options);
    const { files, bytes, missing } = await exportView(options.export, {
      ...opened,
      onProgress: ({ done, total }) => progress.update({ unit: 'pair', done, total }),
    }).finally(() => progress.finish());
    if (missing > 0) console.error(`${missing} pictures could not be read and are left out.`);
    console.log(
      `Written: ${options.export}, ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB. Open index.html in it.`,
    );
    return;
  }
  const running = await startView(options);
  // Before the address is printed: who reads it may end this at once.
  const interruption = catchInterruption(() => {});
  // The one line on stdout: scripts read it.
  console.log(running.url);
  // Where no file can be written, the address has been printed all the same.
  const browser = options.open ? await openBrowser(running.url).catch(() => undefined) : undefined;
  const { signal } = interruption;
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  interruption.release();
  await browser?.forget();
  await running.close();
}

/** Listens when it returns. */
export async function startView(options: ViewOptions, page?: string): Promise<RunningView> {
  const opened = await openSources(options);
  const html = servedPage(page ?? (await readAppPage()), opened.annotations === undefined ? 'server' : 'annotate');
  const token = randomBytes(24).toString('base64url');
  const cookieName = `ggb-view-${randomBytes(6).toString('hex')}`;
  const app = viewServer({ ...opened, page: html, token, cookieName });
  const server = await listen(app.fetch, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  // While the browser starts. What cannot be read is told to the page, which asks for the same.
  void warm(opened.sources).catch(() => undefined);
  return {
    url: `http://127.0.0.1:${port}/?token=${token}`,
    close: async () => {
      opened.end();
      const closed = new Promise((resolve) => server.close(resolve));
      // Pages that follow a run would keep it open for good.
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}

async function warm(sources: SourceList): Promise<void> {
  // What the page opens with: the first that has an evaluation.
  for (const source of await sources.list()) {
    if ((await source.summary()).evaluations.length > 0) return source.warm?.();
  }
}

export interface OpenedSources {
  readonly sources: SourceList;
  readonly folders: AllowedFolders;
  readonly annotations?: Annotations;
  readonly stop: AbortSignal;
  /** Fires `stop`. */
  end(): void;
}

async function openSources(options: ViewOptions): Promise<OpenedSources> {
  const { folders: given, real, generated, protocol = 'tf', annotate, data = [] } = options;
  const ended = new AbortController();
  const opened = { stop: ended.signal, end: () => ended.abort() };
  let isStarting = true;
  const told = new Set<string>();
  const tell = (text: string) => {
    // What the user named needs no telling; what a run or a report names does, once.
    if (!isStarting && !told.has(text)) console.error(text);
    told.add(text);
  };
  const folders = new AllowedFolders({
    onAllow: (folder) => tell(`Also shows pictures from ${folder}, the data of a run or a report.`),
    onRefuse: (folder, namedBy) =>
      tell(
        `Does not show pictures from ${folder}: ${namedBy} names it and lies elsewhere. To show them: --data ${folder}`,
      ),
  });
  for (const folder of data) await folders.allow(folder);
  if (annotate !== undefined) {
    const { Annotations } = await import('./annotations.ts');
    const annotations = await Annotations.open(annotate, folders);
    // Beside the rest: of thousands of photos on a slow disk, every header takes a while.
    void annotations.sizesNote().then(
      (note) => note !== undefined && console.error(note),
      () => undefined,
    );
    return { ...opened, sources: { list: async () => [] }, folders, annotations };
  }
  const sources = await sourcesOf({ given, real, generated, protocol, folders, stop: ended.signal });
  isStarting = false;
  return { ...opened, sources, folders };
}

async function sourcesOf(options: {
  given: readonly string[];
  real: string | undefined;
  generated: string | undefined;
  protocol: string;
  folders: AllowedFolders;
  stop: AbortSignal;
}): Promise<SourceList> {
  const { given, real, generated, protocol, folders, stop } = options;
  if (real === undefined || generated === undefined) return RunFinder.open(given, folders);
  // What two folders need takes a while to load, and a finished run shall open at once.
  const { FoldersView, folderMetrics: metrics } = await import('./folders-view.ts');
  const { choosePairScorer } = await import('../../native-pair-scorer.ts');
  const chosen = (await import('@ggb/metrics')).protocolNamed(protocol);
  if (chosen.mask !== 'none') {
    throw new UserError(`protocol ${protocol} scores masked images, which two folders have no key points for`, {
      remedy: 'Score them with ggb evaluate --pairs MANIFEST --json FILE, then: ggb view FILE',
    });
  }
  const { scorer } = await choosePairScorer({ protocol: chosen, metrics });
  const pairs = await FoldersView.open({ real, generated, protocol: chosen, folders, stop, scorer });
  if (given.length === 0) return { list: async () => [pairs] };
  const runs = await RunFinder.open(given, folders);
  return { list: async () => [pairs, ...(await runs.list())] };
}

function checkTogether(options: ViewOptions): void {
  const { real, generated, protocol, annotate, export: out, port, folders } = options;
  if ((real === undefined) !== (generated === undefined)) {
    const missing = real === undefined ? '--real' : '--generated';
    throw new UserError('--real and --generated belong together', { expected: `${missing} FOLDER too` });
  }
  if (protocol !== undefined && real === undefined) {
    throw new UserError('--protocol is for two folders of images; runs and reports have one already', {
      expected: '--real FOLDER and --generated FOLDER too',
    });
  }
  if (port !== undefined && out !== undefined) {
    throw new UserError('--port and --export exclude each other: nothing is served when a folder is written');
  }
  if (annotate === undefined) return;
  if (real !== undefined || out !== undefined || folders.length > 0) {
    throw new UserError('--annotate stands alone', { remedy: 'ggb view --annotate FOLDER' });
  }
}

type ListeningServer = ReturnType<typeof serve>;

function listen(fetch: (request: Request) => Response | Promise<Response>, port: number): Promise<ListeningServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port }, () => {
      server.off('error', refuse);
      resolve(server);
    });
    const refuse = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error);
      const problem = error.code === 'EACCES' ? 'may not be used' : 'is in use';
      reject(
        new UserError(`port ${port} ${problem}`, {
          remedy: 'Choose another with --port, or leave it out for a free one.',
        }),
      );
    };
    server.on('error', refuse);
  });
}
