// The server behind the page: what `RunSource` of '@ggb/web' asks, over HTTP on 127.0.0.1.
//
//   /                                    the page
//   /api/sources                         SourceSummary[]
//   /api/sources/ID/results?evaluation=  ResultTable
//   /api/sources/ID/pair?evaluation=&id= PairDetails
//   /api/sources/ID/run                  RunDetails
//   /api/events?source=ID&source=ID      Server-Sent Events: SourceChange of all of them, one stream a tab
//   /image/ID/IMAGE?evaluation=&id=&v=   a picture; v, the revision of its table, makes another address of another one
//   /thumb/ID/SIZE/IMAGE?…               the same, small
//   /thumbs/ID/SIZE?evaluation=&v=&image=…&id=…  those of several pairs in one row, pair by pair
//   /sample/ID/STEP                      a grid of samples
//   /api/annotate/…                      key points by hand, see annotations.ts
//
// No part of an address is ever a path: it is looked up among what there is.
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { type ImageKey, type ImageName, imageNameOf, thumbnailSize, type ViewKeypoints } from '@ggb/web/view-data';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { AllowedFolders } from './allowed-folders.ts';
import type { Annotations } from './annotations.ts';
import type { AppPage } from './app-page.ts';
import type { SourceList } from './find-sources.ts';
import { nameOfOrigin, type Picture, pictureOf, thumbnailOf } from './picture.ts';
import { PictureCache } from './picture-cache.ts';
import { requestGuard } from './request-guard.ts';
import { findThumbRow, thumbRowOf } from './thumb-row.ts';
import { ViewError, type ViewStatus } from './view-error.ts';
import type { ViewedSource } from './viewed-source.ts';

export interface ViewServerOptions {
  readonly page: AppPage;
  readonly sources: SourceList;
  readonly folders: AllowedFolders;
  readonly annotations?: Annotations;
  readonly token: string;
  readonly cookieName: string;
  /** Ends what is being followed. */
  readonly stop: AbortSignal;
}

/** About 40,000 thumbnails of 128 pixels. */
const thumbnailBytes = 128 * 2 ** 20;
/** Each takes a thread of libvips, and one core is the browser's: more would only make all of them late, and its frames. */
const thumbnailsAtOnce = Math.max(1, Math.min(4, availableParallelism() - 1));
/** Answers above this are compressed, at the level that costs least: the page waits for it. */
const compressAbove = 4096;
/** Pictures in a row of thumbnails: more than any screen has side by side. */
const largestRow = 256;
const heartbeatMs = 15_000;
const largestBody = 64 * 1024;

const gzipped = promisify(gzip);

/** Pictures come from run folders, and may be from anybody: whatever they are, they do nothing. */
const inertPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";

export function viewServer(options: ViewServerOptions): Hono {
  const { page, sources, folders, annotations, stop } = options;
  // One listener, however many pages follow something.
  const streamEnds = new Set<() => void>();
  const endStreams = () => {
    for (const end of [...streamEnds]) end();
  };
  stop.addEventListener('abort', endStreams, { once: true });
  const thumbnails = new PictureCache({ capacityBytes: thumbnailBytes, atOnce: thumbnailsAtOnce });
  const app = new Hono();

  let known: readonly ViewedSource[] = [];
  const listed = async () => {
    known = await sources.list();
    return known;
  };
  /** The disk is searched for runs only when an id is new. */
  const sourceOf = async (c: Context): Promise<ViewedSource> => {
    const id = c.req.param('source');
    const isWanted = (source: ViewedSource) => source.id === id;
    const found = known.find(isWanted) ?? (await listed()).find(isWanted);
    if (found === undefined) throw new ViewError(404, `There is no source ${JSON.stringify(id)}.`);
    return found;
  };

  app.onError((error, c) => {
    const status: ViewStatus = error instanceof ViewError ? error.status : 500;
    harden(c, inertPolicy);
    return c.json({ error: error.message }, status);
  });
  app.notFound((c) => {
    harden(c, inertPolicy);
    return c.json({ error: 'There is nothing at this address.' }, 404);
  });
  app.use(async (c, next) => {
    harden(c, inertPolicy);
    await next();
  });
  app.use(requestGuard(options));

  app.get('/', (c) => {
    harden(c, page.policy);
    return c.html(page.html);
  });

  app.get('/api/sources', async (c) => json(c, await Promise.all((await listed()).map((source) => source.summary()))));
  app.get('/api/sources/:source/results', async (c) =>
    json(c, await (await sourceOf(c)).table(c.req.query('evaluation'))),
  );
  app.get('/api/sources/:source/pair', async (c) =>
    json(c, await (await sourceOf(c)).pair(required(c, 'evaluation'), required(c, 'id'))),
  );
  app.get('/api/sources/:source/run', async (c) => json(c, await runOf(await sourceOf(c)).details()));

  app.get('/image/:source/:image', async (c) => {
    const source = await sourceOf(c);
    const origin = await source.picture(imageKey(c));
    const name = await nameOfOrigin(origin, source.folders);
    return unlessKept(c, name, () => pictureOf(origin, source.folders));
  });
  app.get('/thumb/:source/:size/:image', async (c) => {
    const source = await sourceOf(c);
    const size = thumbnailSize(sizeOf(c.req.param('size')));
    const origin = await source.picture(imageKey(c));
    const name = `${size} ${await nameOfOrigin(origin, source.folders)}`;
    const make = async () => thumbnailOf(await pictureOf(origin, source.folders), size);
    return unlessKept(c, name, () => thumbnails.picture(name, make));
  });
  app.get('/thumbs/:source/:size', async (c) => {
    const source = await sourceOf(c);
    const size = thumbnailSize(sizeOf(c.req.param('size')));
    const row = await findThumbRow(
      rowKeys(c).map((key) => () => source.picture(key)),
      size,
      source.folders,
    );
    return unlessKept(c, row.name, () => thumbnails.picture(row.name, () => thumbRowOf(row, size, source.folders)));
  });
  app.get('/sample/:source/:step', async (c) => {
    const step = /^\d{1,12}$/.exec(c.req.param('step'))?.[0];
    if (step === undefined) throw new ViewError(404, 'A step is a number.');
    const source = await sourceOf(c);
    const origin = await runOf(source).sample(Number(step));
    const name = await nameOfOrigin(origin, source.folders);
    return unlessKept(c, name, () => pictureOf(origin, source.folders));
  });

  app.get('/api/events', async (c) => {
    const wanted = new Set(c.req.queries('source') ?? []);
    const followed = (await listed()).filter(({ id }) => wanted.has(id));
    // Who asks for the head alone would follow for good, and never read.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
    return streamSSE(c, async (stream) => {
      let isOpen = true;
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = () => {
          isOpen = false;
          resolve();
        };
      });
      streamEnds.add(end);
      stream.onAbort(end);
      if (stop.aborted) end();
      // One after the other: what is written while the page reads slowly waits here, and in order.
      let written: Promise<void> = Promise.resolve();
      const send = (event: string, data: unknown) => {
        if (isOpen) written = written.then(() => stream.writeSSE({ event, data: JSON.stringify(data) })).catch(end);
      };
      send('open', {});
      const unwatch = followed.map((source) => source.watch((change) => send('change', { source: source.id, change })));
      const heartbeat = setInterval(() => send('alive', {}), heartbeatMs);
      await ended;
      clearInterval(heartbeat);
      for (const stopWatching of unwatch) stopWatching();
      streamEnds.delete(end);
    });
  });

  if (annotations !== undefined) addAnnotateRoutes(app, annotations, folders);
  return app;
}

function addAnnotateRoutes(app: Hono, annotations: Annotations, folders: AllowedFolders): void {
  app.get('/api/annotate', async (c) => json(c, await annotations.list()));
  app.get('/api/annotate/image/:index', async (c) => {
    const origin = { kind: 'file', path: annotations.imagePath(indexOf(c)) } as const;
    return unlessKept(c, await nameOfOrigin(origin, folders), () => pictureOf(origin, folders));
  });
  app.post('/api/annotate/image/:index', async (c) => {
    const body = (await jsonBody(c)) as { version?: unknown; keypoints?: unknown };
    if (typeof body?.version !== 'string') throw new ViewError(400, 'version: expected the version of the list.');
    return json(c, await annotations.save(body.version, indexOf(c), body.keypoints as ViewKeypoints));
  });
}

/** Headers of every answer. */
function harden(c: Context, policy: string): void {
  c.header('Content-Security-Policy', policy);
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  c.header('X-Frame-Options', 'DENY');
  c.header('Cache-Control', 'no-store');
}

async function json(c: Context, value: unknown): Promise<Response> {
  const text = JSON.stringify(value);
  c.header('Content-Type', 'application/json; charset=utf-8');
  const takesGzip = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
  if (text.length < compressAbove || !takesGzip) return c.body(text);
  c.header('Content-Encoding', 'gzip');
  c.header('Vary', 'Accept-Encoding');
  return c.body(new Uint8Array(await gzipped(text, { level: constants.Z_BEST_SPEED })));
}

/**
 * The browser keeps pictures and asks whether they are still the same: a file may be written over at any time, and its mark
 * says so without being read.
 *
 * @param name  another one whenever the picture may be another.
 */
async function unlessKept(c: Context, name: string, make: () => Promise<Picture>): Promise<Response> {
  const tag = `"${createHash('sha256').update(name).digest('base64url').slice(0, 22)}"`;
  const keep = () => {
    c.header('Cache-Control', 'private, no-cache');
    c.header('ETag', tag);
  };
  if (c.req.header('if-none-match') === tag) {
    keep();
    return c.body(null, 304);
  }
  const { bytes, type } = await make();
  keep();
  c.header('Content-Type', type);
  c.header('Content-Disposition', 'inline');
  return c.body(bytes);
}

function imageKey(c: Context): ImageKey {
  const image = imageNameOf(c.req.param('image') as string);
  if (image === undefined) throw new ViewError(404, 'There is no such picture of a pair.');
  return { evaluation: required(c, 'evaluation'), id: required(c, 'id'), image };
}

function rowKeys(c: Context): ImageKey[] {
  const evaluation = required(c, 'evaluation');
  const ids = c.req.queries('id') ?? [];
  const images = (c.req.queries('image') ?? []).map(imageNameOf);
  const count = ids.length * images.length;
  if (count < 1 || count > largestRow || images.includes(undefined)) {
    throw new ViewError(404, `id, image: expected 1 to ${largestRow} pictures in the address, received ${count}.`);
  }
  return ids.flatMap((id) => images.map((image) => ({ evaluation, id, image: image as ImageName })));
}

function required(c: Context, name: string): string {
  const value = c.req.query(name);
  if (value === undefined) throw new ViewError(400, `${name}: expected it in the address, received none.`);
  return value;
}

function sizeOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new ViewError(404, 'The size of a thumbnail is a number of pixels.');
}

function indexOf(c: Context): number {
  const text = c.req.param('index') as string;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ViewError(404, 'An image has a number.');
}

function runOf(source: ViewedSource): NonNullable<ViewedSource['run']> {
  if (source.run !== undefined) return source.run;
  throw new ViewError(404, `${source.id} is no run.`);
}

async function jsonBody(c: Context): Promise<unknown> {
  if (!/^application\/json\b/.test(c.req.header('content-type') ?? '')) {
    throw new ViewError(415, 'Expected JSON (Content-Type: application/json).');
  }
  // Refused by what is announced, before it is read; Node lets nobody send more than was announced.
  const length = Number(c.req.header('content-length') ?? Number.NaN);
  if (!(length <= largestBody))
    throw new ViewError(413, `Expected at most ${largestBody} bytes, announced beforehand.`);
  try {
    return JSON.parse(await c.req.text());
  } catch (cause) {
    throw new ViewError(400, `Not JSON: ${(cause as Error).message}`, { cause });
  }
}
