// What people ask of a session through the control API: pause it, wake it, end it; each answers when it is so.
// Does not own the HTTP side. S2: a pause is refused while work is in hand, and says which.
import { PlatformError } from '../model/errors.ts';
import type { LeaseRecalls, SessionFeed } from '../model/platform.ts';
import type { SessionStore } from '../model/session-store.ts';
import type { EndReason, Session, StateKind } from '../model/session.ts';
import type { Clock } from '../model/clock.ts';
import type { Freezer } from './driver.ts';
import type { Applied, SessionRunner } from './session-runner.ts';

export interface CommandDeps {
  readonly store: Pick<SessionStore, 'get'>;
  readonly runner: Pick<SessionRunner, 'apply' | 'carryOn'>;
  readonly feed: SessionFeed;
  readonly driver: Pick<Freezer, 'busy'>;
  readonly clock: Clock;
  readonly recalls: LeaseRecalls;
  /** How long a command waits for its result (ms). */
  readonly patienceMs: number;
}

/** An end reason in words. */
export const endReasonText = (reason: EndReason): string =>
  reason.kind === 'failed' ? `failed: ${reason.why}` : reason.kind;

const unknown = (id: string): PlatformError =>
  new PlatformError('SESSION_NOT_FOUND', `session ${id} not found`, { sessionId: id });
const ended = (id: string, reason: EndReason): PlatformError =>
  new PlatformError('SESSION_ENDED', `session ${id} has ended`, {
    sessionId: id,
    reason: endReasonText(reason),
  });

const among =
  (...kinds: StateKind[]) =>
  (session: Session): boolean =>
    kinds.includes(session.state.kind);

const inHand = (id: string, what: string): PlatformError =>
  new PlatformError('SESSION_STATE', `session ${id} has work in hand: ${what}`, {
    sessionId: id,
    reason: what,
  });

const recallTurns = 10;
const recallTurnMs = 10;

export class SessionCommands {
  readonly #deps: CommandDeps;

  constructor(deps: CommandDeps) {
    this.#deps = deps;
  }

  /** Resolves when paused (or already asleep). Rejects: SESSION_NOT_FOUND, SESSION_ENDED, SESSION_STATE with what is being done. */
  async pause(id: string): Promise<void> {
    const { driver } = this.#deps;
    const session = await this.#sessionOf(id);
    const applied = await this.#applyIdle(id);
    if (applied.kind === 'leased') throw inHand(id, 'a request, a stream or a socket is open');
    if (
      applied.kind === 'ignored' &&
      !among('pausing', 'paused', 'suspending', 'suspended')(applied.record.session)
    ) {
      throw new PlatformError('SESSION_STATE', `session ${id} is ${session.state.kind}`, { sessionId: id });
    }
    const settled = await this.#when(id, among('paused', 'suspended', 'running', 'ending', 'ended'));
    if (settled.state.kind !== 'running') return;
    const names = await driver.busy(settled.state.sandbox.id);
    throw inHand(id, names.join(', ') || 'a request came in');
  }

  /** Resolves when running. Rejects: SESSION_NOT_FOUND, SESSION_ENDED, SANDBOX_START_FAILED, WAKE_TIMEOUT. */
  async resume(id: string): Promise<void> {
    const { runner } = this.#deps;
    await this.#sessionOf(id);
    const applied = await runner.apply(id, { kind: 'wanted' });
    if (applied.kind === 'ignored') runner.carryOn(id);
    const { state } = await this.#when(id, among('running', 'suspended', 'ending', 'ended'));
    if (state.kind === 'suspended') {
      const details = { sessionId: id, ...(state.lost !== undefined && { reason: state.lost }) };
      throw new PlatformError('SANDBOX_START_FAILED', `session ${id} could not be woken`, details);
    }
    if (state.kind === 'ending' || state.kind === 'ended') throw ended(id, state.reason);
  }

  /** Resolves when nothing of its sandbox is left. Rejects: SESSION_NOT_FOUND, SESSION_ENDED, WAKE_TIMEOUT. */
  async end(id: string): Promise<void> {
    await this.#sessionOf(id);
    await this.#deps.runner.apply(id, { kind: 'end', reason: { kind: 'deleted' } });
    await this.#when(id, among('ended'));
  }

  /** A lease may outlive the work that it was for; its holder is asked to give it back, and given a moment to do so. */
  async #applyIdle(id: string): Promise<Applied> {
    const { runner, clock, recalls } = this.#deps;
    for (let turn = 1; ; turn += 1) {
      const guard = { kind: 'only-at-rest', idleSince: clock.now() } as const;
      const applied = await runner.apply(id, { kind: 'idle' }, guard);
      if (applied.kind !== 'leased' || turn > recallTurns) return applied;
      recalls.recall(id);
      await new Promise<void>((resolve) => clock.after(recallTurnMs, resolve));
    }
  }

  async #sessionOf(id: string): Promise<Session> {
    const record = await this.#deps.store.get(id);
    if (!record) throw unknown(id);
    if (record.session.state.kind === 'ended') throw ended(id, record.session.state.reason);
    return record.session;
  }

  /** Resolves with the session once `good` says so of a stored change, or of the session as it stands. */
  #when(id: string, good: (session: Session) => boolean): Promise<Session> {
    const { feed, clock, store, patienceMs } = this.#deps;
    return new Promise((resolve, reject) => {
      const looked = (): Promise<void> => store.get(id).then((record) => record && check(record.session));
      // What a gap hid, the next change or another gap tells: a store that is away is no reason to give up.
      const stops = [
        feed.subscribe((session) => check(session)),
        feed.onGap(() => void looked().catch(() => undefined)),
      ];
      const stop = (): void => stops.forEach((end) => end());
      const giveUp = clock.after(patienceMs, () => {
        stop();
        reject(new PlatformError('WAKE_TIMEOUT', 'the session did not get there in time', { sessionId: id }));
      });
      const check = (session: Session): void => {
        if (session.id !== id || !good(session)) return;
        stop();
        giveUp();
        resolve(session);
      };
      looked().catch((fault: Error) => {
        stop();
        giveUp();
        reject(fault);
      });
    });
  }
}
