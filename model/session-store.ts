// The ports to whatever remembers sessions, leases and warm sandboxes. Each method is ONE atomic operation of the store.
// What a new state is, the session machine decides (model/session.ts); a store only compares, sets and counts.
// Every method rejects with STORE_UNAVAILABLE when the store cannot be reached or written; then nothing was changed.
import type { RuntimeKey, SandboxRef } from './sandbox.ts';
import type { Session, StateKind } from './session.ts';

/** A session with what is known of its use; use changes far more often than the session. */
export interface SessionRecord {
  readonly session: Session;
  /** End of the last work seen (ms since the epoch). Only grows (S7). */
  readonly lastActivityAt: number;
  /** When the last living lease runs out; 0 when none was given. */
  readonly leasedUntil: number;
}

export interface SessionQuery {
  readonly kind?: RuntimeKey['kind'];
  readonly namespace?: string;
  readonly runtime?: string;
  readonly states?: readonly StateKind[];
  /** Equality on labels; all must match. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly limit: number;
  /** Id of the last session of the page before; pages are in order of id. */
  readonly after?: string;
}

export interface SessionReads {
  get(id: string): Promise<SessionRecord | undefined>;
  list(query: SessionQuery): Promise<readonly SessionRecord[]>;
  /** Sessions whose `dueAt` is not after `now`, earliest first. */
  due(now: number, limit: number): Promise<readonly SessionRecord[]>;
  /** The session that a sandbox was given to, if any and not ended. */
  bySandbox(sandboxId: string): Promise<SessionRecord | undefined>;
}

export type Saved = 'saved' | 'conflict';

/** `durable`: survives power loss once answered. `soon`: survives the death of the program; power loss may take the last moments. */
export type Durability = 'durable' | 'soon';

/** Durable when answered, where not said otherwise. `dueAt` (ms since the epoch, null = never): when somebody has to look at the session again. */
export interface SessionWrites {
  /** A session that did not exist; `exists` changes nothing. Its lastActivityAt is its createdAt. */
  create(session: Session, dueAt: number | null): Promise<'created' | 'exists'>;
  /** Compare-and-set: only over version - 1 of the same session. */
  save(session: Session, dueAt: number | null, durability?: Durability): Promise<Saved>;
  /** As save, and only while no lease is alive at `now` and nothing was touched after `idleSince` (ms since the epoch). */
  saveIfUnleased(
    session: Session,
    dueAt: number | null,
    now: number,
    idleSince: number,
  ): Promise<Saved | 'leased'>;
  /**
   * As save of a session that runs, and gives `holder` a lease on it until `until` (ms since the epoch) in the same step. Survives
   * the death of the program; power loss may take the last moments.
   */
  saveLeased(session: Session, dueAt: number | null, holder: string, until: number): Promise<Saved>;
  /** Removes an ended session. */
  forget(id: string): Promise<void>;
}

export interface Upkeep {
  /** Sets when to look again without changing the session; ignored when its version is another. */
  postpone(id: string, version: number, dueAt: number | null): Promise<void>;
  /** Counts as activity at `at`; never moves it back. */
  touch(id: string, at: number): Promise<void>;
}

export interface LeaseClaim {
  readonly sessionId: string;
  readonly generation: number;
  /** End of the last work seen here (ms since the epoch). */
  readonly lastActivityAt: number;
}

/** A lease lets one holder forward to one generation of a running session without asking again (S2). */
export interface Leases {
  /** Granted only while the session runs; the record is the session as it stands either way, undefined when there is none. */
  acquire(
    sessionId: string,
    holder: string,
    until: number,
    now: number,
  ): Promise<{ readonly granted: boolean; readonly record: SessionRecord | undefined }>;
  /** Extends leases and records activity; answers the session ids whose generation or state no longer allows it. */
  renew(claims: readonly LeaseClaim[], holder: string, until: number): Promise<readonly string[]>;
  /** Gives leases back and records activity. Unknown ones are ignored. */
  release(claims: readonly LeaseClaim[], holder: string): Promise<void>;
}

/** A started, verified and paused sandbox that belongs to nobody. */
export interface WarmSandbox {
  readonly sandbox: SandboxRef;
  readonly runtime: RuntimeKey;
  readonly revision: string;
  readonly readyAt: number;
}

/** S1: a sandbox leaves the pool once and never comes back. */
export interface WarmPool {
  offer(entry: WarmSandbox): Promise<void>;
  /**
   * Takes the oldest warm sandbox of that runtime and revision and makes the session `bind` returns for it, in one step and durable.
   * `bind` is pure, is called at most once per attempt, and must answer a session of version 1. `exists`: there is a session of that
   * id, and nothing was changed.
   */
  claim(
    runtime: RuntimeKey,
    revision: string,
    bind: (sandbox: SandboxRef) => { readonly session: Session; readonly dueAt: number | null },
  ): Promise<Session | 'empty' | 'exists'>;
  /** Takes one out without giving it to anybody; false when it was not there (any more). */
  withdraw(sandboxId: string): Promise<boolean>;
  entries(): Promise<readonly WarmSandbox[]>;
}

/** One store is all of these over the same data. */
export interface SessionStore extends SessionReads, SessionWrites, Upkeep, Leases, WarmPool {
  close(): Promise<void>;
}
