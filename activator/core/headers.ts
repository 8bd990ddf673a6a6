// Which header fields go to the sandbox, and how the request's head is written. One pass over the fields: this is the hot path.
// The client's Authorization never reaches a sandbox, and hop-by-hop fields end here (RFC 9110 7.6.1), as in AgentCube 0.1's router.

export const sessionHeader = 'x-agentcube-session-id';

/** A field list as Node gives it: name, value, name, value. */
export type RawHeaders = readonly string[];

/** The first value of the session header; empty counts as absent. */
export function sessionIdOf(raw: RawHeaders): string | undefined {
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length === sessionHeader.length && name.toLowerCase() === sessionHeader) {
      return raw[i + 1] || undefined;
    }
  }
  return undefined;
}

export interface HeadFacts {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Fields that are the same for every request of the session: host and authorization, each ended by CRLF. */
  readonly fixed: string;
  readonly clientIp: string;
  readonly secure: boolean;
}

export interface RequestHead {
  /** Request line and fields, with the empty line. */
  readonly text: string;
  readonly body: 'none' | 'length' | 'chunked';
  readonly expectsContinue: boolean;
}

/** Ours to set, or meant for the next hop only. */
const handled: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'authorization',
  'content-length',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** Mutable while the fields are walked. */
interface Found {
  host: string;
  forwardedFor: string;
  length: string | undefined;
  chunked: boolean;
  expects: boolean;
  connection: string;
}

function note(found: Found, name: string, value: string): void {
  switch (name) {
    case 'host':
      found.host = value;
      break;
    case 'content-length':
      found.length = value;
      break;
    case 'transfer-encoding':
      found.chunked = true;
      break;
    case 'expect':
      found.expects = value.toLowerCase() === '100-continue';
      break;
    case 'connection':
      found.connection += `,${value}`;
      break;
    case 'x-forwarded-for':
      found.forwardedFor += `${value}, `;
      break;
  }
}

const ordinary: ReadonlySet<string> = new Set(['', ',keep-alive', ',close']);

/** Fields that Connection fields name, other than those that end here anyway. `connection`: each value after a comma. */
export function connectionNames(connection: string): ReadonlySet<string> | undefined {
  if (ordinary.has(connection)) return undefined;
  const names = connection.split(',').map((name) => name.trim().toLowerCase());
  const others = names.filter((name) => name !== '' && name !== 'close' && !handled.has(name));
  return others.length === 0 ? undefined : new Set(others);
}

/** The fields without those, and without Connection itself. */
const without = (raw: RawHeaders, names: ReadonlySet<string>): string[] =>
  raw.filter((_, i) => {
    const lower = (raw[i - (i % 2)] as string).toLowerCase();
    return lower !== 'connection' && !names.has(lower);
  });

const framing = (found: Found): { body: RequestHead['body']; field: string } => {
  if (found.chunked) return { body: 'chunked', field: 'transfer-encoding: chunked\r\n' };
  if (found.length === undefined) return { body: 'none', field: '' };
  return {
    body: /^0*$/.test(found.length) ? 'none' : 'length',
    field: `content-length: ${found.length}\r\n`,
  };
};

/** What is sent to the sandbox before the body. */
export function requestHead(raw: RawHeaders, facts: HeadFacts): RequestHead {
  const found: Found = {
    host: '',
    forwardedFor: '',
    length: undefined,
    chunked: false,
    expects: false,
    connection: '',
  };
  let fields = '';
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    if (handled.has(lower)) note(found, lower, raw[i + 1] as string);
    else fields += `${name}: ${raw[i + 1]}\r\n`;
  }
  const named = connectionNames(found.connection);
  if (named) return requestHead(without(raw, named), facts);
  const { body, field } = framing(found);
  const text =
    `${facts.method} ${facts.path} HTTP/1.1\r\n${facts.fixed}${fields}` +
    `x-forwarded-for: ${found.forwardedFor}${facts.clientIp}\r\nx-forwarded-host: ${found.host}\r\n` +
    `x-forwarded-proto: ${facts.secure ? 'https' : 'http'}\r\n${field}\r\n`;
  return { text, body, expectsContinue: found.expects };
}

/** The forwarding fields of an upgrade, whose head somebody else writes; names in lower case. */
export function forwardedFields(raw: RawHeaders, clientIp: string, secure: boolean): Record<string, string> {
  const all = (wanted: string): string[] =>
    raw.filter((_, i) => i % 2 === 1 && (raw[i - 1] as string).toLowerCase() === wanted);
  return {
    'x-forwarded-for': [...all('x-forwarded-for'), clientIp].join(', '),
    'x-forwarded-host': all('host')[0] ?? '',
    'x-forwarded-proto': secure ? 'https' : 'http',
  };
}

/** An IPv4 address that a dual-stack socket shows as IPv6 is written as IPv4. */
export const plainIp = (address: string | undefined): string =>
  address?.startsWith('::ffff:') ? address.slice(7) : (address ?? '');
