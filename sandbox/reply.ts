// Owns: what a handler answers, as a value, and the error bodies of PicoD and of the Gin framework under it. Pure.
// Does not own: putting it on the wire (send.ts).
import type { Readable } from 'node:stream';

/** Bytes to send: text, or a source of chunks; a source without a total goes out as it comes. */
export type Body = string | { length?: number; chunks: () => Readable };

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** True where the bytes must reach the client as they are (byte ranges, redirects). */
  readonly verbatim?: boolean;
}

const JSON_TYPE = 'application/json; charset=utf-8';

export const json = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'Content-Type': JSON_TYPE },
  body: JSON.stringify(value),
});

/** PicoD's error body: `{"error":"<text>","code":<status>}`. */
export const failure = (status: number, error: string): Reply => json(status, { error, code: status });

/** The 401 body of PicoD 0.1, the only one besides 413 that has a `detail`. */
export const unauthorized = (error: string, detail: string): Reply => json(401, { error, code: 401, detail });

/** The body limit answers before authentication and, alone among PicoD's errors, without a `code`. */
export const tooLarge = (limitBytes: number): Reply =>
  json(413, { error: 'request body too large', detail: `maximum allowed size is ${limitBytes} bytes` });

/** Gin's answer to a path or method it does not know; it never answers 405. */
export const notFound: Reply = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: '404 page not found',
};

/** net/http's answer to a request line it cannot parse, such as a broken percent escape. */
export const badRequest: Reply = {
  status: 400,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: '400 Bad Request',
  verbatim: true,
};

/** Gin's redirect from `/x/` to `/x`: 301 for GET, 307 for what carries a body. */
export function redirect(method: string, location: string): Reply {
  const isGet = method === 'GET';
  return {
    status: isGet ? 301 : 307,
    headers: { Location: location, ...(isGet ? { 'Content-Type': 'text/html; charset=utf-8' } : {}) },
    body: isGet ? `<a href="${location.replaceAll('&', '&amp;')}">Moved Permanently</a>.\n\n` : '',
    verbatim: true,
  };
}
