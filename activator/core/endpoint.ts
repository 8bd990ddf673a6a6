// Where a sandbox's door is: from an entry point's text to an address. Does not dial it.
import type { EntryPoint } from '../../model/sandbox.ts';

/** `host`: what the `Host` header says. */
export type Address =
  | { readonly kind: 'unix'; readonly socketPath: string; readonly host: string }
  | {
      readonly kind: 'tcp';
      readonly hostname: string;
      readonly port: number;
      readonly tls: boolean;
      readonly host: string;
    };

export type ParsedEndpoint = { readonly address: Address } | { readonly problem: string };

function parseUnix(socketPath: string): ParsedEndpoint {
  if (!socketPath.startsWith('/')) return { problem: 'the path of a unix socket must be absolute' };
  const port = /(\d+)\.sock$/.exec(socketPath)?.[1];
  return {
    address: { kind: 'unix', socketPath, host: port === undefined ? 'localhost' : `localhost:${port}` },
  };
}

/** `unix:///path`, `ip:port`, or a URL that is used as it is; the protocol counts only where the text names none. */
export function parseEndpoint({
  endpoint,
  protocol,
}: Pick<EntryPoint, 'endpoint' | 'protocol'>): ParsedEndpoint {
  if (endpoint.startsWith('unix://')) return parseUnix(endpoint.slice('unix://'.length));
  const text = endpoint.includes('://') ? endpoint : `${protocol.toLowerCase()}://${endpoint}`;
  const match = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/:?#@\s]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  const [, scheme = '', hostname = '', port] = match ?? [];
  if (!match || Number(port ?? 80) > 65_535)
    return { problem: 'expected unix:///path, host:port or http(s)://host:port' };
  const tls = scheme.toLowerCase() === 'https';
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const dial = hostname.replace(/^\[|\]$/g, '');
  return { address: { kind: 'tcp', hostname: dial, port: Number(port ?? (tls ? 443 : 80)), tls, host } };
}
