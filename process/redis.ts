// One program's connection to Redis: opened from its settings, and its state told to people in words that name the setting.
// A wrong setting ends the start; a Redis that is merely away is waited for, at the start and later.
import type { Logger } from 'pino';
import { openRedis, type RedisConnection } from '../adapters/redis/connection.ts';
import { redisPlace, redisSettings, type RedisConfig } from '../config/redis.ts';
import type { PlatformError } from '../model/errors.ts';
import { readText } from './settings.ts';

/** How often it is said that Redis is away (ms), and how long it must be away to be worth a line: a wrong setting ends the start first. */
const againMs = 10_000;
const patienceMs = 1_000;

export interface ProgramRedis extends RedisConnection {
  /** Why it does not answer, undefined while it does. */
  readonly trouble: () => string | undefined;
}

/** Opens the connection. `say` writes a line for people. Wait for `firstAnswer`, which rejects when a setting is wrong. */
export function openProgramRedis(
  config: RedisConfig,
  { logger, say }: { readonly logger: Logger; readonly say: (line: string) => void },
): ProgramRedis {
  let trouble: string | undefined = 'it has not answered yet';
  let saidDown = false;
  const sayDown = (): void => {
    saidDown = true;
    say(`no answer from Redis at ${redisPlace(config)}, trying on: ${trouble}`);
  };
  const again = (): void => {
    sayDown();
    saying = setTimeout(again, againMs).unref();
  };
  let saying = setTimeout(again, patienceMs).unref();
  const onState = (up: boolean, why?: PlatformError): void => {
    const wasUp = trouble === undefined;
    trouble = up ? undefined : (why?.message ?? 'no connection');
    if (up || wasUp) clearTimeout(saying);
    if (!up && wasUp) saying = setTimeout(again, patienceMs).unref();
    if (up && saidDown) say(`Redis at ${redisPlace(config)} answers again`);
    if (up) saidDown = false;
  };
  const connection = openRedis(redisSettings(config, readText), {
    log: (message, fields) => logger['why' in fields ? 'warn' : 'info'](fields, message),
    onState,
  });
  return {
    link: connection.link,
    subscriber: connection.subscriber,
    firstAnswer: () => connection.firstAnswer(),
    close: () => {
      clearTimeout(saying);
      return connection.close();
    },
    trouble: () => trouble,
  };
}
