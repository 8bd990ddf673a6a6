// The ports between programs: what is deployed, how to ask for a wake, and how to learn that a session changed.
// In one process they are function calls; apart they are messages. A lost message costs a look-up, never a wrong answer.
import type { Cancel } from './clock.ts';
import type { Scaling, Why } from './scaling.ts';
import type { SessionMark } from './sandbox-spec.ts';
import type { RuntimeKey, SandboxPlace } from './sandbox.ts';
import type { Session, SessionPolicy } from './session.ts';

/** What a new session needs to know of the runtime it opens. */
export interface DeployedRuntime {
  readonly key: RuntimeKey;
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly policy: SessionPolicy;
  /** The size of its pool where nobody decides another. */
  readonly warmPoolSize: number;
  /** Absent: exactly `warmPoolSize`. */
  readonly scaling?: Scaling;
  /** What one sandbox may use, or else asks for (bytes); absent when it says neither. */
  readonly memoryBytes?: number;
}

export interface Runtimes {
  /** The newest accepted version of a runtime, from memory; undefined when it is not deployed. */
  find(key: RuntimeKey): DeployedRuntime | undefined;
}

export interface Wakes {
  /**
   * Asks that a session be brought to `running`: wakes it, or carries on the start that is due. Returns at once and never fails;
   * what became of it arrives on the feed. Asking again while it is under way does nothing (one wake per session).
   * `seen`: the session as the asker knows it, which may be of yesterday.
   */
  wake(sessionId: string, seen?: Session): void;
}

/** Wakes a paused sandbox where it lies, without the controller: one hop. */
export interface Thawer {
  /**
   * Resolves when its processes run. Before that whose it is (`mark`) is durable beside it. Asked again it answers as if it had
   * just done it. `version` is the session's version in state `resuming`: a pause that was ordered before it and arrives after it
   * does nothing, and it does nothing itself when it arrives after a pause that was ordered later. Rejects with SANDBOX_CRASHED
   * (nothing of it is left), SESSION_STATE (it is another session's, or a later pause was obeyed) or NODE_UNREACHABLE (not
   * answered in time; it may have been done).
   */
  thaw(place: SandboxPlace, mark: SessionMark, version: number): Promise<void>;
}

export interface SessionFeed {
  /** Told of every stored change of a session, after it was stored. */
  subscribe(listener: (session: Session) => void): Cancel;
  /** Told when messages may have been missed: whoever relies on them looks again. */
  onGap(listener: () => void): Cancel;
}

export interface WakeFeed {
  /** Told of each wake that anybody asked for. */
  onWake(listener: (sessionId: string) => void): Cancel;
}

export interface LeaseRecalls {
  /** Asks whoever holds a lease of the session without work in hand to give it back now. Returns at once and never fails. */
  recall(sessionId: string): void;
}

export interface LeaseRecallFeed {
  /** Told of each recall. */
  onRecall(listener: (sessionId: string) => void): Cancel;
}

/** The leading controller tells everybody what is deployed; `Runtimes` is the other end. */
export interface RuntimeDirectory {
  /** Replaces all that was told before. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  publish(runtimes: readonly DeployedRuntime[]): Promise<void>;
}

/** How many warm sandboxes a runtime's newest revision is to have. */
export interface PoolTarget {
  readonly runtime: RuntimeKey;
  readonly size: number;
  /** What its policy asked for, which a budget may cut, and a dry run only says; absent where nothing is decided but `warmPoolSize`. */
  readonly wanted?: number;
  readonly why?: Why;
}

/** What the autoscaler decides. A runtime without a target keeps its own `warmPoolSize`. */
export interface PoolTargets {
  /** From memory. */
  find(runtime: RuntimeKey): PoolTarget | undefined;
  /** Told after targets changed, with those runtimes; of a change in `why` alone too. */
  onChange(listener: (runtime: RuntimeKey) => void): Cancel;
}

/** A writing of which nobody heard what became of it may arrive late; after a later one it changes nothing. */
export interface PoolTargetWrites {
  /** Replaces all targets. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  replace(targets: readonly PoolTarget[]): Promise<void>;
  /** Sets some, takes others away, and leaves the rest. Rejects as `replace`; then it is unknown what is there. */
  update(changed: readonly PoolTarget[], gone: readonly RuntimeKey[]): Promise<void>;
}
