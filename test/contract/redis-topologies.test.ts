// The contracts of the stores, and of what goes to and from the autoscaler, on every kind of Redis: versions, ways to be let in, and several servers that act as one.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createRedisBus } from '../../adapters/redis/bus.ts';
import { createRedisClock } from '../../adapters/redis/clock.ts';
import { redisRuntimeDirectory, redisRuntimes } from '../../adapters/redis/directory.ts';
import { redisEventStore } from '../../adapters/redis/event-store.ts';
import { redisLeaderElection } from '../../adapters/redis/election.ts';
import { redisPreparation } from '../../adapters/redis/preparation.ts';
import { redisResourceStore } from '../../adapters/redis/resources.ts';
import { redisSessionStore } from '../../adapters/redis/session-store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { DeployedRuntime } from '../../model/platform.ts';
import { newSpace, openPrepared, redisKinds, type RunningRedis } from '../support/redis-kinds.ts';
import { openRedisMemory, openRedisReports, openRedisTargets } from '../support/redis-scaling.ts';
import { sessionIn } from '../support/sessions.ts';
import { until } from '../support/until.ts';
import type { OpenEventStore } from './suites/event-queue.ts';
import { eventStoreContract } from './suites/event-store.ts';
import { poolTargetsContract } from './suites/pool-targets.ts';
import { resourcesContract } from './suites/resource-store.ts';
import { scalerMemoryContract } from './suites/scaler-memory.ts';
import { scalingReportsContract } from './suites/scaling-reports.ts';
import { leasesContract } from './suites/session-store-leases.ts';
import { poolContract } from './suites/session-store-pool.ts';
import { sessionsContract, type OpenStore } from './suites/session-store-sessions.ts';

jest.setTimeout(60_000);

const { policy, runtime: key, revision } = sessionIn('running');
const deployed: DeployedRuntime = { key, revision, policy, labels: {}, warmPoolSize: 2 };

describe.each([...redisKinds])('$name', ({ start }) => {
  const fence = { role: 'controller', term: 1 } as const;
  let redis: RunningRedis;
  beforeAll(async () => {
    redis = await start();
  });
  afterAll(() => redis.close());

  const openStore: OpenStore = async () => {
    const connection = await openPrepared(newSpace(redis.settings));
    return { ...redisSessionStore(connection.link, { fence }), close: () => connection.close() };
  };
  const openResources = async () => {
    const connection = await openPrepared(newSpace(redis.settings));
    return { store: redisResourceStore(connection.link, fence), close: () => connection.close() };
  };
  const openEvents: OpenEventStore = async () => {
    const connection = await openPrepared(newSpace(redis.settings));
    const bus = createRedisBus(connection, { onFault: () => undefined });
    const store = redisEventStore(connection.link, bus);
    await bus.start();
    const close = async () => {
      await bus.close();
      await connection.close();
    };
    return { store, close };
  };

  eventStoreContract(openEvents);
  sessionsContract(openStore);
  leasesContract(openStore);
  poolContract(openStore);
  resourcesContract(openResources);
  scalingReportsContract(() => openRedisReports(newSpace(redis.settings)));
  poolTargetsContract(() => openRedisTargets(newSpace(redis.settings)));
  scalerMemoryContract(() => openRedisMemory(newSpace(redis.settings)));

  test('leading, time, wakes, changed sessions and what is deployed go through it', async () => {
    const settings = newSpace(redis.settings);
    const [one, other] = [await openPrepared(settings), await openPrepared(settings)];
    const bus = createRedisBus(other, { onFault: () => undefined });
    const heard: string[] = [];
    bus.onWake((id) => heard.push(`wake ${id}`));
    bus.subscribe(({ id, state }) => heard.push(`${id} ${state.kind}`));
    const runtimes = redisRuntimes({ link: other.link, bus, onFault: () => undefined });
    await bus.start();
    await runtimes.start();

    const bid = { role: 'controller', holder: 'a', url: '', ttlMs: 3_000, seenTerm: 0, beats: 0 } as const;
    const standing = await redisLeaderElection(one.link).bid(bid);
    const own = { role: 'controller', term: standing.term } as const;
    await redisPreparation(one.link, own).markPrepared();
    await redisRuntimeDirectory(one.link, own).publish([deployed]);
    await redisSessionStore(one.link, { fence: own }).create(sessionIn('running'), null);
    createRedisBus(one, { onFault: () => undefined }).wake('session-1');
    await until(() => heard.length >= 2);
    expect([standing.kind, ...heard.sort()]).toEqual(['leading', 'session-1 running', 'wake session-1']);
    // As long as nobody has told what is deployed, asking is refused.
    await until(() => {
      try {
        return runtimes.find(deployed.key) !== undefined;
      } catch {
        return false;
      }
    });
    expect(runtimes.find(deployed.key)).toEqual(deployed);

    const clock = createRedisClock(one.link, systemClock);
    await clock.start();
    expect(Math.abs(clock.clock.now() - Date.now())).toBeLessThan(60_000);
    clock.stop();
    await bus.close();
    await Promise.all([one.close(), other.close()]);
  });

  test('all that the platform writes has one hash tag, so that a Cluster keeps it in one slot', async () => {
    // One look over everything: the cursor it ends with is 0.
    const looks = await Promise.all(
      redis.servers.map((server) => server.cli('SCAN', '0', 'COUNT', '1000000')),
    );
    const keys = looks.flatMap((look) => look.split('\n').slice(1)).filter(Boolean);
    const foreign = keys.filter((key) => !/^\{agentcube-\d+\}:/.test(key));
    expect(keys.length).toBeGreaterThan(0);
    expect(foreign).toEqual([]);
  });
});
