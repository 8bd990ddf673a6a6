// What the autoscaler sees of a runtime in one round, and what it answers.
// Owns no rule: each class of policy (model/scaling.ts) is a file of its own. Spans are milliseconds.
import type { Why } from '../../model/scaling.ts';

/** What was seen of one runtime since the round before. */
export interface Signals {
  /** Milliseconds; may go back. */
  readonly now: number;
  /** New sessions. */
  readonly arrivals: number;
  /** Those of them that found no sandbox ready. */
  readonly coldStarts: number;
  /** Requests in hand, on average since the round before; 0 when absent. */
  readonly inFlight?: number;
  /** What a schedule says is to come: how many new sessions, and in how many milliseconds from now. In order of time. */
  readonly scheduled?: readonly { readonly inMs: number; readonly sessions: number }[];
  /** Sandboxes in the pool now, and those on their way to it. */
  readonly ready: number;
  readonly starting: number;
  /** How long each start-up took that succeeded (ms). */
  readonly startUps: readonly number[];
  /** How many start-ups failed. */
  readonly failures: number;
}

/** What the pool is to hold, ready and starting together. */
export interface Decision {
  readonly size: number;
  readonly why: Why;
  /**
   * Cold starts a second that the k-th sandbox of the pool is expected to save, k from 1: what a budget compares. Never grows with k,
   * never negative; asked about this round only. Absent: nothing is known of it.
   */
  readonly worth?: (k: number) => number;
}

/** Decides for one runtime, round after round. What it has learned is in `state`. */
export interface Scaler {
  /** One round: takes in what was seen and answers what the pool is to hold. */
  round(seen: Signals): Decision;
  /** What the next leader is given: JSON, with the class and a version, so that no other class reads it. */
  state(): object;
}
