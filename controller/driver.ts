// The ports to whatever makes sandboxes. Drivers promise: `start` and `restart` answer when the sandbox was VERIFIED ready,
// `pause` when nothing of it runs, `resume` with the endpoint, `stop` when nothing is left (S5). Each is idempotent: asked
// again for what is already so, it answers as if it had just done it.
// Failures are PlatformErrors: SANDBOX_START_FAILED, SANDBOX_START_TIMEOUT (reason in words), SANDBOX_CRASHED when it is gone.
import type { SandboxRef } from '../model/sandbox.ts';
import type { FoundSandbox, SandboxSpec, SessionMark } from '../model/sandbox-spec.ts';
import type { Cancel } from '../model/clock.ts';

export type { FoundSandbox, SandboxSpec, SessionMark };

export interface SandboxLifecycle {
  start(spec: SandboxSpec): Promise<SandboxRef>;
  /** Starts processes again over files that `stop(id, 'keep-files')` or a crash left, from the spec of the first start. */
  restart(id: string, generation: number): Promise<SandboxRef>;
  /** `remove` leaves nothing; `keep-files` leaves the workspace, so that `restart` works. Unknown ids are already stopped. */
  stop(id: string, files: 'remove' | 'keep-files'): Promise<void>;
}

export interface Marks {
  /**
   * Writes on a sandbox whose it is; `list` tells it in the spec. Durable when answered, and at once when it is so already.
   * Always before its first `resume`: what has no mark never ran for anybody, and may go back to a pool.
   */
  mark(id: string, session: SessionMark): Promise<void>;
}

/**
 * `version`: the session's, 0 for a sandbox of nobody. Where orders can be late (a cluster), a pause that was ordered before a
 * resume and arrives after it finds the sandbox busy; a driver whose orders cannot overtake each other ignores it.
 */
export interface Freezer {
  /** `busy` (with the names of what goes on) when the sandbox itself says that it works, or cannot sleep; then it was left running. */
  pause(
    id: string,
    version: number,
  ): Promise<{ readonly paused: true } | { readonly busy: readonly string[] }>;
  resume(id: string, version: number): Promise<SandboxRef>;
  /** What the sandbox itself says that it works on. */
  busy(id: string): Promise<readonly string[]>;
}

/** What of a sandbox's output is wanted. */
export interface LogRequest {
  /** So many of the last lines; all that is kept when absent. */
  readonly lines?: number;
  /** Goes on with what comes. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface Logs {
  /** The output of a sandbox's processes, as bytes. Ends when the signal aborts, or with the sandbox; unknown ids have printed nothing. */
  logs(id: string, request: LogRequest): AsyncIterable<Uint8Array>;
}

export interface SandboxExit {
  readonly id: string;
  readonly generation: number;
  /** In words: `exit code 1`, `killed by SIGSEGV`, `out of memory (limit 128Mi)`. */
  readonly why: string;
  /** Its files are gone too (somebody deleted it): it cannot be started again. */
  readonly gone?: true;
}

export interface Inventory {
  /** All that an earlier run or this one left, alive or not. */
  list(): Promise<readonly FoundSandbox[]>;
  /** Told once per end that nobody asked for. */
  onExit(listener: (exit: SandboxExit) => void): Cancel;
}

/** Which images this driver can run. */
export interface Images {
  /** A digest of what would run, so that a changed image makes a new revision; or the names that are known. */
  resolve(image: string): Promise<{ readonly digest: string } | { readonly known: readonly string[] }>;
}

export interface Driver extends SandboxLifecycle, Marks, Freezer, Inventory, Images {
  /** Absent where their output is kept by somebody else, who is asked for it: the API server of a cluster. */
  logs?: Logs['logs'];
  /** What this host gives, in words for the start-up message and the log. */
  describe(): { readonly tier: string; readonly lacks: readonly string[] };
  /** On how many machines its sandboxes are, as far as it knows; one where it does not say. */
  nodes?(): number;
  close(): Promise<void>;
}
