// A Redis for benches, as it is when installed (no append-only file, whose rewriting would be another process on the same
// processors at its own times), and a session store in it as an activator has it.
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RedisLink } from '../../../adapters/redis/link.ts';
import type { SandboxRef } from '../../../model/sandbox.ts';
import type { Session } from '../../../model/session.ts';
import type { SessionStore } from '../../../model/session-store.ts';
import { startRedis, type RedisServer } from '../../support/redis-server.ts';
import { clientOf, openRedisStore } from '../../support/redis-store.ts';
import { interpreter, minute, sessionIn, t0, warm } from '../../support/sessions.ts';

const inOneGo = 500;

export interface BenchRedis {
  readonly server: RedisServer;
  readonly client: Redis;
  readonly store: SessionStore;
  close(): Promise<void>;
}

export async function benchRedis(): Promise<BenchRedis> {
  const server = await startRedis({ args: ['--appendonly', 'no'] });
  const client = clientOf(server);
  const link: RedisLink = { client, prefix: '{agentcube}' };
  const store = await openRedisStore(link);
  const close = async () => {
    client.disconnect();
    await server.close();
  };
  return { server, client, store, close };
}

/** Does it `count` times, some hundreds at once. */
export async function many(count: number, action: (n: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += inOneGo) {
    const size = Math.min(inOneGo, count - at);
    await Promise.all(Array.from({ length: size }, (_, n) => action(at + n)));
    await turn();
  }
}

/** Sessions that rest and are due long after everything. */
export const restingSessions = (store: SessionStore, count: number): Promise<void> =>
  many(count, () => store.create(sessionIn('paused', { id: randomUUID() }), t0 + 1_000 * minute));

let offered = 0;
/** Puts warm sandboxes into the pool from which `claimOne` takes. */
export const offerMany = (store: SessionStore, count: number): Promise<void> =>
  many(count, () => store.offer(warm(randomUUID(), { readyAt: t0 + (offered += 1) })));

/** A claim as an activator makes it. Throws when the pool is empty. */
export async function claimOne(store: SessionStore): Promise<Session> {
  const id = randomUUID();
  const bind = (sandbox: SandboxRef) => ({
    session: sessionIn({ kind: 'paused', sandbox, claimed: true }, { id }),
    dueAt: t0 + 1_000 * minute,
  });
  const claimed = await store.claim(interpreter, 'r1', bind);
  if (typeof claimed === 'string') throw new Error(`nothing was claimed: ${claimed}`);
  return claimed;
}
