// Owns: what the handlers of the code daemon are given. Does not own: where it comes from (main.ts).
import type { Authorize } from './auth.ts';
import type { BeginWork } from './busy.ts';

export interface DaemonContext {
  /** Absolute, existing and free of symbolic links. */
  readonly workspace: string;
  /** Undefined when whoever reaches the socket may use the daemon (authMode none). The same check every time. */
  readonly authorize: (() => Promise<Authorize>) | undefined;
  /** The environment every command starts with; a request may add to it. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
  readonly beginWork: BeginWork;
  /** Bytes of each output stream that are kept; what comes after is counted and dropped. */
  readonly outputLimitBytes: number;
  /** Monotonic nanoseconds. */
  readonly monotonicNs: () => bigint;
  /** Nanoseconds since epoch. */
  readonly wallNs: () => bigint;
}
