// What an autoscaler sees of a busy platform, without sandboxes: activators on connections of their own that open sessions, and a
// controller whose pools follow the targets. They tell through the same reporters and the same Redis as the programs.
// Does not own the autoscaler. The load is the same for a seed; when things happen is up to the machine.
import { createRedisBus } from '../../../adapters/redis/bus.ts';
import { openRedis } from '../../../adapters/redis/connection.ts';
import { redisRuntimeDirectory } from '../../../adapters/redis/directory.ts';
import { redisSupply } from '../../../adapters/redis/supply.ts';
import { redisPoolTargets } from '../../../adapters/redis/targets.ts';
import { systemClock as clock } from '../../../adapters/system/clock.ts';
import { SupplyReporter } from '../../../controller/supply-reporter.ts';
import type { DeployedRuntime, PoolTargets } from '../../../model/platform.ts';
import { noMaximum, type Scaling } from '../../../model/scaling.ts';
import { plainSettings } from '../../support/redis-kinds.ts';
import { minute, second } from '../../support/sessions.ts';
import { Activator, Pools, startUpMs } from './scaling-actors.ts';

export interface LoadSize {
  readonly activators: number;
  readonly runtimes: number;
  /** All together. */
  readonly sessionsPerSecond: number;
  readonly seed: number;
}

const tickMs = 20;

const scaling: Scaling = {
  policy: { class: 'target', min: 0, max: noMaximum, warmStarts: 0.99, toZeroAfterMs: 10 * minute },
  schedule: [],
  dryRun: false,
};

const deployedAs = (n: number): DeployedRuntime => ({
  key: {
    kind: n % 2 === 0 ? 'AgentRuntime' : 'CodeInterpreter',
    namespace: `team-${n % 20}`,
    name: `runtime-${n}`,
  },
  revision: 'r1',
  labels: {},
  policy: {
    pauseAfterMs: minute,
    suspendAfterMs: null,
    sessionTimeoutMs: minute,
    maxSessionDurationMs: minute,
  },
  warmPoolSize: 0,
  scaling,
});

/** Numbers between 0 and 1 that look random and are always the same. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Calls `arrive` so often a second on average, with exponential pauses; made up for when the machine was busy. */
class Arrivals {
  readonly #perSecond: number;
  readonly #roll: () => number;
  readonly #arrive: () => void;
  #timer: NodeJS.Timeout | undefined;
  #tickedAt = 0;
  #due = 0;

  constructor(perSecond: number, roll: () => number, arrive: () => void) {
    this.#perSecond = perSecond;
    this.#roll = roll;
    this.#arrive = arrive;
  }

  begin(): void {
    this.#tickedAt = clock.monotonic();
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = clock.monotonic();
    this.#due += (now - this.#tickedAt) / second;
    this.#tickedAt = now;
    for (; this.#due > 0; this.#due += Math.log(1 - this.#roll()) / this.#perSecond) this.#arrive();
  }
}

export interface ScalingLoad {
  readonly targets: PoolTargets;
  /** Begins to open sessions; they go on until `stop`. */
  begin(): void;
  /** Of the sessions opened so far: all, and those that found no sandbox ready. */
  opened(): { readonly sessions: number; readonly cold: number };
  stop(): Promise<void>;
}

/** Deploys the runtimes in an empty Redis and connects everybody; nobody opens a session yet. */
export async function scalingLoad(redisAddr: string, size: LoadSize): Promise<ScalingLoad> {
  const open = async () => {
    const connection = openRedis(plainSettings(redisAddr), { log: () => undefined });
    await connection.firstAnswer();
    return connection;
  };
  const controller = await open();
  const { link } = controller;
  const fence = { role: 'controller', term: 1 } as const;
  await link.client.mset(`${link.prefix}:term:controller`, '1', `${link.prefix}:prepared`, '1');
  const runtimes = Array.from({ length: size.runtimes }, (_, n) => deployedAs(n));
  await redisRuntimeDirectory(link, fence).publish(runtimes);
  const connections = await Promise.all(Array.from({ length: size.activators }, open));

  const fail = (fault: unknown): never => {
    throw fault;
  };
  const bus = createRedisBus(controller, { onFault: fail });
  const targets = redisPoolTargets({ link, bus, onFault: fail });
  await Promise.all([bus.start(), targets.start()]);
  const reports = redisSupply({ link, bus });
  const supply = new SupplyReporter({ reports, from: 'controller', clock, nodes: () => 10 });
  supply.start();
  const pools = new Pools(supply, targets);
  const activators = connections.map((connection, n) => new Activator(connection, `activator-${n}`));

  const roll = random(size.seed);
  const pick = <T>(from: readonly T[], at: number): T =>
    from[Math.floor(at * from.length)] ?? fail(new Error('none'));
  const counts = { sessions: 0, cold: 0 };
  const openOne = (): void => {
    // A few runtimes have most of the sessions, and each has some: the share of the n-th falls with n.
    const { key } = pick(runtimes, (size.runtimes ** roll() - 1) / size.runtimes);
    const how = pools.claim(key);
    counts.sessions += 1;
    if (how === 'cold') counts.cold += 1;
    pick(activators, roll()).open(key, how, how === 'cold' ? startUpMs : 2);
  };
  const arrivals = new Arrivals(size.sessionsPerSecond, roll, openOne);
  return {
    targets,
    begin: () => arrivals.begin(),
    opened: () => ({ ...counts }),
    async stop() {
      arrivals.stop();
      supply.stop();
      await Promise.all(activators.map(({ reporter }) => reporter.stop()));
      targets.stop();
      await bus.close();
      await Promise.all([controller, ...connections].map((connection) => connection.close()));
    },
  };
}
