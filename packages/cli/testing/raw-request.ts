// A request as an attacker sends it: the path is not tidied up, and every header may be anything.
import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param path  goes into the request line as it is. */
export function rawRequest(port: number, path: string, options: RawRequest = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, setHost: false, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(parts);
          const isGzip = response.headers['content-encoding'] === 'gzip';
          resolve({
            status: response.statusCode as number,
            headers: response.headers,
            body: isGzip ? gunzipSync(whole) : whole,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
