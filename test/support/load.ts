// Clients that open sessions, count in them and put them to sleep, all at random, until they are stopped or cut off.
import { expect } from '@jest/globals';
import {
  agentSession,
  agentUrl,
  call,
  callOk,
  openAgent,
  sessionHeader,
  type SessionView,
} from './client.ts';
import { CountingClient } from './counting-client.ts';
import type { Dice } from './crowd.ts';
import type { Address } from './platform.ts';

export interface LoadOptions {
  readonly runtimes: readonly string[];
  readonly mostSessions: number;
}

export interface Load {
  /**
   * One worker for each of the dice. The returned function ends them and waits; it rejects when one met anything but
   * right answers and a connection that broke.
   */
  work(at: Address, dice: readonly Dice[]): () => Promise<void>;
  /** Every session that a client knows remembers what it answered; every other one that exists is in order too. */
  checkAll(at: Address): Promise<void>;
  size(): number;
}

/** Through the activator or through the control API. */
async function open(at: Address, runtime: string, dice: Dice): Promise<CountingClient> {
  if (dice.roll(0, 1) === 0) return new CountingClient((await openAgent(at, runtime)).id, runtime);
  const answer = await call('GET', agentUrl(at, runtime));
  const id = answer.headers.get(sessionHeader);
  if (answer.status !== 200 || id === null)
    throw new Error(`${runtime} answered ${answer.status}: ${answer.text}`);
  return new CountingClient(id, runtime);
}

async function act(at: Address, dice: Dice, clients: CountingClient[], options: LoadOptions): Promise<void> {
  const few = clients.length < options.mostSessions;
  if (clients.length === 0 || (few && dice.roll(0, 9) === 0)) {
    clients.push(await open(at, dice.pick(options.runtimes), dice));
    return;
  }
  const client = dice.pick(clients);
  await (dice.roll(0, 4) === 0 ? client.pause(at) : client.use(at));
}

/** How fetch tells that no answer, or only a part of one, arrived. By name: its TypeError is not that of jest's realm. */
const brokeOff = (fault: unknown): boolean => (fault as Error).name === 'TypeError';

export function makeLoad(options: LoadOptions): Load {
  const clients: CountingClient[] = [];

  function work(at: Address, dice: readonly Dice[]): () => Promise<void> {
    let working = true;
    const worker = async (own: Dice): Promise<void> => {
      while (working) await act(at, own, clients, options);
    };
    const ends = dice.map((own) =>
      worker(own).catch((fault: unknown) => {
        if (!brokeOff(fault)) throw fault;
      }),
    );
    const all = Promise.allSettled(ends).then(() => Promise.all(ends));
    all.catch(() => undefined); // told by the function below, which may be called much later
    return async () => {
      working = false;
      await all;
    };
  }

  async function checkAll(at: Address): Promise<void> {
    const known = new Set(clients.map(({ id }) => id));
    for (const client of clients) await client.check(at);
    const { items } = await callOk<{ items: SessionView[] }>(
      'GET',
      `${at.controlUrl}/v1/sessions?limit=1000`,
    );
    for (const { sessionId } of items) if (!known.has(sessionId)) await checkStranger(at, sessionId);
  }

  return { work, checkAll, size: () => clients.length };
}

/** A session whose opening was never answered: it works, or it ended and says why. */
async function checkStranger(at: Address, id: string): Promise<void> {
  const view = await callOk<SessionView>('GET', `${at.controlUrl}/v1/sessions/${id}`);
  if (view.state === 'ending' || view.state === 'ended') {
    expect(view.reason).toMatch(/./);
    return;
  }
  expect((await agentSession(at, view.runtime.name, id).call('GET', '/')).status).toBe(200);
}
