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
  maxEventsInHand: count
    .default(100)
    .describe('events that are handed to sandboxes at once; each trigger may have two beside'),
  maxEventWakes: count.default(8).describe('sessions of one runtime that events may open or wake at once'),
  maxEventHops: count
    .default(10)
    .describe('replies that may follow one another; the next one makes its event a dead letter'),
  maxEventWaitDays: count
    .default(7)
    .describe('days that an event may wait, its retries included; then it becomes a dead letter'),
  endedSessionDays: count
    .default(30)
    .describe('days that a key remembers that its session has ended, where a trigger asks for no new one'),
  deadLetterDays: count.default(14).describe('days that dead letters are kept'),
  maxDeadLettersPerTrigger: count
    .default(10_000)
    .describe('dead letters that are kept for one trigger; the oldest go first'),
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

const dayMs = 86_400_000;

/** What whoever dispatches events is given. */
export const dispatchingConfig = (given: EventSettings) => ({
  mostInHand: given.maxEventsInHand,
  mostWaking: given.maxEventWakes,
  mostHops: given.maxEventHops,
  mostReplyBytes: given.maxEventBytes,
  waitForMs: given.maxEventWaitDays * dayMs,
  endedForMs: given.endedSessionDays * dayMs,
  deadForMs: given.deadLetterDays * dayMs,
  deadPerTrigger: given.maxDeadLettersPerTrigger,
});
