// Everything that dispatches events and sends the ticks of schedules, put together over an activator's own routing; the same for
// one process and for a separate activator. Decides nothing and opens no port.
import type { Clock } from '../../model/clock.ts';
import type { DemandCounter } from '../../model/demand-tally.ts';
import type { Triggers } from '../../model/deployed-trigger.ts';
import type { EventStore } from '../../model/event-queue.ts';
import type { OpenSessionDeps } from '../../model/open-session.ts';
import type { SessionReads } from '../../model/session-store.ts';
import type { EventForwarding } from '../activator.ts';
import type { Log } from '../lease-book.ts';
import { BindingSweeper, type BindingSweeperLimits } from './binding-sweeper.ts';
import { Dispatcher, type Tried } from './dispatcher.ts';
import { EventDelivery } from './event-delivery.ts';
import type { EventIngress } from './ingress.ts';
import { createPost } from './post.ts';
import { Scheduler } from './schedule.ts';
import { EventSessions } from './sessions.ts';
import type { WakeCounter } from './wake-places.ts';
import { Sweeper, type SweeperDeps, type SweeperLimits } from './sweeper.ts';

export interface DispatchingDeps {
  readonly events: EventStore;
  readonly triggers: Triggers;
  readonly ingress: Pick<EventIngress, 'accept'>;
  readonly forwarding: EventForwarding;
  readonly opening: OpenSessionDeps & { readonly store: Pick<SessionReads, 'get'> };
  readonly demand?: DemandCounter;
  readonly clock: Clock;
  /** From 0 up to 1, another each time. */
  readonly chance: () => number;
  readonly log: Log;
  readonly onTried?: (tried: Tried) => void;
  /** Told of each tick that was sent here. */
  readonly onTick?: () => void;
  readonly wakeCounter?: WakeCounter;
  /** Told now and then of what waits. */
  readonly onBacklog?: NonNullable<SweeperDeps['onBacklog']>;
  /** Told of what becomes a dead letter untried, and of dead letters that are forgotten. */
  readonly onExpired?: NonNullable<SweeperDeps['onExpired']>;
  readonly onForgotten?: NonNullable<SweeperDeps['onForgotten']>;
}

export interface DispatchingConfig {
  /** Events in hand at once, beside a few for each trigger. */
  readonly mostInHand: number;
  /** Events that may wait for sandboxes of one runtime at once. */
  readonly mostWaking: number;
  readonly mostHops: number;
  readonly mostReplyBytes: number;
  /** How long an event may wait, its retries included (ms). */
  readonly waitForMs: number;
  /** How long a key remembers that its session has ended, where a trigger asks for no new one (ms). */
  readonly endedForMs: number;
  readonly deadForMs: number;
  readonly deadPerTrigger: number;
}

export interface Dispatching {
  start(): void;
  /** Waits at most so long (ms) for what is in hand. Never rejects. */
  stop(deadlineMs: number): Promise<void>;
}

/** So many of each trigger have a place whatever else is in hand. */
const placesOfEach = 2;
/** How long what is in hand stays so when this program dies (ms). */
const holdMs = 15_000;
const sweeping: Pick<SweeperLimits, 'everyMs' | 'graceMs'> = { everyMs: 10_000, graceMs: 60_000 };
/** A hundred a second take a day for nine million keys, and are little work. */
const keySweeping: Pick<BindingSweeperLimits, 'everyMs' | 'atOnce'> = { everyMs: 2_000, atOnce: 200 };

export function openDispatching(deps: DispatchingDeps, config: DispatchingConfig): Dispatching {
  const { events, forwarding, clock, log, opening } = deps;
  const sessions = new EventSessions({ ...deps, bindings: events });
  const { mostInHand, mostWaking, mostHops, mostReplyBytes } = config;
  const { wakeCounter } = deps;
  const calling = { ...forwarding, sessions, clock, mostReplyBytes, ...(wakeCounter && { wakeCounter }) };
  const { deliver } = new EventDelivery(calling, mostWaking);
  const shared = { ...deps, store: events };
  const dispatcher = new Dispatcher(
    { ...shared, deliver, post: createPost(log), ids: opening.ids },
    { room: { most: mostInHand, each: placesOfEach }, mostHops, holdMs },
  );
  const sweeper = new Sweeper(shared, { ...sweeping, ...config });
  const keySweeper = new BindingSweeper(
    { ...shared, sessions: opening.store },
    { ...keySweeping, ...config },
  );
  const scheduler = new Scheduler(shared);
  return {
    start() {
      dispatcher.start();
      sweeper.start();
      keySweeper.start();
      scheduler.start();
    },
    async stop(deadlineMs) {
      scheduler.stop();
      sweeper.stop();
      keySweeper.stop();
      await dispatcher.stop(deadlineMs);
    },
  };
}
