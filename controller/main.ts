// A separate controller: one of them leads, owns the sandboxes of this machine or of a cluster and serves the control API; the
// others pass requests on to it and take over when it is gone. Only wiring, the process and its signals are here; nothing imports this file.
import { randomInt } from 'node:crypto';
import { Agent, type Server } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { resourceCopy } from '../adapters/local/resource-copy.ts';
import { createRedisBus } from '../adapters/redis/bus.ts';
import { createRedisClock } from '../adapters/redis/clock.ts';
import { redisDeliveryFeed } from '../adapters/redis/delivery-watch.ts';
import { redisDemand } from '../adapters/redis/demand.ts';
import { redisRuntimeDirectory } from '../adapters/redis/directory.ts';
import { redisLeaderElection } from '../adapters/redis/election.ts';
import { redisEventStore } from '../adapters/redis/event-store.ts';
import { redisPreparation } from '../adapters/redis/preparation.ts';
import { redisResourceStore } from '../adapters/redis/resources.ts';
import { redisSessionStore } from '../adapters/redis/session-store.ts';
import { redisSupply } from '../adapters/redis/supply.ts';
import { redisPoolTargets } from '../adapters/redis/targets.ts';
import { redisTriggerDirectory } from '../adapters/redis/triggers.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds as ids } from '../adapters/system/ids.ts';
import {
  controllerConfig,
  controllerConfigSchema,
  type ControllerProgramConfig,
} from '../config/controller.ts';
import { redisPlace } from '../config/redis.ts';
import { certificateOf, type Certificate } from '../config/serving.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { DemandReporter } from '../model/demand-reporter.ts';
import type { DemandCounter } from '../model/demand-tally.ts';
import { Elector, type Leading } from '../model/elector.ts';
import { advertised } from '../process/advertising.ts';
import type { ControllerCluster } from '../process/controller-cluster.ts';
import { openControllerLocal, type ControllerLocal } from '../process/controller-local.ts';
import { defaultDataDir } from '../process/data-dir.ts';
import { keepCertificate } from '../process/certificates.ts';
import { closeServer } from '../process/draining.ts';
import { wordsFor } from '../process/failing.ts';
import { withHealth } from '../process/health.ts';
import { agentFor, createHttpServer, listen, urlOf } from '../process/listening.ts';
import { openLog, warnings } from '../process/logging.ts';
import { SessionMeter, showLead, showPools, showWatches, StartMeter } from '../process/meters.ts';
import { openMetrics, withMetrics, type Metrics } from '../process/metrics.ts';
import { version } from '../process/package.ts';
import { openProgramRedis, type ProgramRedis } from '../process/redis.ts';
import { run, type OnStop } from '../process/running.ts';
import { readText, settingsOf } from '../process/settings.ts';
import { Access } from './api/authentication.ts';
import { ControlDoor } from './api/door.ts';
import { poolNumbers } from './api/pool-view.ts';
import { openClusterRegistry } from './cluster-registry.ts';
import type { Driver } from './driver.ts';
import { imageTablesIn, type FolderReport } from './folder.ts';
import { createLeading, createLeadingElsewhere, type Kept, type Lead, type Led } from './leading.ts';
import { ledFolder } from './led-folder.ts';
import { formatProblem } from './manifests.ts';
import { createSessionsServer } from './sessions-api/server.ts';
import { endSession } from './sessions-api/ending.ts';
import { SessionsApi } from './sessions-api/sessions-api.ts';

const about = `agentcube ${version}, controller: starts, pauses, wakes and ends sandboxes, and serves the control API

  npm run controller                              on port 8080, with Redis on this machine
  npm run controller -- FOLDER                    deploys every YAML file below FOLDER, again when one changes
  npm run controller -- --driver kubernetes       the sandboxes are pods; runtimes are what kubectl applied
  npm run controller -- --redis-addr redis:6379   a setting, as a flag

One of them leads, another takes over when it is gone. On one machine they share the data folder with the activators.`;

const role = 'controller';
/** Activators renew their leases before a new leader pauses or ends anything for being idle. */
const graceMs = 3_000;
/** AgentCube's: a request is received within 15 s, an idle connection is kept 90 s; answering may take as long as it takes. */
const limits = { requestTimeout: 15_000, keepAliveTimeout: 90_000 };

interface Settings extends ControllerProgramConfig {
  readonly dataDir: string;
  readonly folder: string | undefined;
  readonly certificate: Certificate | undefined;
}

function settings(say: (line: string) => void): Settings {
  const { config, notes, positionals } = settingsOf({
    schema: controllerConfigSchema,
    beyond: controllerConfig,
    about,
    positionals: 1,
    helpCommand: 'npm run controller -- --help',
  });
  for (const note of notes) say(`no effect: ${note}`);
  const folder = positionals[0] ?? config.folder;
  return {
    ...config,
    dataDir: path.resolve(config.dataDir ?? defaultDataDir()),
    folder: folder === undefined ? undefined : path.resolve(folder),
    certificate: certificateOf(config, readText),
  };
}

/** Where the sandboxes are. */
type Ground = ControllerLocal | ControllerCluster;

interface Wiring {
  /** For asking a leader that wants to see a certificate. */
  readonly agent: HttpsAgent | undefined;
  readonly settings: Settings;
  readonly redis: ProgramRedis;
  readonly log: ReturnType<typeof warnings>;
  readonly ground: Ground;
  readonly metrics: Metrics;
  readonly say: (line: string) => void;
  readonly onStop: OnStop;
}

type Bus = ReturnType<typeof createRedisBus>;

class ControllerProgram {
  readonly door: ControlDoor;
  readonly #wiring: Wiring;
  readonly #starts: StartMeter;
  #elector: Elector | undefined;
  /** Empty while another leads. */
  #pools: Led['api']['pools'] = () => [];
  #folder: Cancel = () => undefined;
  #lastSetupFault = '';

  constructor(wiring: Wiring) {
    const { settings: config, ground, log } = wiring;
    this.#wiring = wiring;
    this.#starts = new StartMeter(wiring.metrics);
    showLead(wiring.metrics, role, () => this.#elector?.term !== undefined);
    showPools(wiring.metrics, () => this.#pools().map(poolNumbers));
    showWatches(wiring.metrics, () => this.door.watches);
    const reviews = config.enableAuth && ground.kind === 'cluster' ? ground.reviews() : undefined;
    this.door = new ControlDoor({
      leaderUrl: () => this.#elector?.leaderUrl,
      agent: wiring.agent ?? new Agent({ keepAlive: true }),
      ownerTokens: () => ground.ownerTokens(),
      access: reviews && new Access({ reviews, clock: systemClock, log }),
      log,
    });
  }

  /** Why it can do nothing. One that does not lead is ready too: it passes requests on. */
  async notReady(): Promise<string | undefined> {
    const { redis } = this.#wiring;
    if (!this.#elector) return redis.trouble() ?? 'starting';
    await redisPreparation(redis.link).prepared();
    return undefined;
  }

  /** Bids from now on. Redis has answered. */
  async begin(server: Server): Promise<void> {
    const { settings: config, redis, onStop, log, ground } = this.#wiring;
    const onFault = (fault: unknown): void => log('a message or what it says failed', { fault });
    const { link } = redis;
    const time = createRedisClock(link, systemClock);
    const bus = createRedisBus(redis, { onFault });
    const targets = redisPoolTargets({ link, bus, onFault });
    onStop(async () => {
      time.stop();
      targets.stop();
      await bus.close();
    });
    await Promise.all([time.start(), bus.start(), targets.start()]);
    if (ground.kind === 'cluster') await this.#serveSessions(ground, bus, time.clock);
    const lead = this.#leading(bus, targets, this.#demand(bus), time.clock);
    this.#elect(lead, config.advertiseUrl ?? advertised(server, config.host));
  }

  /** Sessions that the control API opens; requests to them are the activators' to tell of. */
  #demand(bus: Bus): DemandCounter {
    const { redis, metrics, log, onStop } = this.#wiring;
    const reports = redisDemand({ link: redis.link, bus });
    const demand = new DemandReporter({
      ...{ reports, from: ids.uuid(), clock: systemClock, log },
      inFlight: () => [],
    });
    demand.start();
    onStop(() => demand.stop());
    return new SessionMeter(metrics, demand);
  }

  #leading(
    bus: Bus,
    targets: ReturnType<typeof redisPoolTargets>,
    demand: DemandCounter,
    clock: Clock,
  ): (term: number) => Promise<Leading> {
    const { settings: config, log, ground, redis } = this.#wiring;
    const shared = {
      ...this.#stores(),
      ...{ feed: bus, wakeFeed: bus, recalls: bus, targets, demand, ids, clock, graceMs, log },
      supply: redisSupply({ link: redis.link, bus }),
      deadLetters: redisEventStore(redis.link, bus),
      deliveries: redisDeliveryFeed(bus),
      leaseMs: config.leaseSeconds * 1_000,
      openDriver: () => this.#openDriver(),
      announceGap: () => bus.announceGap(),
      commandPatienceMs: config.wakeTimeoutSeconds * 1_000,
      onStart: this.#starts.ended,
      onEnd: () => this.#onEnd(),
      stuck: () => this.#stuck(),
    };
    if (ground.kind === 'local') {
      const onLead = (led: Lead): void => this.#onLead(led, led);
      const { link } = this.#wiring.redis;
      const openResources = (term: number) => redisResourceStore(link, { role, term });
      return createLeading({ ...shared, openResources, copy: resourceCopy(config.dataDir), onLead });
    }
    return createLeadingElsewhere({
      ...shared,
      openRegistry: (driver) =>
        openClusterRegistry({
          source: ground.runtimes(),
          triggers: ground.triggers(),
          images: driver,
          sessions: shared.store,
          feed: bus,
          clock,
          log,
        }),
      onLead: (led) => this.#onLead(led, undefined),
    });
  }

  #stores() {
    const { link } = this.#wiring.redis;
    const { compatKeys } = this.#wiring.settings;
    return {
      store: redisSessionStore(link, { compatKeys }),
      openStore: (term: number) => redisSessionStore(link, { compatKeys, fence: { role, term } }),
      preparation: (term: number) => redisPreparation(link, { role, term }),
      directory: (term: number) => redisRuntimeDirectory(link, { role, term }),
      triggerDirectory: (term: number) => redisTriggerDirectory(link, { role, term }),
    };
  }

  /** For kubectl, by the API server; whoever leads. */
  async #serveSessions(ground: ControllerCluster, bus: Bus, clock: Clock): Promise<void> {
    const { settings: config, redis, log, say, onStop } = this.#wiring;
    const { sessionsPort, sessionsTlsCert, sessionsTlsKey } = config;
    if (sessionsTlsCert === undefined || sessionsTlsKey === undefined) return;
    const proxy = ground.frontProxy();
    const store = redisSessionStore(redis.link, { compatKeys: config.compatKeys });
    const end = (id: string) => endSession({ store, wakes: bus, clock }, id);
    const api = new SessionsApi({ store, feed: bus, end, clock, log, salt: randomInt(1_000) });
    const certificate = { cert: readText(sessionsTlsCert), key: readText(sessionsTlsKey) };
    const server = createSessionsServer({ certificate, proxy, handler: api.handler() });
    onStop(async () => {
      proxy.stop();
      api.stop();
      await closeServer(server, 1_000);
    });
    proxy.start().catch((fault: unknown) => {
      say(`sessions are not served to kubectl: ${wordsFor(fault)}`);
    });
    await listen(server, config.host, sessionsPort, '--sessions-port');
    say(`sessions for kubectl at ${urlOf(server, config.host)}`);
  }

  #elect(lead: ConstructorParameters<typeof Elector>[0]['lead'], url: string): void {
    const { settings: config, redis, onStop, log, ground } = this.#wiring;
    const ttlMs = config.leadSeconds * 1_000;
    const terms = redisLeaderElection(redis.link);
    const elector = new Elector({
      election: ground.kind === 'cluster' ? ground.election(terms) : terms,
      clock: systemClock,
      role,
      holder: `${os.hostname()}/${process.pid}/${ids.suffix()}`,
      url,
      ttlMs,
      everyMs: ttlMs / 6,
      lead,
      log,
    });
    this.#elector = elector;
    onStop(() => elector.close());
    elector.start();
  }

  async #openDriver(): Promise<Driver> {
    const { redis, ground, say } = this.#wiring;
    const fence = { role, term: this.#elector?.term ?? 0 } as const;
    try {
      return await ground.openDriver(redis.link, fence, () => this.#elector?.term !== undefined);
    } catch (fault) {
      const words = wordsFor(fault);
      if (words !== this.#lastSetupFault) say(`cannot lead here, trying on: ${words}`);
      this.#lastSetupFault = words;
      throw fault;
    }
  }

  #onLead({ term, api, driver, recovered }: Led, kept: Kept | undefined): void {
    const { settings: config, ground, say } = this.#wiring;
    this.door.open(api);
    this.#pools = api.pools;
    this.#lastSetupFault = '';
    const { tier, lacks } = driver.describe();
    const { sessions, warm, lost, rebuilt } = recovered;
    const found = `${sessions + lost} sessions in the store (${lost} of them without memory)`;
    const back = rebuilt > 0 ? `, ${rebuilt} rebuilt from their sandboxes` : '';
    say(`leads (term ${term}), isolation ${tier}; ${found}${back}, ${warm} warm sandboxes`);
    for (const lack of lacks) say(`without: ${lack}`);
    if (config.folder === undefined || !kept || ground.kind !== 'local') return;
    const { folder } = config;
    const reloadTables = ground.tables.reload;
    const tell = (report: FolderReport | undefined, fault: unknown): void => this.#tell(report, fault);
    this.#folder = ledFolder({ folder, reloadTables, clock: systemClock, tell }, kept);
  }

  #onEnd(): void {
    this.door.close();
    this.#pools = () => [];
    this.#folder();
    this.#folder = () => undefined;
    this.#wiring.say('leads no more');
  }

  /** Says what became of the folder's files, but not what is as before. */
  #tell(report: FolderReport | undefined, fault: unknown): void {
    const { say } = this.#wiring;
    if (!report) return say(wordsFor(fault));
    for (const { kind, namespace, name, what, warnings: heeded } of report.applied) {
      if (what === 'unchanged') continue;
      say(`${kind} ${namespace}/${name} ${what}`);
      for (const warning of heeded) say(`  warning: ${warning}`);
    }
    for (const problem of report.problems) say(formatProblem(problem));
  }

  #stuck(): void {
    process.stderr.write('controller: the sandboxes could not be let go of in time; ending at once\n');
    process.exit(1);
  }
}

/** The table in the settings and the tables in the folder. */
const tableFiles = async ({ images, folder }: Settings): Promise<readonly string[]> => [
  ...(images === undefined ? [] : [path.resolve(images)]),
  ...(folder === undefined ? [] : await imageTablesIn(folder)),
];

/** Where the sandboxes are, ready to be led. What only a cluster needs is not loaded elsewhere. */
async function openGround(
  config: Settings,
  logger: ReturnType<typeof openLog>,
  say: Wiring['say'],
): Promise<Ground> {
  const tables = (): Promise<readonly string[]> => tableFiles(config);
  if (config.driver === 'local') return openControllerLocal({ ...config, logger, tableFiles: tables });
  const { ControllerCluster } = await import('../process/controller-cluster.ts');
  return new ControllerCluster({ ...config, log: warnings(logger), say });
}

async function start(say: (line: string) => void, onStop: OnStop): Promise<void> {
  const config = settings(say);
  const logger = openLog(config.logFile, config.logLevel);
  const ground = await openGround(config, logger, say);
  onStop(() => (ground.kind === 'cluster' ? ground.close() : undefined));
  const redis = openProgramRedis(config, { logger, say });
  onStop(() => redis.close());
  const metrics = openMetrics(role);
  const agent = agentFor(config.certificate);
  const log = warnings(logger);
  const program = new ControllerProgram({
    agent,
    settings: config,
    redis,
    metrics,
    log,
    ground,
    say,
    onStop,
  });
  const handler = withHealth(() => program.notReady(), withMetrics(metrics, program.door.handler));
  const server = createHttpServer(limits, config.certificate, handler);
  await listen(server, config.host, config.port, '--port');
  const { certificate, tlsCert, tlsKey, tlsCa } = config;
  const read = (): typeof certificate => certificateOf(config, readText);
  onStop(keepCertificate({ certificate, files: [tlsCert, tlsKey, tlsCa], read, server, agent, log }));
  const where = ground.kind === 'cluster' ? 'sandboxes on a cluster' : `data ${config.dataDir}`;
  say(`${urlOf(server, config.host)}, version ${version}, Redis ${redisPlace(config)}, ${where}`);
  onStop(() => closeServer(server, 0));
  // Before Redis is waited for: other programs' pods wait for the Secret, and look for it less and less often.
  if (ground.kind === 'cluster') await ground.prepare();
  await redis.firstAnswer();
  await program.begin(server);
  onStop(() => closeServer(server, config.drainSeconds * 1_000));
  say('serving');
}

await run({ name: role, start, stopped: 'its sandboxes live on, another controller may lead at once' });
