// From writing an event's request until its handler in a warm session has it, through a broker and durable first, against a direct
// invocation: the same request sent to the same session, until it is answered. In turns. The agent reads the same monotonic clock as
// this program, so it is told as well how long a direct invocation takes until its handler has it.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform, type Platform } from '../support/platform.ts';
import { connect, type Connection } from './support/client.ts';
import { ms, quantile, type Figure } from './table.ts';

const rounds = 400;
/** Of each way, as fast as they are answered: a platform that serves many has its code compiled. */
const warmUp = 2_000;
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

  /** Answers how long it took until it was answered (ms). */
  async send(way: Way, id: string, session?: string): Promise<number> {
    const path = way === 'event' ? eventsPath : `${runtimePath}/events`;
    const headers = { ...headersOf(id), ...(session !== undefined && { 'x-agentcube-session-id': session }) };
    this.#sentAt.set(id, process.hrtime.bigint());
    const asked = { method: 'POST', path, headers, json: { n: 1 } };
    const { status, body, endMs } = await this.#connection.ask(asked);
    if (status !== 202) throw new Error(`${path} answered ${status}: ${body}`);
    return endMs;
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

const figureOf = (event: number, call: number, arrived: number): Figure => ({
  what: 'an event until its handler in a warm session has it, p50',
  sense: 'at most',
  bound: 4,
  ratio: event / call,
  seen: `${ms(event)} against ${ms(call)} (direct invocation until it is answered; its handler has it after ${ms(arrived)})`,
});

/** The figure of what a broker adds to a request. */
export async function eventLatencyFigures(): Promise<Figure[]> {
  const platform = await startPlatform({ folder: manifests });
  const connection = connect({ port: Number(new URL(platform.activatorUrl).port) });
  try {
    const latencies = new Latencies(connection);
    await latencies.send('event', 'first');
    const session = await warmSession(platform);
    for (let round = 0; round < warmUp; round += 1) {
      await latencies.send('event', `warming.event.${round}`);
      await latencies.send('call', `warming.call.${round}`, session);
    }
    const answered: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await sleep(restMs);
      await latencies.send('event', `event.${round}`);
      await sleep(restMs);
      answered.push(await latencies.send('call', `call.${round}`, session));
    }
    await sleep(100 * restMs);
    const [events, calls] = [await latencies.took(session, 'event.'), await latencies.took(session, 'call.')];
    const [event, call, arrived] = [events, answered, calls].map((sample) => quantile(sample, 0.5));
    return [figureOf(event ?? NaN, call ?? NaN, arrived ?? NaN)];
  } finally {
    connection.close();
    await platform.dispose();
  }
}
