// Looks at the sessions whose time has come, and at no others: a tick costs what is due, not what exists.
// What is due is decided by model/due.ts; a pause or an idle end goes through the store's lease check (S2).
import type { Cancel, Clock } from '../model/clock.ts';
import { dueOf, overdueMs, type Due } from '../model/due.ts';
import type { SessionRecord, SessionStore } from '../model/session-store.ts';
import type { SessionEvent } from '../model/session.ts';
import type { Freezer } from './driver.ts';
import type { SessionRunner } from './session-runner.ts';

export interface TimekeeperDeps {
  readonly store: Pick<SessionStore, 'due' | 'postpone' | 'touch' | 'forget'>;
  readonly runner: Pick<SessionRunner, 'apply' | 'carryOn'>;
  readonly driver: Pick<Freezer, 'busy'>;
  readonly clock: Clock;
  /** How long after the start nothing counts as at rest (ms): whoever uses sessions renews what it holds first. None by default. */
  readonly graceMs?: number;
  readonly onFault: (fault: unknown) => void;
}

const tickMs = 200;
const batch = 200;
const longestRecheckMs = 5_000;

/** When to look again at a session that is in use: soon for short pauses, so that they are kept to; seldom for long ones. */
const recheckMs = (pauseAfterMs: number | null): number =>
  Math.min(longestRecheckMs, Math.max(tickMs, (pauseAfterMs ?? Infinity) / 4));

/** Whether it is due because nobody works in the session. */
const isRest = (due: Due): boolean =>
  due.kind === 'pause' || due.kind === 'suspend' || (due.kind === 'end' && due.reason.kind === 'idle');

export class Timekeeper {
  readonly #deps: TimekeeperDeps;
  #ticking = false;
  #stopped = false;
  /** From when on a session without work is at rest (monotonic ms). */
  #restsFrom = 0;

  constructor(deps: TimekeeperDeps) {
    this.#deps = deps;
  }

  /** Ticks from now on. They do not overlap: a slow store makes them rarer, not more. */
  start(): Cancel {
    const { clock, graceMs = 0, onFault } = this.#deps;
    this.#restsFrom = clock.monotonic() + graceMs;
    const stop = clock.every(tickMs, () => {
      if (this.#ticking) return;
      this.#ticking = true;
      this.#tick()
        .catch(onFault)
        .finally(() => (this.#ticking = false));
    });
    return () => {
      this.#stopped = true;
      stop();
    };
  }

  async #tick(): Promise<void> {
    const { store, clock, onFault } = this.#deps;
    const records = await store.due(clock.now(), batch);
    for (const record of records) {
      if (this.#stopped) return;
      await this.#act(record, dueOf(record.session, record.lastActivityAt, clock.now())).catch(onFault);
    }
  }

  async #act(record: SessionRecord, due: Due): Promise<void> {
    const { store, runner, clock } = this.#deps;
    const { id, version } = record.session;
    const graceMs = this.#restsFrom - clock.monotonic();
    if (graceMs > 0 && isRest(due)) return store.postpone(id, version, clock.now() + graceMs);
    switch (due.kind) {
      case 'wait':
        return store.postpone(id, version, Number.isFinite(due.until) ? due.until : null);
      case 'carry-on':
        runner.carryOn(id);
        return store.postpone(id, version, clock.now() + overdueMs);
      case 'forget':
        return store.forget(id);
      case 'pause':
        return this.#atRest(record, { kind: 'idle' });
      case 'suspend':
        return this.#atRest(record, { kind: 'older' });
      case 'end': {
        const event: SessionEvent = { kind: 'end', reason: due.reason };
        if (due.reason.kind === 'idle') return this.#endIdle(record, event);
        await runner.apply(id, event);
      }
    }
  }

  async #endIdle(record: SessionRecord, event: SessionEvent): Promise<void> {
    const { driver, store, clock } = this.#deps;
    const { state, id } = record.session;
    if (state.kind === 'running' && (await driver.busy(state.sandbox.id)).length > 0) {
      await store.touch(id, clock.now());
      return this.#later(record);
    }
    return this.#atRest(record, event);
  }

  async #atRest(record: SessionRecord, event: SessionEvent): Promise<void> {
    const { session, lastActivityAt } = record;
    const guard = { kind: 'only-at-rest', idleSince: lastActivityAt } as const;
    const applied = await this.#deps.runner.apply(session.id, event, guard);
    if (applied.kind === 'leased') await this.#later(record);
  }

  #later({ session }: SessionRecord): Promise<void> {
    const { store, clock } = this.#deps;
    return store.postpone(session.id, session.version, clock.now() + recheckMs(session.policy.pauseAfterMs));
  }
}
