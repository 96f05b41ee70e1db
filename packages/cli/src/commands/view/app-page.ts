// The page of the viewer, as packages/web built it: one HTML file with its script and style in it.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../../user-error.ts';

export interface AppPage {
  readonly html: string;
  /** For the header: what the page may do. */
  readonly policy: string;
}

/** Tells the page that a server is behind it; see `openRunSource` of '@ggb/web'. */
const serverMark = (kind: PageKind) => `<meta name="ggb-view" content="${kind}">`;

/** `annotate`: the server takes key points too. */
export type PageKind = 'server' | 'annotate';

/** @throws UserError  if the page is not built. */
export async function readAppPage(file = defaultFile()): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UserError(
      'the page of the viewer is not built',
      { where: file, remedy: 'In the repository: npm run build' },
      { cause },
    );
  }
}

function defaultFile(): string {
  const manifest = createRequire(import.meta.url).resolve('@ggb/web/package.json');
  return join(dirname(manifest), 'dist', 'app', 'index.html');
}

/** As the server gives it. */
export function servedPage(html: string, kind: PageKind = 'server'): AppPage {
  const marked = afterHead(html, serverMark(kind));
  return {
    html: marked,
    policy: contentPolicy(marked, { pictures: "'self'", more: ["connect-src 'self'", "frame-ancestors 'none'"] }),
  };
}

/**
 * As it lies in an exported folder, where no header can be sent: the policy stands in the page. `scripts` come before its
 * own, as classic scripts: a page from file: may load no others.
 */
export function exportedPage(html: string, scripts: readonly string[]): string {
  const tags = scripts.map((src) => `<script src="${src}"></script>`).join('');
  // `file:` has no origin that 'self' could mean in every browser; the folder holds nothing but what export wrote.
  const policy = contentPolicy(html, {
    scripts: "'self' file:",
    pictures: "'self' file:",
    more: ["connect-src 'none'"],
  });
  return afterHead(html, `<meta http-equiv="Content-Security-Policy" content="${policy}">${tags}`);
}

/**
 * Nothing but the page's own script and style, by their hashes, and pictures of the same origin. Of an exported page also the
 * scripts beside it, which hold its data. `wasm-unsafe-eval` allows WebAssembly and no eval. Styles that scripts set on
 * elements need no permission.
 */
function contentPolicy(
  html: string,
  {
    scripts,
    pictures,
    more,
  }: { readonly scripts?: string; readonly pictures: string; readonly more: readonly string[] },
): string {
  return [
    "default-src 'none'",
    `script-src ${[...(scripts === undefined ? [] : [scripts]), ...hashesOf(html, 'script'), "'wasm-unsafe-eval'"].join(' ')}`,
    `style-src ${hashesOf(html, 'style').join(' ') || "'none'"}`,
    `img-src ${pictures} data: blob:`,
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    ...more,
  ].join('; ');
}

/** Of the text of each element; those that name a file have none. */
function hashesOf(html: string, element: 'script' | 'style'): string[] {
  const elements = html.matchAll(new RegExp(`<${element}(?:\\s[^>]*)?>([\\s\\S]*?)</${element}\\s*>`, 'gi'));
  return [...elements]
    .map(([, text]) => text as string)
    .filter((text) => text !== '')
    .map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
}

function afterHead(html: string, addition: string): string {
  const at = /<head(?:\s[^>]*)?>/i.exec(html);
  if (at === null) throw new Error('The page of the viewer has no <head>.');
  const end = at.index + at[0].length;
  return `${html.slice(0, end)}${addition}${html.slice(end)}`;
}
