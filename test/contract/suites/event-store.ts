// All that every event store promises.
import { eventBindingsContract } from './event-bindings.ts';
import { eventDeadLettersContract } from './event-dead-letters.ts';
import { eventLanesContract } from './event-lanes.ts';
import { eventQueueContract, type OpenEventStore } from './event-queue.ts';

export function eventStoreContract(open: OpenEventStore): void {
  eventQueueContract(open);
  eventLanesContract(open);
  eventDeadLettersContract(open);
  eventBindingsContract(open);
}
