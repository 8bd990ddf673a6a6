// What programs tell each other, within one process: a listener is called in the order of publishing, before publish returns.
// A listener that throws does not keep the others from hearing.
import type { LeaseRecallFeed, LeaseRecalls, SessionFeed, WakeFeed, Wakes } from '../../model/platform.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

export interface SessionBus extends SessionFeed, Wakes, WakeFeed, LeaseRecalls, LeaseRecallFeed {
  publish(session: Session): void;
  /** A call within a process is never missed, but a store may be another than before. */
  announceGap(): void;
}

type Listeners<T> = Set<(value: T) => void>;

const listening = <T>(listeners: Listeners<T>, listener: (value: T) => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function createSessionBus(onFault: (fault: unknown) => void): SessionBus {
  const changes: Listeners<Session> = new Set();
  const recalls: Listeners<string> = new Set();
  const wakes: Listeners<string> = new Set();
  const gaps: Listeners<undefined> = new Set();
  const tell = <T>(listeners: Listeners<T>, value: T): void => {
    for (const listener of [...listeners]) {
      try {
        listener(value);
      } catch (fault) {
        onFault(fault);
      }
    }
  };
  return {
    publish: (session) => tell(changes, session),
    subscribe: (listener) => listening(changes, listener),
    announceGap: () => tell(gaps, undefined),
    onGap: (listener) => listening(gaps, listener),
    wake: (sessionId) => tell(wakes, sessionId),
    onWake: (listener) => listening(wakes, listener),
    recall: (sessionId) => tell(recalls, sessionId),
    onRecall: (listener) => listening(recalls, listener),
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
      if (typeof claimed === 'object') bus.publish(claimed);
      return claimed;
    },
  };
}
