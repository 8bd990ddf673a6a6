// That a controller which leads finds the sandboxes that the store tells of: in the same data folder, or the same cluster.
// One that does not would take every session for lost. Does not own what identifies them.
import { homeKeyOf, settleHome, type Home } from '../adapters/redis/home.ts';
import type { Fence, RedisLink } from '../adapters/redis/link.ts';
import { StartError } from './failing.ts';

/** Rejects with a StartError when the sandboxes of this platform are elsewhere; with STORE_UNAVAILABLE or NOT_LEADER. */
export async function checkHome(link: RedisLink, fence: Fence, own: Home, remedy: string): Promise<void> {
  const home = await settleHome(link, fence, own);
  if (home.id === own.id) return;
  throw new StartError(
    `the sandboxes of this platform are in ${home.where}, and this controller would look in ${own.where}; ` +
      `${remedy}, or, when they are gone for good: redis-cli DEL '${homeKeyOf(link)}'`,
  );
}
