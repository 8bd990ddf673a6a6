// What a sandbox's response head means: status, the fields that go on to the client, and how its body ends (RFC 9112 section 6).
// A sandbox is not trusted: whatever two readers could understand differently is a problem, never a guess.
import { connectionNames } from './headers.ts';

/** How the body ends: there is none, after `length` bytes, by chunks, or when the connection closes. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

export interface ResponseHead {
  readonly status: number;
  readonly message: string;
  /** End-to-end fields: name, value, name, value. */
  readonly fields: string[];
  readonly framing: Framing;
  readonly length: number;
  /** Whether the connection may carry another request after this one. */
  readonly reusable: boolean;
  /** The server's own word on how long it keeps an idle connection (ms). */
  readonly idleMs: number;
}

export type ParsedHead = ResponseHead | { readonly problem: string };

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** Lines that end in CRLF and have no other control character than TAB. */
const clean = /^[\t\x20-\x7e\x80-\xff]+(?:\r\n[\t\x20-\x7e\x80-\xff]+)*$/;

/** Mutable while the fields are walked. */
interface Found {
  fields: string[];
  connection: string;
  keepAlive: string;
  encoding: string;
  length: string | undefined;
  problem: string | undefined;
}

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

function note(found: Found, lower: string, name: string, value: string): void {
  switch (lower) {
    case 'connection':
      found.connection += `,${value}`;
      break;
    case 'keep-alive':
      found.keepAlive = value;
      break;
    case 'transfer-encoding':
      found.encoding += `,${value.toLowerCase()}`;
      break;
    case 'content-length':
      if (!/^\d{1,15}$/.test(value) || (found.length ?? value) !== value)
        found.problem = 'bad Content-Length';
      else if (found.length === undefined) found.fields.push(name, value);
      found.length = value;
      break;
  }
}

function walk(lines: readonly string[]): Found {
  const found: Found = {
    fields: [],
    connection: '',
    keepAlive: '',
    encoding: '',
    length: undefined,
    problem: undefined,
  };
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !token.test(name)) return { ...found, problem: 'bad header field' };
    const value = line.slice(colon + 1).trim();
    const lower = name.toLowerCase();
    if (hopByHop.has(lower)) note(found, lower, name, value);
    else found.fields.push(name, value);
  }
  return found;
}

const drop = (fields: readonly string[], dropped: (lower: string) => boolean): string[] =>
  fields.filter((_, i) => !dropped((fields[i - (i % 2)] as string).toLowerCase()));

function framingOf(found: Found, status: number, method: string): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
  if (found.encoding !== '') return /,\s*chunked$/.test(found.encoding) ? 'chunked' : 'close';
  if (found.length === undefined) return 'close';
  return found.length === '0' ? 'none' : 'length';
}

function endToEnd(found: Found): string[] {
  const named = connectionNames(found.connection);
  const fields = named ? drop(found.fields, (lower) => named.has(lower)) : found.fields;
  // With a transfer coding the length says nothing, and must not be believed by anybody further on.
  const ambiguous = found.encoding !== '' && found.length !== undefined;
  return ambiguous ? drop(fields, (lower) => lower === 'content-length') : fields;
}

function idleOf(keepAlive: string): number {
  const seconds = /timeout=(\d{1,9})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? Infinity : Number(seconds) * 1_000;
}

/** `text`: from the status line to the last field, without the empty line. `method`: of the request. */
export function parseResponseHead(text: string, method: string): ParsedHead {
  if (!clean.test(text)) return { problem: 'control character in the head' };
  const lines = text.split('\r\n');
  const match = statusLine.exec(lines[0] as string);
  if (!match) return { problem: 'bad status line' };
  const found = walk(lines);
  if (found.problem !== undefined) return { problem: found.problem };
  const status = Number(match[2]);
  const framing = framingOf(found, status, method);
  const said = found.connection.toLowerCase();
  const persistent = match[1] === '1' ? !said.includes('close') : said.includes('keep-alive');
  const ambiguous = found.encoding !== '' && found.length !== undefined;
  return {
    status,
    message: match[3] ?? '',
    fields: endToEnd(found),
    framing,
    length: framing === 'length' ? Number(found.length) : 0,
    reusable: persistent && framing !== 'close' && !ambiguous,
    idleMs: idleOf(found.keepAlive),
  };
}
