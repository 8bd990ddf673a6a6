// The whole event store in memory: the queue, its dead letters, and which session a key means.
import type { EventBindings, EventStore } from '../../model/event-queue.ts';
import { memoryBindings } from './event-bindings.ts';
import { MemoryDeadLetters } from './event-dead-letters.ts';
import { MemoryEventQueue } from './event-queue.ts';

function memoryStrikes(): Pick<EventBindings, 'strike' | 'lastStrike'> {
  const strikes = new Map<string, number>();
  return {
    async strike(trigger, tick) {
      if (tick <= (strikes.get(trigger) ?? -Infinity)) return false;
      strikes.set(trigger, tick);
      return true;
    },
    lastStrike: async (trigger) => strikes.get(trigger),
  };
}

/** An empty store of its own. */
export function memoryEventStore(): EventStore {
  const letters = new MemoryDeadLetters((delivery, now) => queue.put(delivery, now));
  const queue = new MemoryEventQueue(letters);
  return {
    append: (deliveries, limits, now) => queue.append(deliveries, limits, now),
    take: (request) => queue.take(request),
    renew: (tickets, holder, until) => queue.renew(tickets, holder, until),
    settle: (ticket, holder, outcome) => queue.settle(ticket, holder, outcome),
    backlog: () => queue.backlog(),
    expire: (trigger, before, error, now) => queue.expire(trigger, before, error, now),
    onAppended: (listener) => queue.onAppended(listener),
    dead: (query) => letters.dead(query),
    deadOne: (deadId) => letters.deadOne(deadId),
    replay: (deadIds, now) => letters.replay(deadIds, now),
    drop: (deadIds) => letters.drop(deadIds),
    ageOut: (before, most) => letters.ageOut(before, most),
    ...memoryBindings((lane) => queue.hasLane(lane)),
    ...memoryStrikes(),
  };
}
