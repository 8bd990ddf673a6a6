// What has to be known to reach Redis. Does not own where it comes from (config/) nor the connection (connection.ts).

export interface RedisTls {
  /** Certificates of the authority that signed the server's (PEM); absent: those that the machine trusts. */
  readonly ca?: string;
  /** Our own certificate and its key (PEM), when Redis wants one. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must carry, when it is not the host's. */
  readonly servername?: string;
  /** Takes any certificate. */
  readonly insecure?: boolean;
}

export interface RedisSettings {
  /** `host:port`, several with commas: the nodes of a Cluster, or the Sentinels. */
  readonly addr: string;
  readonly mode: 'single' | 'cluster' | 'sentinel';
  /** What the Sentinels call the master. */
  readonly sentinelName?: string;
  readonly sentinelPassword?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  readonly tls?: RedisTls;
  /** Platforms that share a Redis have different ones. */
  readonly keyPrefix: string;
  /** How long a command may go unanswered (ms). */
  readonly commandTimeoutMs: number;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 } as const;

const addressOf = (text: string, standard: number): Address => {
  const parts = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]*))(?::(?<port>\d+))?$/.exec(text)?.groups;
  const host = parts?.['v6'] ?? parts?.['name'];
  // An IPv6 address without brackets has colons and no port.
  if (!host) return { host: text, port: standard };
  return { host, port: parts?.['port'] === undefined ? standard : Number(parts['port']) };
};

/** The addresses that `addr` names; a missing port is the usual one of the mode. */
export const addressesOf = ({ addr, mode }: Pick<RedisSettings, 'addr' | 'mode'>): readonly Address[] =>
  addr
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => addressOf(text, PORTS[mode]));
