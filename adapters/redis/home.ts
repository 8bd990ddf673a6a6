// Which data directory the sandboxes of this platform live in, where one machine's driver makes them. A controller over another
// directory would find none of them, and take every session for lost; so the first leader writes its own down and others may not lead.
// Does not own what identifies a directory (process/data-dir.ts).
import { keyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf } from './script.ts';

export interface Home {
  /** Unique for ever, the same for whoever uses the directory. */
  readonly id: string;
  /** For people: host and path. */
  readonly where: string;
}

const HOME = `
redis.call('HSETNX', KEYS[2], 'id', ARGV[2])
redis.call('HSETNX', KEYS[2], 'where', ARGV[3])
return redis.call('HMGET', KEYS[2], 'id', 'where')`;

export const homeKeyOf = (link: Pick<RedisLink, 'prefix'>): string => keyOf(link, 'home');

/** Writes the home down unless there is one, and answers the one there is. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
export async function settleHome(link: RedisLink, fence: Fence, home: Home): Promise<Home> {
  const run = fencedScriptOf(link, fence, 'agentcubeHome', HOME);
  const [id, where] = ((await run([homeKeyOf(link)], home.id, home.where)) as unknown[]).map(String);
  return { id: id ?? home.id, where: where ?? home.where };
}
