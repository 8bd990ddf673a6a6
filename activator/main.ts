// A separate activator: takes invocations, finds their sandboxes through Redis, and forwards to those of this machine or of a
// cluster, whose sleeping ones it wakes through the agent on their node.
// Only wiring, the process and its signals are here; nothing imports this file.
import { hostname } from 'node:os';
import path from 'node:path';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { loadSigningKey, type SigningKey } from '../adapters/jwt/key.ts';
import { openOidc } from '../adapters/jwt/oidc.ts';
import { createSigner } from '../adapters/jwt/signer.ts';
import { createRedisBus } from '../adapters/redis/bus.ts';
import { createRedisClock } from '../adapters/redis/clock.ts';
import { redisDeliveryTelling } from '../adapters/redis/delivery-watch.ts';
import { redisDemand } from '../adapters/redis/demand.ts';
import { redisRuntimes } from '../adapters/redis/directory.ts';
import { redisEventStore } from '../adapters/redis/event-store.ts';
import { redisSessionStore } from '../adapters/redis/session-store.ts';
import { redisTriggers } from '../adapters/redis/triggers.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds as ids } from '../adapters/system/ids.ts';
import { activatorConfig, activatorConfigSchema, type ActivatorProgramConfig } from '../config/activator.ts';
import { callerRules } from '../config/callers.ts';
import { dispatchingConfig, ingressConfig } from '../config/events.ts';
import { redisPlace } from '../config/redis.ts';
import { certificateOf } from '../config/serving.ts';
import { DemandReporter } from '../model/demand-reporter.ts';
import { PlatformError } from '../model/errors.ts';
import type { Thawer } from '../model/platform.ts';
import { defaultDataDir, keyFileIn, makeDataDir } from '../process/data-dir.ts';
import { EventMeters } from '../process/event-meters.ts';
import { keepCertificate } from '../process/certificates.ts';
import { closeServer } from '../process/draining.ts';
import { refusing, withHealth } from '../process/health.ts';
import { listen, tlsOptions, urlOf } from '../process/listening.ts';
import { openLog, warnings, type Log } from '../process/logging.ts';
import { SessionMeter, showRequests } from '../process/meters.ts';
import { openMetrics, withMetrics, type Metrics } from '../process/metrics.ts';
import { version } from '../process/package.ts';
import { openProgramRedis, type ProgramRedis } from '../process/redis.ts';
import { run, type OnStop } from '../process/running.ts';
import { readText, settingsOf } from '../process/settings.ts';
import { createActivator, type Activator, type ActivatorConfig } from './activator.ts';
import { EventIngress } from './events/ingress.ts';
import { openDispatching } from './events/open.ts';
import { tellingOf } from './events/telling.ts';
import { Guard } from './guard.ts';
import { createActivatorServer } from './server.ts';

const about = `agentcube ${version}, activator: takes invocations and forwards them to sandboxes

  npm run activator                              on port 8081, with Redis on this machine
  npm run activator -- --redis-addr redis:6379   a setting, as a flag

On one machine it runs beside a controller, with the same data folder; --driver kubernetes is for a cluster. Any number may run.`;

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
  /** Undefined where nothing is kept in a folder. */
  readonly dataDir: string | undefined;
  readonly redis: ProgramRedis;
  readonly server: Server;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly say: (line: string) => void;
  readonly onStop: OnStop;
}

/** The key that sandboxes verify tokens by, and who wakes them where they lie, if that is elsewhere than the controller. */
interface Ground {
  readonly key: SigningKey;
  readonly thawer?: Thawer;
}

async function groundOf({ config, dataDir, log, say, onStop }: Wired): Promise<Ground> {
  if (dataDir !== undefined) return { key: await loadSigningKey(keyFileIn(dataDir)) };
  // What only a cluster needs is not loaded elsewhere.
  const { clusterKey, mountedKey, openCluster, openNodeAgents } = await import('../process/cluster.ts');
  const { identityDir } = config;
  const key = await (identityDir === undefined
    ? clusterKey(openCluster(config), { make: false, say })
    : mountedKey(identityDir));
  const agents = openNodeAgents(key, log);
  onStop(() => agents.close());
  return { key, thawer: agents };
}

/** Undefined where everybody may call. Rejects when the issuer does not answer: nobody could prove who it is. */
async function openGuard({ config, log }: Pick<Wired, 'config' | 'log'>): Promise<Guard | undefined> {
  const rules = callerRules(config);
  if (!rules) return undefined;
  const tokens = await openOidc({ ...rules, clock: systemClock });
  return new Guard({ tokens, requiredRole: rules.requiredRole, clock: systemClock, log });
}

const limitsOf = (config: ActivatorProgramConfig): ActivatorConfig => ({
  ...config,
  wakeTimeoutMs: config.wakeTimeoutSeconds * 1_000,
  leaseMs: config.leaseSeconds * 1_000,
});

/** Everything behind the door. Redis has answered. */
async function openActivator(wired: Wired, guard: Guard | undefined): Promise<Activator> {
  const { config, redis, server, metrics, log, onStop } = wired;
  const onFault = (fault: unknown): void => log('a message or what it says failed', { fault });
  const time = createRedisClock(redis.link, systemClock);
  const { clock } = time;
  const bus = createRedisBus(redis, { onFault });
  const runtimes = redisRuntimes({ link: redis.link, bus, onFault });
  const triggers = redisTriggers({ link: redis.link, bus, onFault });
  const events = redisEventStore(redis.link, bus);
  const meters = new EventMeters(metrics, () => clock.now());
  const { counter, onBacklog } = meters;
  const onTried = meters.onTried(tellingOf(redisDeliveryTelling(bus), hostname(), clock));
  const { ticked: onTick, expired: onExpired, forgotten: onForgotten } = counter;
  const heeding = { onTried, onBacklog, onTick, onExpired, onForgotten, wakeCounter: counter };
  onStop(async () => {
    time.stop();
    runtimes.stop();
    triggers.stop();
    await bus.close();
  });
  const { key, ...waking } = await groundOf(wired);
  const signer = createSigner({ key, clock });
  await Promise.all([time.start(), bus.start(), runtimes.start(), triggers.start()]);
  const store = redisSessionStore(redis.link, { compatKeys: config.compatKeys });
  const demand = new DemandReporter({
    reports: redisDemand({ link: redis.link, bus }),
    from: ids.uuid(),
    clock: systemClock,
    inFlight: () => activator.inFlight(),
    log,
  });
  const told = new SessionMeter(metrics, demand);
  const opening = { store, runtimes, ids };
  const heard = { wakes: bus, feed: bus, recalls: bus };
  const eventing = { triggers, clock, log };
  const ingress = new EventIngress({ ...eventing, store: events, counter }, ingressConfig(config));
  const activator: Activator = createActivator(
    { ...opening, ...waking, ...heard, demand: told, clock, signer, log, events: ingress, guard },
    limitsOf(config),
  );
  const { forwarding } = activator;
  const dispatching = openDispatching(
    { ...eventing, events, ingress, forwarding, opening, demand: told, chance: Math.random, ...heeding },
    dispatchingConfig(config),
  );
  showRequests(metrics, () => activator.stats());
  demand.start();
  dispatching.start();
  onStop(async () => {
    server.close();
    const drainMs = config.drainSeconds * 1_000;
    await Promise.all([dispatching.stop(drainMs), activator.drain(drainMs)]);
    await demand.stop();
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
  const local = config.driver === 'local';
  const dataDir = local ? path.resolve(config.dataDir ?? defaultDataDir()) : undefined;
  if (dataDir !== undefined) await makeDataDir(dataDir);
  const logger = openLog(config.logFile, config.logLevel);
  const log = warnings(logger);
  const redis = openProgramRedis(config, { logger, say });
  onStop(() => redis.close());
  const door = new Door(redis);
  const certificate = certificateOf(config, readText);
  const metrics = openMetrics('activator');
  const front = { handler: withMetrics(metrics, door.handler), upgrade: door.upgrade };
  const server = createActivatorServer(front, certificate && tlsOptions(certificate));
  await listen(server, config.host, config.port, '--port');
  onStop(() => closeServer(server, 0));
  const read = (): typeof certificate => certificateOf(config, readText);
  onStop(keepCertificate({ certificate, files: [config.tlsCert, config.tlsKey], read, server, log }));
  const where = dataDir === undefined ? 'sandboxes of a cluster' : `data ${dataDir}`;
  say(`${urlOf(server, config.host)}, version ${version}, Redis ${redisPlace(config)}, ${where}`);
  const guard = await openGuard({ config, log });
  await redis.firstAnswer();
  door.open(await openActivator({ config, dataDir, redis, server, metrics, log, say, onStop }, guard));
  say('serving');
}

await run({ name: 'activator', start, stopped: 'its leases are given back' });
