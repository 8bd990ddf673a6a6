// Whether Redis holds what it should. The mark is a key beside the data, so that whatever empties the store takes it along.
// Does not own making it so (the leading controller does), nor refusing others meanwhile (the store's scripts do).
import type { StorePreparation } from '../../model/leader-election.ts';
import { PlatformError } from '../../model/errors.ts';
import { answerOf } from './failures.ts';
import { preparedKeyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf } from './script.ts';

/** Without a fence it can only be asked. */
export function redisPreparation(link: RedisLink, fence?: Fence): StorePreparation {
  const key = preparedKeyOf(link);
  const mark = fence && fencedScriptOf(link, fence, 'agentcubePrepared', `redis.call('SET', KEYS[2], '1')`);
  return {
    prepared: async () => (await answerOf(link.client.exists(key))) === 1,
    async markPrepared() {
      if (!mark) throw new PlatformError('NOT_LEADER', 'only the leading controller prepares the store');
      await mark([key]);
    },
  };
}
