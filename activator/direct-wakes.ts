// Wakes in one hop: a paused session whose sandbox says where it lies is stored as resuming, thawed on its node, and stored as running
// together with a lease. Whatever is not plainly so is the controller's: it is asked, and what was begun here it carries on.
// S1, S6: nothing is thawed before the store took the change by its version, so two never wake the same sleep; S3: one wake per session.
// Does not own who waits for it (gates.ts), nor whether an order that is late is still obeyed (the node does).
import type { Cancel, Clock } from '../model/clock.ts';
import { dueAt } from '../model/due.ts';
import { asPlatformError } from '../model/errors.ts';
import type { Thawer, Wakes } from '../model/platform.ts';
import { markOf } from '../model/rebuilt-session.ts';
import type { SandboxPlace, SandboxRef } from '../model/sandbox.ts';
import type { SessionReads, SessionWrites } from '../model/session-store.ts';
import { step, type Session, type SessionEvent } from '../model/session.ts';
import type { LeaseBook, Log } from './lease-book.ts';

export interface DirectWakesDeps {
  readonly store: Pick<SessionReads, 'get'> & Pick<SessionWrites, 'save'>;
  readonly thawer: Thawer;
  /** The controller. */
  readonly fallback: Wakes;
  readonly leases: Pick<LeaseBook, 'awaken'>;
  readonly clock: Clock;
  readonly log: Log;
  /** It runs, and there is a lease on it. */
  readonly onAwake: (session: Session) => void;
  /** Somebody else changed it, or it is not known what was stored: whoever waits for it asks the store. */
  readonly onDoubt: (sessionId: string) => void;
}

/** How long a resume that somebody else began is left to him (ms). */
const patienceMs = 500;

interface Sleeper {
  readonly session: Session;
  readonly sandbox: SandboxRef;
  readonly place: SandboxPlace;
}

/** A session that can be woken from here. */
function sleeperOf(session: Session): Sleeper | undefined {
  const { state } = session;
  if (state.kind !== 'paused' || !state.sandbox.place) return undefined;
  return { session, sandbox: state.sandbox, place: state.sandbox.place };
}

function after(session: Session, event: SessionEvent, now: number): Session {
  const stepped = step(session, event, now);
  if ('ignored' in stepped) throw new Error(`${event.kind} in ${session.state.kind}: ${stepped.ignored}`);
  return stepped.changed;
}

export class DirectWakes implements Wakes {
  readonly #deps: DirectWakesDeps;
  readonly #underway = new Set<string>();
  /** The version that is, or was last, stored here of each session that is being woken. */
  readonly #stored = new Map<string, number>();
  readonly #waits = new Set<Cancel>();

  constructor(deps: DirectWakesDeps) {
    this.#deps = deps;
  }

  wake(sessionId: string, seen?: Session): void {
    if (this.#underway.has(sessionId)) return;
    this.#underway.add(sessionId);
    void this.#wake(sessionId, seen)
      .catch((fault: unknown) => () => this.#failed(sessionId, fault))
      .then((tell) => {
        this.#underway.delete(sessionId);
        this.#stored.delete(sessionId);
        tell();
      });
  }

  /** Whether news of a session is of what is stored here, so that nothing follows from it that does not follow anyway. */
  isOwn({ id, version }: Session): boolean {
    return version <= (this.#stored.get(id) ?? 0);
  }

  close(): void {
    for (const cancel of this.#waits) cancel();
  }

  /** Answers what is to be told, or asked of somebody else, when it is over. */
  async #wake(sessionId: string, seen: Session | undefined): Promise<() => void> {
    const { store, fallback } = this.#deps;
    const session = seen ?? (await store.get(sessionId))?.session;
    const sleeper = session && sleeperOf(session);
    if (sleeper) return this.#wakeDirectly(sleeper);
    if (session?.state.kind === 'resuming') return () => this.#leaveToOther(session);
    return () => fallback.wake(sessionId, session);
  }

  async #wakeDirectly({ session, sandbox, place }: Sleeper): Promise<() => void> {
    const { store, thawer, clock, onDoubt } = this.#deps;
    const resuming = after(session, { kind: 'wanted' }, clock.now());
    this.#stored.set(session.id, resuming.version);
    const saved = await store.save(resuming, dueAt(resuming, clock.now()), 'soon');
    if (saved === 'conflict') return () => onDoubt(session.id);
    await thawer.thaw(place, markOf(session), resuming.version);
    return this.#thawed(resuming, sandbox);
  }

  async #thawed(resuming: Session, sandbox: SandboxRef): Promise<() => void> {
    const { leases, clock, onAwake, onDoubt } = this.#deps;
    const { id, generation } = resuming;
    const now = clock.now();
    const running = after(resuming, { kind: 'resumed', generation, sandbox }, now);
    this.#stored.set(id, running.version);
    const saved = await leases.awaken(running, dueAt(running, now));
    return saved === 'saved' ? () => onAwake(running) : () => onDoubt(id);
  }

  /** What was begun is carried on by the controller. A store that did not answer may have done what it was asked. */
  #failed(sessionId: string, fault: unknown): void {
    const { fallback, log, onDoubt } = this.#deps;
    log('a session could not be woken directly; the controller is asked', { sessionId, fault });
    fallback.wake(sessionId);
    if (asPlatformError(fault).code === 'STORE_UNAVAILABLE') onDoubt(sessionId);
  }

  /** It is being woken, and who does it may die. */
  #leaveToOther({ id, stateAt }: Session): void {
    const { clock, fallback } = this.#deps;
    const left = Math.min(Math.max(stateAt + patienceMs - clock.now(), 0), patienceMs);
    if (left === 0) return fallback.wake(id);
    const cancel = clock.after(left, () => {
      this.#waits.delete(cancel);
      fallback.wake(id);
    });
    this.#waits.add(cancel);
  }
}
