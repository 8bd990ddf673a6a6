// What a test sees of an agent. Types only, without Node's own.
import type { AgentSocket } from '../agent/talk.ts';

/** A line that an agent logged. */
export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** As the agent's own end; and it tells how it was closed. */
export interface TestSocket extends AgentSocket {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}
