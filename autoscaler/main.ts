// A separate autoscaler: one of them leads and tells the controllers how many warm sandboxes each runtime is to have.
// Only wiring, the process and its signals are here; nothing imports this file.
import os from 'node:os';
import { createRedisBus } from '../adapters/redis/bus.ts';
import { redisRuntimes } from '../adapters/redis/directory.ts';
import { redisDemand } from '../adapters/redis/demand.ts';
import { redisLeaderElection } from '../adapters/redis/election.ts';
import { redisPreparation } from '../adapters/redis/preparation.ts';
import { redisScalerMemory } from '../adapters/redis/scaler-memory.ts';
import { redisSupply } from '../adapters/redis/supply.ts';
import { redisPoolTargetWrites } from '../adapters/redis/targets.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemIds as ids } from '../adapters/system/ids.ts';
import {
  autoscalerConfig,
  autoscalerConfigSchema,
  type AutoscalerProgramConfig,
} from '../config/autoscaler.ts';
import { redisPlace } from '../config/redis.ts';
import { scalingSettings } from '../config/scaling.ts';
import { Elector } from '../model/elector.ts';
import { closeServer } from '../process/draining.ts';
import { nothingHere, withHealth } from '../process/health.ts';
import { createHttpServer, listen, urlOf } from '../process/listening.ts';
import { openLog, warnings, type Log } from '../process/logging.ts';
import { RoundMeter, showBudget, showLead } from '../process/meters.ts';
import { openMetrics, withMetrics, type Metrics } from '../process/metrics.ts';
import { version } from '../process/package.ts';
import { openProgramRedis, type ProgramRedis } from '../process/redis.ts';
import { run, type OnStop } from '../process/running.ts';
import { settingsOf } from '../process/settings.ts';
import { Autoscaler } from './autoscaler.ts';
import { limitRows } from './limits.ts';

const about = `agentcube ${version}, autoscaler: decides how many warm sandboxes each runtime has

  npm run autoscaler                              with Redis on this machine
  npm run autoscaler -- --redis-addr redis:6379   a setting, as a flag

One of them leads; another has seen the same and takes over when it is gone. Without any, each pool keeps its size.`;

const role = 'autoscaler';

interface Wired {
  readonly config: AutoscalerProgramConfig;
  readonly redis: ProgramRedis;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly onStop: OnStop;
}

/** Bids from now on. Redis has answered. */
async function elect({ config, redis, metrics, log, onStop }: Wired): Promise<void> {
  const onFault = (fault: unknown): void => log('a message or what it says failed', { fault });
  const { link } = redis;
  const bus = createRedisBus(redis, { onFault });
  const runtimes = redisRuntimes({ link, bus, onFault });
  const autoscaler = new Autoscaler({
    ...scalingSettings(config),
    ...{ runtimes, clock, log },
    demand: redisDemand({ link, bus, onFault }),
    supply: redisSupply({ link, bus, onFault }),
    memory: redisScalerMemory(link, { role, term: 0 }),
    openTargets: (term) => redisPoolTargetWrites(link, { role, term }),
    openMemory: (term) => redisScalerMemory(link, { role, term }),
    onGap: (listener) => bus.onGap(listener),
    onRound: new RoundMeter(metrics).took,
  });
  showBudget(metrics, () => limitRows(autoscaler.limits));
  onStop(async () => {
    autoscaler.stop();
    runtimes.stop();
    await bus.close();
  });
  autoscaler.start();
  await Promise.all([bus.start(), runtimes.start()]);
  const ttlMs = config.leadSeconds * 1_000;
  const elector = new Elector({
    election: redisLeaderElection(link),
    clock,
    role,
    holder: `${os.hostname()}/${process.pid}/${ids.suffix()}`,
    url: '',
    ttlMs,
    everyMs: ttlMs / 6,
    lead: (term) => autoscaler.lead(term),
    log,
  });
  showLead(metrics, role, () => elector.term !== undefined);
  onStop(() => elector.close());
  onStop(() => autoscaler.save());
  elector.start();
}

async function start(say: (line: string) => void, onStop: OnStop): Promise<void> {
  const { config, notes } = settingsOf({
    schema: autoscalerConfigSchema,
    beyond: autoscalerConfig,
    about,
    positionals: 0,
    helpCommand: 'npm run autoscaler -- --help',
  });
  for (const note of notes) say(`no effect: ${note}`);
  const logger = openLog(config.logFile, config.logLevel);
  const log = warnings(logger);
  const redis = openProgramRedis(config, { logger, say });
  onStop(() => redis.close());
  const metrics = openMetrics(role);
  let bidding = false;
  const notReady = async (): Promise<string | undefined> => {
    if (!bidding) return redis.trouble() ?? 'starting';
    await redisPreparation(redis.link).prepared();
    return undefined;
  };
  const server = createHttpServer({}, undefined, withHealth(notReady, withMetrics(metrics, nothingHere)));
  await listen(server, config.host, config.port, '--port');
  onStop(() => closeServer(server, 1_000));
  say(`${urlOf(server, config.host)}, version ${version}, Redis ${redisPlace(config)}`);
  await redis.firstAnswer();
  await elect({ config, redis, metrics, log, onStop });
  bidding = true;
  say('serving');
}

await run({ name: role, start, stopped: 'another autoscaler may lead at once' });
