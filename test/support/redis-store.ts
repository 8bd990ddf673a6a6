// Session stores in one Redis, each among keys of its own, so that a test finds its store empty without emptying Redis.
import { Redis, type Cluster } from 'ioredis';
import type { RedisLink } from '../../adapters/redis/link.ts';
import { preparedKeyOf, termKeyOf } from '../../adapters/redis/link.ts';
import { redisSessionStore, type RedisSessionStoreOptions } from '../../adapters/redis/session-store.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { RedisServer } from './redis-server.ts';

let links = 0;

/** A link among keys that nobody had before. */
export const freshLink = (client: Redis | Cluster): RedisLink => ({
  client,
  prefix: `{test-${process.pid}-${(links += 1)}}`,
});

/** An empty store as a program finds it in service: prepared, and with the term of its fence when it has one. */
export async function openRedisStore(
  link: RedisLink,
  options: RedisSessionStoreOptions = {},
): Promise<SessionStore> {
  await link.client.set(preparedKeyOf(link), '1');
  if (options.fence) await link.client.set(termKeyOf(link, options.fence.role), String(options.fence.term));
  return redisSessionStore(link, options);
}

/** A connection to a server of a test. Whoever opened it disconnects it. */
export const clientOf = ({ port }: Pick<RedisServer, 'port'>): Redis =>
  new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: 0, enableOfflineQueue: true });
