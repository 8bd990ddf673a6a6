// Looks at the sessions whose time has come, and at no others: a tick costs what is due, not what exists.
// What is due is decided by model/due.ts; a pause or an idle end goes through the store's lease check (S2).
import type { Cancel, Clock } from '../model/clock.ts';
import { dueOf, type Due } from '../model/due.ts';
import type { SessionRecord, SessionStore } from '../model/session-store.ts';
import type { SessionEvent } from '../model/session.ts';
import type { Freezer } from './driver.ts';
import type { SessionRunner } from './session-runner.ts';

export interface TimekeeperDeps {
  readonly store: Pick<SessionStore, 'due' | 'postpone' | 'touch' | 'forget'>;
  readonly runner: Pick<SessionRunner, 'apply'>;
  readonly driver: Pick<Freezer, 'busy'>;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
}

const tickMs = 200;
const batch = 200;
const longestRecheckMs = 5_000;

/** When to look again at a session that is in use: soon for short pauses, so that they are kept to; seldom for long ones. */
const recheckMs = (pauseAfterMs: number | null): number =>
  Math.min(longestRecheckMs, Math.max(tickMs, (pauseAfterMs ?? Infinity) / 4));

export function createTimekeeper(deps: TimekeeperDeps): { start(): Cancel; tick(): Promise<void> } {
  const { store, runner, clock } = deps;
  let ticking = false;

  const later = (record: SessionRecord, delayMs: number): Promise<void> =>
    store.postpone(record.session.id, record.session.version, clock.now() + delayMs);

  async function atRest(record: SessionRecord, event: SessionEvent): Promise<void> {
    const { session, lastActivityAt } = record;
    const applied = await runner.apply(session.id, event, { kind: 'only-at-rest', idleSince: lastActivityAt });
    if (applied.kind === 'leased') await later(record, recheckMs(session.policy.pauseAfterMs));
  }

  async function endIdle(record: SessionRecord, event: SessionEvent): Promise<void> {
    const { state, id } = record.session;
    if (state.kind === 'running' && (await deps.driver.busy(state.sandbox.id)).length > 0) {
      await store.touch(id, clock.now());
      return later(record, recheckMs(record.session.policy.pauseAfterMs));
    }
    return atRest(record, event);
  }

  async function act(record: SessionRecord, due: Due): Promise<void> {
    const { id, version } = record.session;
    switch (due.kind) {
      case 'wait':
        return store.postpone(id, version, Number.isFinite(due.until) ? due.until : null);
      case 'forget':
        return store.forget(id);
      case 'pause':
        return atRest(record, { kind: 'idle' });
      case 'suspend':
        return atRest(record, { kind: 'older' });
      case 'end': {
        const event: SessionEvent = { kind: 'end', reason: due.reason };
        if (due.reason.kind === 'idle') return endIdle(record, event);
        await runner.apply(id, event);
      }
    }
  }

  async function tick(): Promise<void> {
    const records = await store.due(clock.now(), batch);
    for (const record of records) {
      await act(record, dueOf(record.session, record.lastActivityAt, clock.now())).catch(deps.onFault);
    }
  }

  /** Ticks do not overlap: a slow store makes them rarer, not more. */
  function guardedTick(): void {
    if (ticking) return;
    ticking = true;
    tick()
      .catch(deps.onFault)
      .finally(() => (ticking = false));
  }

  return { start: () => clock.every(tickMs, guardedTick), tick };
}
