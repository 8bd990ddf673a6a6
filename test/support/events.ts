// Events and deliveries for tests of the queue: complete and alike except for what a test names.
import type {
  DeliveryError,
  EncodedEvent,
  EventStore,
  NewDelivery,
  QueueLimits,
  Taken,
} from '../../model/event-queue.ts';
import { minute, t0 } from './sessions.ts';

export const roomy: QueueLimits = { perTrigger: 100_000, total: 1_000_000 };
export const refused: DeliveryError = { dest: 'http://target', code: 503, data: 'busy' };

export const eventOf = (text: string): EncodedEvent => ({
  mode: 'binary',
  headers: [
    ['ce-specversion', '1.0'],
    ['content-type', 'text/plain'],
  ],
  body: new TextEncoder().encode(text),
});

/** A delivery of the event `id` for trigger `default/t`, unless the change says otherwise. */
export const deliveryOf = (id: string, change: Partial<NewDelivery> = {}): NewDelivery => ({
  trigger: 'default/t',
  source: '/test',
  id,
  type: 'test.happened',
  event: eventOf(`data of ${id}`),
  hops: 0,
  ...change,
});

export interface Wanting {
  readonly holder?: string;
  readonly now?: number;
  readonly until?: number;
  readonly triggers?: readonly string[];
}

/** Takes up to so many of each trigger, for a minute, unless it is said otherwise. */
export function takeSome(store: EventStore, most: number, wanting: Wanting = {}): Promise<readonly Taken[]> {
  const { holder = 'one', now = t0, until = now + minute, triggers = ['default/t'] } = wanting;
  return store.take({ holder, now, until, wants: new Map(triggers.map((trigger) => [trigger, most])) });
}

export const idsOf = (deliveries: readonly { readonly id: string }[]): string[] =>
  deliveries.map(({ id }) => id);

/** The only one. */
export function only<T>(items: readonly T[]): T {
  const [item, ...more] = items;
  if (item === undefined || more.length > 0) throw new Error(`${items.length} items instead of one`);
  return item;
}
