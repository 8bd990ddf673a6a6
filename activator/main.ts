// A separate activator: takes invocations, finds their sandboxes through Redis, and forwards to those of this machine.
// Only wiring, the process and its signals are here; nothing imports this file.
import path from 'node:path';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { loadSigningKey } from '../adapters/jwt/key.ts';
import { createSigner } from '../adapters/jwt/signer.ts';
import { createRedisBus } from '../adapters/redis/bus.ts';
import { createRedisClock } from '../adapters/redis/clock.ts';
import { redisRuntimes } from '../adapters/redis/directory.ts';
import { redisSessionStore } from '../adapters/redis/session-store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds as ids } from '../adapters/system/ids.ts';
import { activatorConfig, activatorConfigSchema, type ActivatorProgramConfig } from '../config/activator.ts';
import { redisPlace } from '../config/redis.ts';
import { certificateOf } from '../config/serving.ts';
import { PlatformError } from '../model/errors.ts';
import { defaultDataDir, keyFileIn, makeDataDir } from '../process/data-dir.ts';
import { closeServer } from '../process/draining.ts';
import { refusing, withHealth } from '../process/health.ts';
import { listen, tlsOptions, urlOf } from '../process/listening.ts';
import { openLog, warnings, type Log } from '../process/logging.ts';
import { version } from '../process/package.ts';
import { openProgramRedis, type ProgramRedis } from '../process/redis.ts';
import { run, type OnStop } from '../process/running.ts';
import { readText, settingsOf } from '../process/settings.ts';
import { createActivator, type Activator } from './activator.ts';
import { createActivatorServer } from './server.ts';

const about = `agentcube ${version}, activator: takes invocations and forwards them to sandboxes of this machine

  npm run activator                              on port 8081, with Redis on this machine
  npm run activator -- --redis-addr redis:6379   a setting, as a flag

Runs beside a controller, with the same data folder. Any number of them may run.`;

type Front = Pick<Activator, 'handler' | 'upgrade'>;

const stillStarting = (redis: ProgramRedis): PlatformError =>
  new PlatformError(
    'STORE_UNAVAILABLE',
    `the activator is starting: ${redis.trouble() ?? 'reading the store'}`,
  );

/** What answers before Redis has, and then the activator. */
class Door implements Front {
  readonly #redis: ProgramRedis;
  readonly #early: Front;
  #front: Front;

  constructor(redis: ProgramRedis) {
    this.#redis = redis;
    const handler = withHealth(
      async () => redis.trouble() ?? 'starting',
      refusing(() => stillStarting(redis)),
    );
    const upgrade = (_: unknown, socket: Duplex): void =>
      void socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\r\n');
    this.#early = { handler, upgrade };
    this.#front = this.#early;
  }

  open(front: Front): void {
    this.#front = front;
  }

  handler: Front['handler'] = (request, response) => {
    // The activator knows that the store does not answer, and not why.
    const asksWhy = request.url === '/health/ready' && this.#redis.trouble() !== undefined;
    (asksWhy ? this.#early : this.#front).handler(request, response);
  };
  upgrade: Front['upgrade'] = (request, socket, head) => this.#front.upgrade(request, socket, head);
}

interface Wired {
  readonly config: ActivatorProgramConfig;
  readonly dataDir: string;
  readonly redis: ProgramRedis;
  readonly server: Server;
  readonly log: Log;
  readonly onStop: OnStop;
}

/** Everything behind the door. Redis has answered. */
async function openActivator({ config, dataDir, redis, server, log, onStop }: Wired): Promise<Activator> {
  const onFault = (fault: unknown): void => log('a message or what it says failed', { fault });
  const time = createRedisClock(redis.link, systemClock);
  const { clock } = time;
  const bus = createRedisBus(redis, { onFault });
  const runtimes = redisRuntimes({ link: redis.link, bus, onFault });
  onStop(async () => {
    time.stop();
    runtimes.stop();
    await bus.close();
  });
  const signer = createSigner({ key: await loadSigningKey(keyFileIn(dataDir)), clock });
  await Promise.all([time.start(), bus.start(), runtimes.start()]);
  const store = redisSessionStore(redis.link, { compatKeys: config.compatKeys });
  const activator = createActivator(
    { store, runtimes, wakes: bus, feed: bus, recalls: bus, ids, clock, signer, log },
    {
      ...config,
      wakeTimeoutMs: config.wakeTimeoutSeconds * 1_000,
      leaseMs: config.leaseSeconds * 1_000,
    },
  );
  onStop(async () => {
    server.close();
    await activator.drain(config.drainSeconds * 1_000);
  });
  return activator;
}

async function start(say: (line: string) => void, onStop: OnStop): Promise<void> {
  const { config, notes } = settingsOf({
    schema: activatorConfigSchema,
    beyond: activatorConfig,
    about,
    positionals: 0,
    helpCommand: 'npm run activator -- --help',
  });
  for (const note of notes) say(`no effect: ${note}`);
  const dataDir = path.resolve(config.dataDir ?? defaultDataDir());
  await makeDataDir(dataDir);
  const logger = openLog(config.logFile, config.logLevel);
  const log = warnings(logger);
  const redis = openProgramRedis(config, { logger, say });
  onStop(() => redis.close());
  const door = new Door(redis);
  const certificate = certificateOf(config, readText);
  const server = createActivatorServer(door, certificate && tlsOptions(certificate));
  await listen(server, config.host, config.port, '--port');
  onStop(() => closeServer(server, 0));
  say(`${urlOf(server, config.host)}, version ${version}, Redis ${redisPlace(config)}, data ${dataDir}`);
  await redis.firstAnswer();
  door.open(await openActivator({ config, dataDir, redis, server, log, onStop }));
  say('serving');
}

await run({ name: 'activator', start, stopped: 'its leases are given back' });
