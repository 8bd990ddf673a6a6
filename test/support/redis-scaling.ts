// What belongs to the autoscaler over a Redis of a test, as two programs have it: one tells, the other listens.
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisDemand } from '../../adapters/redis/demand.ts';
import { termKeyOf, type Fence } from '../../adapters/redis/link.ts';
import { redisScalerMemory } from '../../adapters/redis/scaler-memory.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';
import { redisSupply } from '../../adapters/redis/supply.ts';
import { redisPoolTargets, redisPoolTargetWrites } from '../../adapters/redis/targets.ts';
import type { OpenTargets } from '../contract/suites/pool-targets.ts';
import type { OpenMemory } from '../contract/suites/scaler-memory.ts';
import type { OpenReports } from '../contract/suites/scaling-reports.ts';
import { openPrepared } from './redis-kinds.ts';

export const autoscaler: Fence = { role: 'autoscaler', term: 7 };

interface Program {
  readonly connection: RedisConnection;
  readonly bus: RedisBus;
  readonly close: () => Promise<void>;
}

/** A program whose bus has not started, in a platform that `autoscaler` leads. */
async function program(settings: RedisSettings, onFault: (fault: unknown) => void): Promise<Program> {
  const connection = await openPrepared(settings);
  const { link } = connection;
  await link.client.set(termKeyOf(link, autoscaler.role), String(autoscaler.term));
  const bus = createRedisBus(connection, { onFault });
  const close = async () => {
    await bus.close();
    await connection.close();
  };
  return { connection, bus, close };
}

const ignore = (): void => undefined;

/** An activator or controller that tells, and an autoscaler that listens. */
export async function openRedisReports(
  settings: RedisSettings,
  onFault: (fault: unknown) => void = ignore,
): Promise<OpenReports> {
  const [teller, hearer] = [await program(settings, onFault), await program(settings, onFault)];
  const wire = (one: Program) => ({ link: one.connection.link, bus: one.bus, onFault });
  return {
    demand: redisDemand(wire(teller)),
    supply: redisSupply(wire(teller)),
    heard: { ...redisDemand(wire(hearer)), ...redisSupply(wire(hearer)) },
    listening: () => hearer.bus.start(),
    close: async () => {
      await Promise.all([teller.close(), hearer.close()]);
    },
  };
}

/** An autoscaler that writes, and a controller that reads. */
export async function openRedisTargets(settings: RedisSettings): Promise<OpenTargets> {
  const [writer, reader] = [await program(settings, ignore), await program(settings, ignore)];
  const targets = redisPoolTargets({ link: reader.connection.link, bus: reader.bus, onFault: ignore });
  return {
    writes: redisPoolTargetWrites(writer.connection.link, autoscaler),
    read: async () => {
      await reader.bus.start();
      await targets.start();
      return targets;
    },
    close: async () => {
      targets.stop();
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

export async function openRedisMemory(settings: RedisSettings): Promise<OpenMemory> {
  const { connection, close } = await program(settings, ignore);
  return { memory: redisScalerMemory(connection.link, autoscaler), close };
}
