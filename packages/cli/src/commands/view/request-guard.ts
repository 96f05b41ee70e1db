// Who may ask the viewer's server. It listens on 127.0.0.1, yet every page a browser shows can reach that address, and so
// can every other program and user of the machine. So each request must
// - name this machine in Host: a foreign name that was made to point here (DNS rebinding) is refused,
// - carry the token of this start, in the address once, then in a cookie; programs use `Authorization: Bearer`,
// - not come from another site or another port of this machine, where the browser says where it comes from,
// - and to write, name this very origin in Origin.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { ViewError } from './view-error.ts';

const hostNames = ['127.0.0.1', 'localhost'];

/**
 * @param cookieName  cookies of 127.0.0.1 are shared by all ports: each server needs a name of its own.
 */
export function requestGuard({ token, cookieName }: { token: string; cookieName: string }): MiddlewareHandler {
  return async (c, next) => {
    const host = checkedHost(c.req.header('host'));
    checkMethod(c.req.method);
    checkSite(c);
    checkToken(c, token, cookieName);
    if (isWriting(c.req.method)) checkOrigin(c, host);
    await next();
  };
}

/** The port may be any: whoever reaches the server through SSH has another one in front. */
function checkedHost(host: string | undefined): string {
  const name = /^([^:@/\\]+)(:\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase();
  if (host !== undefined && name !== undefined && hostNames.includes(name)) return host;
  throw new ViewError(421, `This server answers for ${hostNames.join(' and ')} alone, not for ${host ?? 'no host'}.`);
}

function checkMethod(method: string): void {
  if (['GET', 'HEAD', 'POST'].includes(method)) return;
  throw new ViewError(405, `This server knows GET, HEAD and POST, not ${method}.`);
}

const isWriting = (method: string) => method === 'POST';

/** `Sec-Fetch-*` is set by the browser, and no page can change it. */
function checkSite(c: Context): void {
  const site = c.req.header('sec-fetch-site');
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  // A link from anywhere may open the page itself, in a window of its own; without the token that shows nothing.
  const isNavigation = c.req.header('sec-fetch-mode') === 'navigate' && c.req.header('sec-fetch-dest') === 'document';
  if (isNavigation && c.req.path === '/' && !isWriting(c.req.method)) return;
  throw new ViewError(403, 'This server answers its own page alone.');
}

function checkToken(c: Context, token: string, cookieName: string): void {
  const bearer = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];
  if (isSame(bearer, token) || isSame(getCookie(c, cookieName), token)) return;
  if (c.req.path === '/' && isSame(c.req.query('token'), token)) {
    setCookie(c, cookieName, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    return;
  }
  throw new ViewError(401, 'The token is missing or of an earlier start. Open the address that ggb view printed.');
}

function checkOrigin(c: Context, host: string): void {
  if (c.req.header('origin') === `http://${host}`) return;
  throw new ViewError(403, 'Only the page of this server may write.');
}

/** In the same time whatever the text: hashes, because only equally long bytes can be compared so. */
function isSame(given: string | undefined, token: string): boolean {
  if (given === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
