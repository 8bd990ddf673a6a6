// Appending events with a million waiting against an empty queue, in turns, in SQLite and in Redis; and whether the process grows with what waits.
// In the adapters, not over HTTP. Half of the events go to ten thousand sessions in order, half wait for no other.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Redis } from 'ioredis';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteEventStore } from '../../adapters/sqlite/event-store.ts';
import type { EventStore, NewDelivery } from '../../model/event-queue.ts';
import { deliveryOf, takeSome } from '../support/events.ts';
import { openRedisEvents } from '../support/redis-events.ts';
import { startRedis } from '../support/redis-server.ts';
import { minute, second, t0 } from '../support/sessions.ts';
import { quantile, type Figure } from './table.ts';

const waiting = 1_000_000;
/** Enough that the process has taken what it needs for any number. */
const few = 50_000;
const sessions = 10_000;
const batch = 50;
const inFlight = 8;
const eventsPerRound = 4_000;
const rounds = 15;
const limits = { perTrigger: 10 * waiting, total: 10 * waiting };
const body = new TextEncoder().encode('x'.repeat(1_000));

interface Bench {
  readonly store: EventStore;
  readonly close: () => Promise<void>;
}

let made = 0;
function batchOf(size: number): NewDelivery[] {
  return Array.from({ length: size }, () => {
    made += 1;
    const { event } = deliveryOf('');
    const lane = made % 2 === 0 ? `default/agent/${(made * 7_919) % sessions}` : undefined;
    return deliveryOf(`event-${made}`, { event: { ...event, body }, ...(lane !== undefined && { lane }) });
  });
}

async function appendMany(store: EventStore, count: number, size = batch): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= size;
      const answer = await store.append(batchOf(size), limits, t0);
      if (answer.kind !== 'stored') throw new Error('the queue has no room');
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function drain(store: EventStore): Promise<void> {
  for (;;) {
    const taken = await takeSome(store, 500);
    if (taken.length === 0) return;
    await Promise.all(taken.map(({ ticket }) => store.settle(ticket, 'one', { kind: 'done' })));
  }
}

/** Events a second. */
async function rateOf(run: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const count = await run();
  return (count / (performance.now() - start)) * second;
}

const appending = (store: EventStore) =>
  rateOf(async () => {
    await appendMany(store, eventsPerRound);
    return eventsPerRound;
  });

/** Takes, and settles, as many as it finds. */
const handling = (store: EventStore) =>
  rateOf(async () => {
    let count = 0;
    for (let turn = 0; turn < 5; turn += 1) {
      const taken = await takeSome(store, 100, { until: t0 + minute });
      await Promise.all(taken.map(({ ticket }) => store.settle(ticket, 'one', { kind: 'done' })));
      count += taken.length;
    }
    return count;
  });

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** What the process holds on to; how much garbage it lets lie about says nothing of what waits. */
function mebibytes(): number {
  if (typeof collectGarbage === 'function') Reflect.apply(collectGarbage, undefined, []);
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

function figureOf(what: string, full: readonly number[], empty: readonly number[]): Figure {
  // The best rounds of each: others of the machine take its processors and its disk meanwhile.
  const [ours, reference] = [quantile(full, 0.9), quantile(empty, 0.9)];
  const seen = `${Math.round(ours)} a second against ${Math.round(reference)} (nothing waiting)`;
  return { what, sense: 'at least', bound: 0.8, ratio: ours / reference, seen };
}

async function figuresOf(name: string, open: () => Promise<Bench>): Promise<Figure[]> {
  const [empty, full] = [await open(), await open()];
  try {
    await appendMany(empty.store, eventsPerRound);
    await drain(empty.store);
    await appendMany(full.store, few, 500);
    const before = mebibytes();
    await appendMany(full.store, waiting - few, 500);
    const after = mebibytes();
    const [appended, handled] = [
      { full: [] as number[], empty: [] as number[] },
      { full: [] as number[], empty: [] as number[] },
    ];
    for (let round = 0; round < rounds; round += 1) {
      appended.empty.push(await appending(empty.store));
      appended.full.push(await appending(full.store));
      handled.empty.push(await handling(empty.store));
      handled.full.push(await handling(full.store));
      await drain(empty.store);
    }
    return [
      figureOf(`events of 1 KB appended, 1,000,000 waiting, ${name}`, appended.full, appended.empty),
      figureOf(`events taken and settled, 1,000,000 waiting, ${name}`, handled.full, handled.empty),
      {
        what: `memory of the process, 1,000,000 events waiting, ${name}`,
        sense: 'at most',
        bound: 1.5,
        ratio: after / before,
        seen: `${Math.round(after)} MiB against ${Math.round(before)} MiB (50,000 waiting)`,
      },
    ];
  } finally {
    await Promise.all([empty.close(), full.close()]);
  }
}

async function inFile(): Promise<Bench> {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-bench-'));
  const db = openDatabase({ path: path.join(folder, 'agentcube.db') });
  const close = async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  };
  return { store: sqliteEventStore(db), close };
}

async function inRedis(): Promise<Bench> {
  const server = await startRedis({ args: ['--auto-aof-rewrite-percentage', '0'] });
  const client = new Redis({ host: '127.0.0.1', port: server.port });
  const { store, close } = await openRedisEvents({ client, prefix: '{agentcube}' });
  return {
    store,
    close: async () => {
      await close();
      client.disconnect();
      await server.close();
    },
  };
}

/** The figures of the event queue. */
export async function eventQueueFigures(): Promise<Figure[]> {
  return [...(await figuresOf('SQLite', inFile)), ...(await figuresOf('Redis', inRedis))];
}
