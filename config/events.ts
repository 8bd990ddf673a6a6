// What an activator is told of events: how large one may be and how many may wait. The same for every program that takes them.
// Does not own what happens beyond a bound (activator/events/). Reads no file itself, nor the environment.
import { count } from './fields.ts';

export const eventFields = {
  maxEventBytes: count
    .default(2 ** 20)
    .describe('the largest body of an event, and the largest event of a batch'),
  maxBatchEvents: count.default(1_000).describe('the most events in one batch'),
  maxBatchBytes: count.default(10 * 2 ** 20).describe('the largest body of a batch'),
  maxQueuedEventsPerTrigger: count
    .default(100_000)
    .describe('events that may wait for one trigger, those in hand included; more are refused'),
  maxQueuedEvents: count.default(1_000_000).describe('events that may wait in all'),
  maxQueuedEventBytes: count
    .default(2 ** 31)
    .describe('bytes that all events which wait or are dead letters may take together'),
};

type EventSettings = { readonly [field in keyof typeof eventFields]: number };

/** What the ingress of a program is given. */
export const ingressConfig = (given: EventSettings) => ({
  maxEventBytes: given.maxEventBytes,
  maxBatchEvents: given.maxBatchEvents,
  maxBatchBytes: given.maxBatchBytes,
  queue: {
    perTrigger: given.maxQueuedEventsPerTrigger,
    total: given.maxQueuedEvents,
    bytes: given.maxQueuedEventBytes,
  },
});
