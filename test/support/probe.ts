// The probe agent as the tests see it: what it says of itself, and the counts that it must not lose.
import { expect } from '@jest/globals';
import type { AgentSession, Answer } from './client.ts';

/** What test/e2e/agents/probe answers. */
export interface ProbeState {
  /** Differs for every process. */
  readonly boot: string;
  readonly version?: string;
  /** Requests it met that were of another session than its first. */
  readonly strangers: number;
  readonly mark: string;
  readonly markInFile: string;
  readonly memory: number;
  readonly file: number;
}

/** Gives the agent a mark of its own, by which its answers are told from those of others. */
export const markAgent = (session: AgentSession): Promise<ProbeState> =>
  session.callOk<ProbeState>('POST', `/mark?value=${session.id}`);

/** Reads a probe's answer; fails when it is not from the sandbox of this session. */
export function ownState(session: AgentSession, answer: Answer): ProbeState {
  if (answer.status !== 200)
    throw new Error(`session ${session.id} answered ${answer.status}: ${answer.text}`);
  const state = answer.json<ProbeState>();
  expect(state).toMatchObject({ markInFile: session.id, strangers: 0 });
  return state;
}

/** One more in memory and in the file. */
export const count = async (session: AgentSession): Promise<ProbeState> =>
  ownState(session, await session.call('POST', '/count'));
