// Two activators take events into one Redis that is killed meanwhile: callers see 202 or 503, and whatever was answered 202 is there.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createRedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisEventStore } from '../../adapters/redis/event-store.ts';
import { json, member } from '../support/event-messages.ts';
import { IngressLab, triggerOf } from '../support/ingress-lab.ts';
import { openPrepared, plainSettings } from '../support/redis-kinds.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

const senders = 8;

let server: RedisServer;
const connections: RedisConnection[] = [];
const buses: ReturnType<typeof createRedisBus>[] = [];
const labs: IngressLab[] = [];

async function openActivator(): Promise<IngressLab> {
  const connection = await openPrepared(plainSettings(server.addr, { commandTimeoutMs: 500 }));
  const bus = createRedisBus(connection, { onFault: () => undefined });
  const store = redisEventStore(connection.link, bus);
  await bus.start();
  const config = { queue: { perTrigger: 100_000, total: 100_000 } };
  const lab = await IngressLab.start({ triggers: [triggerOf('all')], config, store: () => store });
  connections.push(connection);
  buses.push(bus);
  labs.push(lab);
  return lab;
}

function at(index: number): IngressLab {
  const lab = labs[index];
  if (!lab) throw new Error(`there is no activator ${index}`);
  return lab;
}

beforeEach(async () => {
  // Otherwise what Redis answers for may be lost with its process.
  server = await startRedis({ args: ['--appendfsync', 'always'] });
  await openActivator();
  await openActivator();
});

afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close();
  for (const bus of buses.splice(0)) await bus.close();
  for (const connection of connections.splice(0)) await connection.close();
  await server.close();
});

/** Posts one event after the other until it is told to stop; the answer to each, by id. */
async function send(lab: IngressLab, sender: number, answers: Map<string, number>, stop: () => boolean) {
  for (let n = 0; !stop(); n += 1) {
    const id = `${sender}-${n}`;
    answers.set(id, (await lab.post(json(member({ id })))).status);
  }
}

const counted = (answers: ReadonlyMap<string, number>, status: number): number =>
  [...answers.values()].filter((one) => one === status).length;

/** Everything that waits, whoever took it in. */
async function drained(lab: IngressLab): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const taken = await lab.take('all');
    if (taken.length === 0) return ids;
    ids.push(...taken.map(({ id }) => id));
  }
}

test('an event that was answered 202 is kept, though Redis is killed while others come', async () => {
  const answers = new Map<string, number>();
  let over = false;
  const sending = Array.from({ length: senders }, (_, n) =>
    send(at(n % labs.length), n, answers, () => over),
  );
  await until(() => counted(answers, 202) > 200);
  await server.kill();
  await until(() => counted(answers, 503) > 20);
  await server.restart();
  const before = counted(answers, 202);
  await until(() => counted(answers, 202) > before + 200);
  over = true;
  await Promise.all(sending);
  expect(new Set(answers.values())).toEqual(new Set([202, 503]));
  const kept = new Set(await drained(at(0)));
  const lost = [...answers].filter(([id, status]) => status === 202 && !kept.has(id));
  expect(lost).toEqual([]);
});
