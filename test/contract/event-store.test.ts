// The event store's contract, against each adapter that this machine can run without help.
import { describe } from '@jest/globals';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { eventStoreContract } from './suites/event-store.ts';
import type { OpenEventStore } from './suites/event-queue.ts';

const adapters: { name: string; open: OpenEventStore }[] = [
  { name: 'memory', open: async () => ({ store: memoryEventStore(), close: async () => {} }) },
];

describe.each(adapters)('$name', ({ open }) => eventStoreContract(open));
