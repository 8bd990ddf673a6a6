// Owns: the conditional headers of a download, as Go's http.ServeContent weighs them when a file has no ETag. Pure.
// Does not own: the file. Times are compared by whole seconds, because that is what the headers can say.
import type { IncomingHttpHeaders } from 'node:http';

export type Verdict = 'proceed' | 'not-modified' | 'precondition-failed';

const seconds = (ms: number): number => Math.floor(ms / 1000);

function headerSeconds(value: string | undefined): number | undefined {
  const ms = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(ms) ? undefined : seconds(ms);
}

function failsPrecondition(headers: IncomingHttpHeaders, modified: number): boolean {
  const match = headers['if-match'];
  if (match !== undefined) return match.trim() !== '*';
  const since = headerSeconds(headers['if-unmodified-since']);
  return since !== undefined && modified > since;
}

/** @param modifiedMs the file's modification time, milliseconds since epoch. */
export function weighConditions(method: string, headers: IncomingHttpHeaders, modifiedMs: number): Verdict {
  const modified = seconds(modifiedMs);
  if (failsPrecondition(headers, modified)) return 'precondition-failed';
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return noneMatch.trim() === '*' ? 'not-modified' : 'proceed';
  const since = method === 'GET' ? headerSeconds(headers['if-modified-since']) : undefined;
  return since !== undefined && modified <= since ? 'not-modified' : 'proceed';
}

/** The Range header, unless If-Range says that the client's part is of another file. */
export function effectiveRange(headers: IncomingHttpHeaders, modifiedMs: number): string | undefined {
  const condition = headers['if-range'];
  if (typeof condition === 'string' && headerSeconds(condition) !== seconds(modifiedMs)) return undefined;
  return headers.range;
}
