// Event stores in one Redis for tests, each among keys of its own, with a bus that listens.
import type { Redis } from 'ioredis';
import { createRedisBus } from '../../adapters/redis/bus.ts';
import { redisEventStore } from '../../adapters/redis/event-store.ts';
import type { RedisLink } from '../../adapters/redis/link.ts';
import type { EventStore } from '../../model/event-queue.ts';

export interface OpenRedisEvents {
  readonly store: EventStore;
  readonly close: () => Promise<void>;
}

/** A store on a connection that others may use too; the bus listens on one of its own. */
export async function openRedisEvents(
  link: RedisLink & { readonly client: Redis },
): Promise<OpenRedisEvents> {
  const subscriber = link.client.duplicate();
  const bus = createRedisBus({ link, subscriber }, { onFault: () => undefined });
  const store = redisEventStore(link, bus);
  await bus.start();
  const close = async () => {
    await bus.close();
    subscriber.disconnect();
  };
  return { store, close };
}
