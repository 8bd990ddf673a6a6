// The feed of stored session changes within one process: a listener is called in the order of publishing, before publish returns.
// A listener that throws does not keep the others from hearing.
import type { SessionFeed } from '../../model/platform.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

export interface SessionBus extends SessionFeed {
  publish(session: Session): void;
}

export function createSessionBus(onFault: (fault: unknown) => void): SessionBus {
  const listeners = new Set<(session: Session) => void>();
  return {
    publish(session) {
      for (const listener of [...listeners]) {
        try {
          listener(session);
        } catch (fault) {
          onFault(fault);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The store, telling the bus of each session that it opens, so that pools hear of a claim at once. */
export function tellingOfOpenings(store: SessionStore, bus: SessionBus): SessionStore {
  return {
    ...store,
    async create(session, dueAt) {
      const created = await store.create(session, dueAt);
      if (created === 'created') bus.publish(session);
      return created;
    },
    async claim(runtime, revision, bind) {
      const claimed = await store.claim(runtime, revision, bind);
      if (claimed !== 'empty') bus.publish(claimed);
      return claimed;
    },
  };
}
