// Events for the agent that writes down what came (test/e2e/agents/listener): its deployment, sending, and what it has seen.
import path from 'node:path';
import { stringify } from 'yaml';
import { agentUrl, call, callOk, sessionHeader, until, type Answer } from './client.ts';
import type { Address } from './platform.ts';

/** A table in which the image `listener` is a copy of test/e2e/agents/listener. */
export const listenerImages = stringify({
  images: [
    {
      name: 'listener',
      folder: path.resolve(import.meta.dirname, '../e2e/agents/listener'),
      command: ['node', '/app/agent.ts'],
    },
  ],
});

/** A trigger of the default broker for the runtime `listener`, as YAML. */
export const listenerTrigger = (name: string, spec: object): string =>
  stringify({
    apiVersion: 'eventing.agentcube.volcano.sh/v1alpha1',
    kind: 'Trigger',
    metadata: { name },
    spec: { target: { kind: 'AgentRuntime', name: 'listener', path: '/events' }, ...spec },
  });

const sent = (at: Address, subject: string, id: string, type = 'test'): Promise<Answer> =>
  call('POST', `${at.activatorUrl}/v1/namespaces/default/events`, {
    headers: {
      'ce-specversion': '1.0',
      'ce-source': '/e2e',
      'ce-type': type,
      'ce-id': id,
      'ce-subject': subject,
    },
    body: subject,
  });

/** Sends one event; answers the status. */
export const sendEvent = async (at: Address, subject: string, id: string, type?: string): Promise<number> =>
  (await sent(at, subject, id, type)).status;

/** Resolves when an activator knows a trigger that takes events of this subject; some were sent until then. */
export const untilTaken = (at: Address, subject: string): Promise<Answer> =>
  until(
    `a trigger takes events of ${subject}`,
    () => sent(at, subject, 'first'),
    ({ headers }) => headers.get('x-agentcube-deliveries') === '1',
  );

export interface Listed {
  readonly items: readonly { readonly sessionId: string; readonly state: string }[];
}

/** What each session has seen, in order: `<id> <subject>`. */
export async function seen(at: Address): Promise<string[][]> {
  const { items } = await callOk<Listed>('GET', `${at.controlUrl}/v1/sessions?limit=500`);
  return Promise.all(
    items.map(({ sessionId }) =>
      callOk<string[]>('GET', agentUrl(at, 'listener'), { headers: { [sessionHeader]: sessionId } }),
    ),
  );
}

/** What the session of a subject has seen: the ids, in order. */
async function seenOf(at: Address, subject: string): Promise<string[]> {
  const mine = (await seen(at)).filter((lines) => lines.some((line) => line.endsWith(` ${subject}`)));
  if (mine.length > 1) throw new Error(`${subject} has ${mine.length} sessions: ${JSON.stringify(mine)}`);
  return (mine[0] ?? []).map((line) => line.split(' ')[0] ?? '');
}

/** The same, as soon as `id` is among them. */
export const untilSeen = (at: Address, subject: string, id: string): Promise<string[]> =>
  until(
    `${subject} has seen ${id}`,
    () => seenOf(at, subject),
    (ids) => ids.includes(id),
  );

export const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));
