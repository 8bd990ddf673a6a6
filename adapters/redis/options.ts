// How ioredis is set up: nothing waits in a queue for a connection, nothing is sent twice, and silence is noticed.
// Does not own the connections themselves (connection.ts).
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { addressesOf, type RedisSettings, type RedisTls } from './settings.ts';

/** Longest pause between two attempts to connect (ms). */
const MAX_BACK_OFF_MS = 500;
const backOff = (attempt: number): number => Math.min(attempt * 50, MAX_BACK_OFF_MS);

const tlsOptions = ({ ca, cert, key, servername, insecure }: RedisTls) => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
  ...(servername !== undefined && { servername }),
  rejectUnauthorized: insecure !== true,
});

/** Maps come as flat lists, whatever the protocol. */
type Legacy = { readonly replyMapping: 'legacy' };

/** What is the same for every connection, in every mode. */
const common = ({ username, password, db, commandTimeoutMs, tls }: RedisSettings): RedisOptions & Legacy => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(tls && { tls: tlsOptions(tls) }),
  db,
  // The older protocol: with a newer one, a superfluous password leaves ioredis and Redis of two minds about it.
  protocol: 2,
  replyMapping: 'legacy',
  connectionName: 'agentcube',
  lazyConnect: true,
  connectTimeout: commandTimeoutMs,
  commandTimeout: commandTimeoutMs,
  // A connection that owes an answer and says nothing is dead, whatever TCP thinks.
  socketTimeout: commandTimeoutMs,
  disconnectTimeout: 100,
  keepAlive: 1_000,
  maxLoadingRetryTime: 200,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Subscribing again is the bus' business: it has to tell that messages were missed.
  autoResubscribe: false,
});

const sentinel = (settings: RedisSettings): RedisOptions => ({
  sentinels: addressesOf(settings).map((address) => ({ ...address })),
  name: settings.sentinelName ?? 'mymaster',
  ...(settings.sentinelPassword !== undefined && { sentinelPassword: settings.sentinelPassword }),
  ...(settings.tls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(settings.tls) }),
  sentinelRetryStrategy: backOff,
  sentinelReconnectStrategy: backOff,
  sentinelCommandTimeout: settings.commandTimeoutMs,
  // Without it a master that was replaced while it stood still would go on being used.
  failoverDetector: true,
});

/** For a plain connection: a Redis of its own, or the master that Sentinels name. */
export function singleOptions(settings: RedisSettings): RedisOptions & Legacy {
  const [first] = addressesOf(settings);
  return {
    ...(settings.mode === 'sentinel' ? sentinel(settings) : first),
    ...common(settings),
    enableOfflineQueue: false,
    retryStrategy: backOff,
    // What was the master has become a replica: look for the master again.
    reconnectOnError: (fault) => fault.message.startsWith('READONLY'),
  };
}

/** For a Cluster as one client. */
export const clusterOptions = (
  settings: RedisSettings,
): ClusterOptions & { readonly redisOptions: Legacy } => ({
  redisOptions: common(settings),
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: backOff,
  // A command whose connection broke may have been done; it is not sent again.
  retryDelayOnFailover: 0,
  slotsRefreshTimeout: settings.commandTimeoutMs,
  slotsRefreshInterval: 2_000,
  // Certificates carry names, so names must not be turned into addresses.
  ...(settings.tls && { dnsLookup: (host, done) => done(null, host) }),
});
