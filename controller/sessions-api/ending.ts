// Ends a session on request, from a controller that need not lead: the end is stored by compare-and-set, and whoever leads is
// asked to carry it out. Does not own carrying it out (session-runner.ts). Returns when the end is stored, not when it is done.
import type { Clock } from '../../model/clock.ts';
import { dueAt } from '../../model/due.ts';
import type { Wakes } from '../../model/platform.ts';
import type { SessionRecord, SessionStore } from '../../model/session-store.ts';
import { step } from '../../model/session.ts';

export interface EndingDeps {
  readonly store: Pick<SessionStore, 'get' | 'save'>;
  readonly wakes: Wakes;
  readonly clock: Pick<Clock, 'now'>;
}

/** The session as it is once its end is stored; undefined when there is none. Rejects with STORE_UNAVAILABLE. */
export async function endSession(
  { store, wakes, clock }: EndingDeps,
  id: string,
): Promise<SessionRecord | undefined> {
  for (;;) {
    const record = await store.get(id);
    if (!record) return undefined;
    const ended = step(record.session, { kind: 'end', reason: { kind: 'deleted' } }, clock.now());
    if ('ignored' in ended) return record;
    const saved = await store.save(ended.changed, dueAt(ended.changed, record.lastActivityAt));
    if (saved === 'conflict') continue;
    // A wake of a session that is ending makes the leader carry on with its end.
    wakes.wake(id);
    return { ...record, session: ended.changed };
  }
}
