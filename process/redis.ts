// One program's connection to Redis: opened from its settings, and its state told to people in words that name the setting.
// A wrong setting ends the start; a Redis that is merely away is waited for, at the start and later.
import { redisPlace, redisSettings, type RedisConfig } from '../config/redis.ts';
import { openRedis, type RedisConnection } from '../adapters/redis/connection.ts';
import type { PlatformError } from '../model/errors.ts';
import type { Log } from './logging.ts';
import { readText } from './settings.ts';

/** How often it is said again that Redis is away (ms). */
const againMs = 10_000;

export interface ProgramRedis extends RedisConnection {
  /** Why it does not answer, undefined while it does. */
  readonly trouble: () => string | undefined;
}

const notYet = 'Redis has not answered yet';

/** Opens the connection. `say` writes a line for people. Wait for `firstAnswer`, which rejects when a setting is wrong. */
export function openProgramRedis(
  config: RedisConfig,
  { log, say }: { readonly log: Log; readonly say: (line: string) => void },
): ProgramRedis {
  let trouble: string | undefined = notYet;
  let saidDown = false;
  const sayDown = (): void => {
    if (trouble === undefined) return;
    saidDown = true;
    say(`no answer from Redis at ${redisPlace(config)}, trying on: ${trouble}`);
  };
  const again = setInterval(sayDown, againMs).unref();
  const onState = (up: boolean, why?: PlatformError): void => {
    const before = trouble;
    trouble = up ? undefined : (why?.message ?? 'no connection');
    if (!up && (before === undefined || before === notYet)) sayDown();
    if (up && saidDown) say(`Redis at ${redisPlace(config)} answers again`);
    if (up) saidDown = false;
  };
  const connection = openRedis(redisSettings(config, readText), { log, onState });
  return {
    link: connection.link,
    subscriber: connection.subscriber,
    firstAnswer: () => connection.firstAnswer(),
    close: () => {
      clearInterval(again);
      return connection.close();
    },
    trouble: () => trouble,
  };
}
