// When somebody begins to lead: what lives against what is remembered, and what follows. Decides only.
// S4: a session whose sandbox is gone says so; S5: a sandbox that nobody knows is removed; S1: nothing is handed out twice.
// Whose a sandbox is, its mark says: a store that knows nothing of a marked session was lost, and learns it again from here.
// Does not own reading or doing any of it (controller/recovery.ts).
import { caughtUp, rebuiltSession } from '../../model/rebuilt-session.ts';
import type { FoundSandbox } from '../../model/sandbox-spec.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { WarmSandbox } from '../../model/session-store.ts';
import { sandboxIdOf } from '../../model/session-query.ts';
import { actionOf, type Session, type SessionEvent } from '../../model/session.ts';

export interface RecoveryFacts {
  readonly found: readonly FoundSandbox[];
  /** All sessions that have not ended. */
  readonly sessions: readonly Session[];
  readonly pool: readonly WarmSandbox[];
  /** Marked sessions that the store remembers as ended. */
  readonly ended: ReadonlySet<string>;
  /** The revision that is deployed, by the runtime's key as text. */
  readonly revisions: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Told {
  readonly sessionId: string;
  readonly event: SessionEvent;
}

export interface RecoveryPlan {
  /** Nobody knows them, or they were never finished: stop and remove. */
  readonly remove: readonly string[];
  /** Taken out of the pool. */
  readonly withdraw: readonly string[];
  /** In the pool, and fit to be. */
  readonly warm: readonly WarmSandbox[];
  /** Never ran for anybody, and are in no pool: they go into theirs. */
  readonly giveBack: readonly WarmSandbox[];
  /** Frozen although their session runs. */
  readonly resume: readonly { readonly sandboxId: string; readonly version: number }[];
  /** Sessions that the store lost. */
  readonly rebuild: readonly Session[];
  /** Sessions that the store remembers from before their sandbox's generation, as they have to be stored. */
  readonly catchUp: readonly Session[];
  /** Sessions that were given a sandbox which was another's already, by a store that had gone back in time; they never ran in it. */
  readonly displaced: readonly Session[];
  /** Their sandboxes live and do not say yet whose they are. */
  readonly mark: readonly Session[];
  /** In this order. */
  readonly events: readonly Told[];
  /** Sessions in a transitional state, to be carried on. */
  readonly carryOn: readonly string[];
}

const ending = ({ state }: Session): boolean => state.kind === 'ending' || state.kind === 'ended';

/** It had been started for a session that was never told so. */
function eventsForCreating({ generation }: Session, sandbox: FoundSandbox | undefined): SessionEvent[] {
  if (!sandbox?.ref || sandbox.state !== 'stopped') return [];
  const why = sandbox.why ?? 'it ended as soon as it had started';
  return [
    { kind: 'started', generation, sandbox: sandbox.ref },
    { kind: 'lost', generation, why },
  ];
}

/** What is to be told to a session whose sandbox was found so; nothing when all is well. */
function eventsFor(session: Session, sandbox: FoundSandbox | undefined): SessionEvent[] {
  const { state, generation } = session;
  if (ending(session)) return [];
  if (state.kind === 'creating') return eventsForCreating(session, sandbox);
  if (!sandbox) {
    const why = 'its sandbox was gone when the platform came back';
    return [{ kind: 'end', reason: { kind: 'failed', why } }];
  }
  // Only a store that went back in time says so; what runs may be at work (S2).
  if (state.kind === 'paused' && sandbox.state === 'running') return [{ kind: 'wanted' }];
  const needsMemory =
    state.kind !== 'suspended' && state.kind !== 'restarting' && state.kind !== 'suspending';
  if (!needsMemory || sandbox.state !== 'stopped') return [];
  return [{ kind: 'lost', generation, why: sandbox.why ?? 'it ended while the platform was down' }];
}

class Reckoning {
  readonly #facts: RecoveryFacts;
  readonly #byId: ReadonlyMap<string, FoundSandbox>;
  readonly #pooled: ReadonlySet<string>;
  readonly #live: ReadonlySet<string>;
  /** The session that each sandbox belongs to by the store, and not against its mark. */
  readonly #owned = new Map<string, Session>();
  readonly #displaced: Session[] = [];

  constructor(facts: RecoveryFacts) {
    this.#facts = facts;
    this.#byId = new Map(facts.found.map((sandbox) => [sandbox.spec.id, sandbox]));
    this.#pooled = new Set(facts.pool.map((entry) => entry.sandbox.id));
    this.#live = new Set(facts.sessions.map((session) => session.id));
    for (const session of facts.sessions) this.#place(session);
  }

  plan(): RecoveryPlan {
    const { pool, now } = this.#facts;
    const loose = this.#facts.found.filter(({ spec }) => !this.#owned.has(spec.id));
    const rebuilt = loose.filter((sandbox) => this.#isLost(sandbox));
    const warm = pool.filter((entry) => this.#isWarm(entry.sandbox.id));
    const giveBack = loose.flatMap((sandbox) => this.#givenBack(sandbox));
    const kept = new Set([
      ...rebuilt.map(({ spec }) => spec.id),
      ...[...warm, ...giveBack].map((one) => one.sandbox.id),
    ]);
    const rebuild = rebuilt.flatMap((one) =>
      one.spec.session ? [rebuiltSession(one.spec.session, one, now)] : [],
    );
    return {
      remove: loose.map(({ spec }) => spec.id).filter((id) => !kept.has(id)),
      withdraw: pool.map((entry) => entry.sandbox.id).filter((id) => !this.#isWarm(id)),
      ...{ warm, giveBack, rebuild },
      displaced: this.#displaced,
      ...this.#forSessions(rebuild),
    };
  }

  #place(session: Session): void {
    const id = sandboxIdOf(session);
    if (id === undefined) return;
    const owner = this.#byId.get(id)?.spec.session?.id ?? session.id;
    if (owner === session.id) this.#owned.set(id, session);
    else this.#displaced.push(session);
  }

  #forSessions(
    rebuild: readonly Session[],
  ): Pick<RecoveryPlan, 'catchUp' | 'mark' | 'events' | 'resume' | 'carryOn'> {
    const { sessions, now } = this.#facts;
    const displaced = new Set(this.#displaced);
    const placed = sessions.filter((session) => !displaced.has(session));
    const behind = placed.filter((session) => this.#isBehind(session));
    const catchUp = behind.flatMap((one) => {
      const sandbox = this.#sandboxOf(one);
      return sandbox ? [caughtUp(one, sandbox, now)] : [];
    });
    const others = placed.filter((session) => !behind.includes(session));
    const events = others.flatMap((session) =>
      eventsFor(session, this.#sandboxOf(session)).map((event) => ({ sessionId: session.id, event })),
    );
    const told = new Set(events.map((one) => one.sessionId));
    const due = [...others.filter((one) => !told.has(one.id)), ...catchUp, ...rebuild];
    return {
      ...{ catchUp, events },
      mark: others.filter((session) => !ending(session) && this.#isUnmarked(session)),
      resume: others.flatMap((session) => this.#frozen(session)),
      carryOn: due.filter((one) => actionOf(one.state) !== null).map((one) => one.id),
    };
  }

  #sandboxOf(session: Session): FoundSandbox | undefined {
    return this.#byId.get(sandboxIdOf(session) ?? '');
  }

  #isUnmarked(session: Session): boolean {
    const sandbox = this.#sandboxOf(session);
    const lives = sandbox?.ref !== undefined && sandbox.state !== 'stopped';
    return lives && sandbox.spec.session === undefined;
  }

  #isBehind(session: Session): boolean {
    const sandbox = this.#sandboxOf(session);
    return sandbox !== undefined && sandbox.spec.generation > session.generation && !ending(session);
  }

  #frozen(session: Session): RecoveryPlan['resume'] {
    const sandbox = this.#sandboxOf(session);
    if (session.state.kind !== 'running' || sandbox?.state !== 'paused') return [];
    return [{ sandboxId: sandbox.spec.id, version: session.version }];
  }

  /** A marked one whose session the store knows nothing of: neither alive nor ended. */
  #isLost({ spec: { session } }: FoundSandbox): boolean {
    return session !== undefined && !this.#live.has(session.id) && !this.#facts.ended.has(session.id);
  }

  #isFit(id: string): boolean {
    const sandbox = this.#byId.get(id);
    const whole = sandbox?.state === 'paused' && sandbox.ref !== undefined;
    return whole && sandbox.spec.session === undefined && !this.#owned.has(id);
  }

  #isWarm(id: string): boolean {
    return this.#pooled.has(id) && this.#isFit(id);
  }

  #givenBack({ spec, ref }: FoundSandbox): WarmSandbox[] {
    const { kind, namespace, name } = spec.workload;
    const runtime = { kind, namespace, name };
    if (!ref || this.#pooled.has(spec.id) || !this.#isFit(spec.id)) return [];
    // Somebody may still be about to thaw it, for a session that the store has lost: then it would run in the pool.
    if (ref.place) return [];
    if (this.#facts.revisions.get(runtimeKeyText(runtime)) !== spec.revision) return [];
    return [{ sandbox: ref, runtime, revision: spec.revision, readyAt: this.#facts.now }];
  }
}

/** Brings what is remembered and what lives together. */
export const planRecovery = (facts: RecoveryFacts): RecoveryPlan => new Reckoning(facts).plan();
