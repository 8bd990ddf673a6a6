// Connections of a test to the Redis that it started. Does not own the Redis (redis-server.ts).
import {
  openRedis,
  type RedisConnection,
  type RedisConnectionOptions,
} from '../../adapters/redis/connection.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';

/** What a test says about its Redis; the rest is as usual. */
export const redisSettings = (
  settings: Partial<RedisSettings> & Pick<RedisSettings, 'addr'>,
): RedisSettings => ({
  mode: 'single',
  db: 0,
  keyPrefix: 'agentcube',
  commandTimeoutMs: 2_000,
  ...settings,
});

/** A connection that says nothing; close it. */
export const connectTo = (
  settings: Partial<RedisSettings> & Pick<RedisSettings, 'addr'>,
  options: Partial<RedisConnectionOptions> = {},
): RedisConnection => openRedis(redisSettings(settings), { log: () => undefined, ...options });
