// Whether a request may come from a page in somebody's browser. Ports of a laptop run code for whoever reaches them, and any page
// reaches them: by its own requests, or by a name of its own that leads here (DNS rebinding). Programs say neither Origin nor
// Sec-Fetch-Site (Fetch standard, 3.2; Fetch Metadata, 2.2) and name the address that they were given. Decides; answers nobody.

export interface Visit {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly site?: string | undefined;
}

export interface PageRules {
  /** Names that this server is called by besides; undefined: any name, for it listens on more than loopback. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Origins whose pages may call, as browsers write them. */
  readonly origins: ReadonlySet<string>;
}

/** `page`: the origin to which the answer is to be shown. */
export type Verdict =
  { readonly kind: 'enter'; readonly page?: string } | { readonly kind: 'refuse'; readonly why: string };

const loopbackName = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `localhost:8080` -> `localhost`; an address in brackets keeps them. */
const nameIn = (host: string): string => host.toLowerCase().replace(/:\d*$/, '');

const isKnown = (host: string, hosts: ReadonlySet<string>): boolean =>
  loopbackName.test(nameIn(host)) || hosts.has(nameIn(host));

const isOwn = (origin: string, host: string | undefined): boolean =>
  host !== undefined && origin.replace(/^https?:\/\//, '') === host.toLowerCase();

/** HTTP/1.0 names no host, and no browser speaks that. */
export function verdictOn({ host, origin, site }: Visit, { hosts, origins }: PageRules): Verdict {
  if (host !== undefined && hosts && !isKnown(host, hosts))
    return { kind: 'refuse', why: `this server is not called ${nameIn(host)}; allow it by allowedHosts` };
  if (origin !== undefined) {
    if (origins.has(origin)) return { kind: 'enter', page: origin };
    if (isOwn(origin, host)) return { kind: 'enter' };
    return { kind: 'refuse', why: `pages of ${origin} may not call; allow them by allowedOrigins` };
  }
  if (site === 'cross-site' || site === 'same-site')
    return { kind: 'refuse', why: 'pages of other sites may not call; open the address by itself' };
  return { kind: 'enter' };
}
