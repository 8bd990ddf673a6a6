// From writing an event's request until its handler in a warm session has it: through a broker, durable first, against the same request
// sent straight to the same session. In turns; both ends read the machine's one monotonic clock, so answers are not counted.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform, type Platform } from '../support/platform.ts';
import { connect, type Connection } from './support/client.ts';
import { latencyFigures, type Figure } from './table.ts';

const rounds = 400;
const warmUp = 100;
/** Until what an event leads to is over. */
const restMs = 10;
const manifests = path.join(import.meta.dirname, '../support/storm/deployed');

type Way = 'event' | 'call';

const headersOf = (id: string) => ({
  'ce-specversion': '1.0',
  'ce-source': '/bench',
  'ce-type': 'warm',
  'ce-subject': 'warm',
  'ce-id': id,
});

const eventsPath = '/v1/namespaces/default/events';
const runtimePath = '/v1/namespaces/default/agent-runtimes/caller/invocations';

/** The session that events of the subject come to, once it runs. */
async function warmSession(platform: Platform): Promise<string> {
  for (;;) {
    const answer = await fetch(`${platform.controlUrl}/v1/sessions?runtime=caller&state=running`);
    const { items } = (await answer.json()) as { items: { sessionId: string }[] };
    const [session] = items;
    if (session) return session.sessionId;
    await sleep(restMs);
  }
}

class Latencies {
  readonly #connection: Connection;
  readonly #sentAt = new Map<string, bigint>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async send(way: Way, id: string, session?: string): Promise<void> {
    const path = way === 'event' ? eventsPath : `${runtimePath}/events`;
    const headers = { ...headersOf(id), ...(session !== undefined && { 'x-agentcube-session-id': session }) };
    this.#sentAt.set(id, process.hrtime.bigint());
    const { status, body } = await this.#connection.ask({ method: 'POST', path, headers, json: { n: 1 } });
    if (status !== 202) throw new Error(`${path} answered ${status}: ${body}`);
  }

  /** How long it took (ms) until each arrived whose id begins so. */
  async took(session: string, beginning: string): Promise<number[]> {
    const headers = { 'x-agentcube-session-id': session };
    const { body } = await this.#connection.ask({ path: `${runtimePath}/seen`, headers });
    return body.split('\n').flatMap((line) => {
      const [id = '', at = '0'] = line.split(' ');
      const sentAt = this.#sentAt.get(id);
      return sentAt !== undefined && id.startsWith(beginning) ? [Number(BigInt(at) - sentAt) / 1e6] : [];
    });
  }
}

/** The figure of what a broker adds to a request. */
export async function eventLatencyFigures(): Promise<Figure[]> {
  const platform = await startPlatform({ folder: manifests });
  const connection = connect({ port: Number(new URL(platform.activatorUrl).port) });
  try {
    const latencies = new Latencies(connection);
    await latencies.send('event', 'first');
    const session = await warmSession(platform);
    for (let round = 0; round < warmUp + rounds; round += 1) {
      const kind = round < warmUp ? 'warming.' : '';
      await latencies.send('event', `${kind}event.${round}`);
      await sleep(restMs);
      await latencies.send('call', `${kind}call.${round}`, session);
      await sleep(restMs);
    }
    const [events, calls] = [await latencies.took(session, 'event.'), await latencies.took(session, 'call.')];
    return latencyFigures(
      'an event until its handler in a warm session has it',
      events,
      calls,
      'the same request sent straight to it',
      { p50: 4 },
    );
  } finally {
    connection.close();
    await platform.dispose();
  }
}
