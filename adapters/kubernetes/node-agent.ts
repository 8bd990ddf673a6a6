// The client of the node agents: thaws, pauses and marks pods on the node where they are, one HTTP call each over a kept
// connection. Owns how their answers become the platform's errors. Does not decide when: that is the activator's and the driver's.
// A call that was not answered may have been done; every call may be made again.
import http from 'node:http';
import type { Cancel, Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Thawer } from '../../model/platform.ts';
import type { SessionMark } from '../../model/sandbox-spec.ts';
import type { SandboxPlace } from '../../model/sandbox.ts';
import type { NodeEvent, NodePod, NodePodList, Refusal } from '../../nodeagent/core/protocol.ts';
import { ask, type NodeAnswer } from './node-call.ts';
import { listenTo } from './node-events.ts';

export type { NodeEvent, NodePod };

export interface NodeAgentsOptions {
  /** A token for node agents (`aud: agentcube-node-agent`), valid for some more seconds. Asked before each call. */
  readonly tokens: () => Promise<string>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** For how long a thaw, a mark or a list is waited for (ms); a pause, which waits for the kernel, five times that. */
  readonly timeoutMs?: number;
}

export type PauseOutcome = 'paused' | 'newer-order' | { readonly cannotSleep: string };

export interface NodeAgents extends Thawer {
  /**
   * A thaw as the leading controller orders it: never refused for its version, and what was ordered before counts no more.
   * Rejects as `thaw` does.
   */
  resume(place: SandboxPlace, mark: SessionMark | undefined, version: number): Promise<void>;
  /**
   * Resolves with `paused` when the kernel says that nothing of it runs, `newer-order` when a resume of a higher version was there
   * before. Rejects with SANDBOX_CRASHED (nothing of it is left) or NODE_UNREACHABLE (it may have been done).
   */
  pause(place: SandboxPlace, version: number): Promise<PauseOutcome>;
  /** Durable on the node when it resolves. Rejects as `thaw` does. */
  mark(place: SandboxPlace, mark: SessionMark): Promise<void>;
  /** What is on one node. Rejects with NODE_UNREACHABLE. */
  pods(agentUrl: string): Promise<readonly NodePod[]>;
  /**
   * Tells what happens on one node until it is cancelled, over broken connections. `onGap` is told each time a connection was made,
   * also the first time: before it events may have been missed, and whoever relies on them looks at `pods`.
   */
  events(agentUrl: string, listener: (event: NodeEvent) => void, onGap?: () => void): Cancel;
  /** Closes kept connections. */
  close(): void;
}

const refusalOf = ({ body }: NodeAnswer): Partial<Refusal> => {
  try {
    return JSON.parse(body) as Partial<Refusal>;
  } catch {
    return {};
  }
};

const unreachable = (agent: string, reason: string): PlatformError =>
  new PlatformError('NODE_UNREACHABLE', `the node agent at ${agent} does not do its work`, { reason });

/** The failures that all orders share. */
function failure(place: SandboxPlace, answer: NodeAnswer): PlatformError {
  const { code, reason = `it answered ${answer.status}` } = refusalOf(answer);
  if (answer.status === 404 && code === 'POD_NOT_FOUND')
    return new PlatformError('SANDBOX_CRASHED', 'the sandbox is gone from its node', { reason });
  if (code === 'OTHER_SESSION')
    return new PlatformError('SESSION_STATE', 'the sandbox belongs to another session', { reason });
  if (code === 'NEWER_ORDER')
    return new PlatformError('SESSION_STATE', 'the sandbox was put to sleep meanwhile', { reason });
  return unreachable(place.agent, reason);
}

const orderUrl = ({ agent, pod }: SandboxPlace, order: 'resume' | 'pause' | 'session'): string =>
  `${agent}/v1/pods/${encodeURIComponent(pod)}/${order}`;

/** A client for all nodes. Opens connections when they are needed. */
export function createNodeAgents({ tokens, clock, log, timeoutMs = 2_000 }: NodeAgentsOptions): NodeAgents {
  const connections = new http.Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16 });
  const call = async (method: string, url: string, body?: unknown, patience = 1): Promise<NodeAnswer> => {
    const token = await tokens();
    return ask({ connections, method, url, token, body, timeoutMs: timeoutMs * patience });
  };
  const order = async (
    place: SandboxPlace,
    ...[method, what, body, patience]: ['POST' | 'PUT', 'resume' | 'pause' | 'session', object, number?]
  ): Promise<NodeAnswer> => call(method, orderUrl(place, what), body, patience);
  const done = (place: SandboxPlace, answer: NodeAnswer): void => {
    if (answer.status !== 200) throw failure(place, answer);
  };

  return {
    async thaw(place, session, version) {
      done(place, await order(place, 'POST', 'resume', { version, session, fenced: true }));
    },
    async resume(place, session, version) {
      done(place, await order(place, 'POST', 'resume', { version, ...(session && { session }) }));
    },
    async pause(place, version) {
      const answer = await order(place, 'POST', 'pause', { version }, 5);
      const { code, reason = '' } = answer.status === 409 ? refusalOf(answer) : {};
      if (code === 'NEWER_ORDER') return 'newer-order';
      if (code === 'CANNOT_SLEEP') return { cannotSleep: reason };
      done(place, answer);
      return 'paused';
    },
    async mark(place, mark) {
      done(place, await order(place, 'PUT', 'session', mark));
    },
    async pods(agentUrl) {
      const answer = await call('GET', `${agentUrl}/v1/pods`);
      if (answer.status !== 200)
        throw unreachable(agentUrl, refusalOf(answer).reason ?? `it answered ${answer.status}`);
      return (JSON.parse(answer.body) as NodePodList).pods;
    },
    events: (agentUrl, listener, onGap) =>
      listenTo({ url: `${agentUrl}/v1/events`, tokens, clock, log, listener, onGap }),
    close: () => connections.destroy(),
  };
}
