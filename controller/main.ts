// A separate controller: one of them leads, owns the sandboxes of this machine and serves the control API; the others pass
// requests on to it and take over when it is gone. Only wiring, the process and its signals are here; nothing imports this file.
import type { RequestListener, Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { loadSigningKey } from '../adapters/jwt/key.ts';
import { resourceCopy } from '../adapters/local/resource-copy.ts';
import { createRedisBus } from '../adapters/redis/bus.ts';
import { createRedisClock } from '../adapters/redis/clock.ts';
import { redisRuntimeDirectory } from '../adapters/redis/directory.ts';
import { redisLeaderElection } from '../adapters/redis/election.ts';
import { homeKeyOf, settleHome } from '../adapters/redis/home.ts';
import { redisPreparation } from '../adapters/redis/preparation.ts';
import { redisResourceStore } from '../adapters/redis/resources.ts';
import { redisSessionStore } from '../adapters/redis/session-store.ts';
import { redisPoolTargets } from '../adapters/redis/targets.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds as ids } from '../adapters/system/ids.ts';
import {
  controllerConfig,
  controllerConfigSchema,
  type ControllerProgramConfig,
} from '../config/controller.ts';
import { redisPlace } from '../config/redis.ts';
import { certificateOf, type Certificate } from '../config/serving.ts';
import type { Cancel } from '../model/clock.ts';
import { Elector } from '../model/elector.ts';
import { advertised } from '../process/advertising.ts';
import { dataDirId, defaultDataDir, keyFileIn, makeDataDir, refusePlatformIn } from '../process/data-dir.ts';
import { closeServer } from '../process/draining.ts';
import { StartError, wordsFor } from '../process/failing.ts';
import { withHealth } from '../process/health.ts';
import { imageTables, type ImageTables } from '../process/images.ts';
import { agentFor, createHttpServer, listen, urlOf } from '../process/listening.ts';
import { openLocalDriver } from '../process/local-driver.ts';
import { openLog, warnings } from '../process/logging.ts';
import { version } from '../process/package.ts';
import { openProgramRedis, type ProgramRedis } from '../process/redis.ts';
import { run, type OnStop } from '../process/running.ts';
import { readText, settingsOf } from '../process/settings.ts';
import { createControlApi } from './api/control-api.ts';
import { createStandbyApi } from './api/standby.ts';
import type { Driver } from './driver.ts';
import { imageTablesIn, type FolderReport } from './folder.ts';
import { createLeading, type Lead } from './leading.ts';
import { ledFolder } from './led-folder.ts';
import { formatProblem } from './manifests.ts';

const about = `agentcube ${version}, controller: starts, pauses, wakes and ends sandboxes, and serves the control API

  npm run controller                              on port 8080, with Redis on this machine
  npm run controller -- FOLDER                    deploys every YAML file below FOLDER, again when one changes
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

interface Wiring {
  readonly settings: Settings;
  readonly redis: ProgramRedis;
  readonly logger: ReturnType<typeof openLog>;
  readonly tables: ImageTables;
  readonly say: (line: string) => void;
  readonly onStop: OnStop;
}

class ControllerProgram {
  readonly #wiring: Wiring;
  readonly #log: ReturnType<typeof warnings>;
  readonly #standby: RequestListener;
  #serving: RequestListener;
  #elector: Elector | undefined;
  #folder: Cancel = () => undefined;
  #lastSetupFault = '';

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
    this.#log = warnings(wiring.logger);
    const agent = agentFor(wiring.settings.certificate);
    this.#standby = createStandbyApi({
      leaderUrl: () => this.#elector?.leaderUrl,
      log: this.#log,
      ...(agent && { agent }),
    });
    this.#serving = this.#standby;
  }

  readonly handler: RequestListener = (request, response) => this.#serving(request, response);

  /** Why it can do nothing. One that does not lead is ready too: it passes requests on. */
  async notReady(): Promise<string | undefined> {
    const { redis } = this.#wiring;
    if (!this.#elector) return redis.trouble() ?? 'starting';
    await redisPreparation(redis.link).prepared();
    return undefined;
  }

  /** Bids from now on. Redis has answered. */
  async begin(server: Server): Promise<void> {
    const { settings: config, redis, onStop } = this.#wiring;
    const onFault = (fault: unknown): void => this.#log('a message or what it says failed', { fault });
    const { link } = redis;
    const time = createRedisClock(link, systemClock);
    const bus = createRedisBus(redis, { onFault });
    const targets = redisPoolTargets({ link, bus, onFault });
    onStop(async () => {
      time.stop();
      targets.stop();
      await bus.close();
    });
    const { publicPem: publicKeyPem } = await loadSigningKey(keyFileIn(config.dataDir));
    await Promise.all([time.start(), bus.start(), targets.start()]);
    const lead = createLeading({
      ...this.#stores(),
      ...{ feed: bus, wakeFeed: bus, recalls: bus, targets, ids, clock: time.clock, graceMs },
      leaseMs: config.leaseSeconds * 1_000,
      openDriver: () => this.#openDriver(publicKeyPem),
      copy: resourceCopy(config.dataDir),
      announceGap: () => bus.announceGap(),
      commandPatienceMs: config.wakeTimeoutSeconds * 1_000,
      log: this.#log,
      onLead: (leading) => this.#onLead(leading),
      onEnd: () => this.#onEnd(),
      stuck: () => this.#stuck(),
    });
    this.#elect(lead, config.advertiseUrl ?? advertised(server, config.host));
  }

  #stores() {
    const { link } = this.#wiring.redis;
    const { compatKeys } = this.#wiring.settings;
    return {
      store: redisSessionStore(link, { compatKeys }),
      openStore: (term: number) => redisSessionStore(link, { compatKeys, fence: { role, term } }),
      openResources: (term: number) => redisResourceStore(link, { role, term }),
      preparation: (term: number) => redisPreparation(link, { role, term }),
      directory: (term: number) => redisRuntimeDirectory(link, { role, term }),
    };
  }

  #elect(lead: ConstructorParameters<typeof Elector>[0]['lead'], url: string): void {
    const { settings: config, redis, onStop } = this.#wiring;
    const ttlMs = config.leadSeconds * 1_000;
    const elector = new Elector({
      election: redisLeaderElection(redis.link),
      clock: systemClock,
      role,
      holder: `${os.hostname()}/${process.pid}/${ids.suffix()}`,
      url,
      ttlMs,
      everyMs: ttlMs / 6,
      lead,
      log: this.#log,
    });
    this.#elector = elector;
    onStop(() => elector.close());
    elector.start();
  }

  async #openDriver(publicKeyPem: string): Promise<Driver> {
    const { settings: config, logger, tables, say } = this.#wiring;
    const takeOver = (): boolean => this.#elector?.term !== undefined;
    // A table that is wrong by now is told when the folder is looked at; the sandboxes cannot wait for it.
    await tables.reload().catch(() => undefined);
    try {
      await this.#checkHome();
      return await openLocalDriver({ ...config, images: tables.current, publicKeyPem, logger, takeOver });
    } catch (fault) {
      const words = wordsFor(fault);
      if (words !== this.#lastSetupFault) say(`cannot lead here, trying on: ${words}`);
      this.#lastSetupFault = words;
      throw fault;
    }
  }

  async #checkHome(): Promise<void> {
    const { settings: config, redis } = this.#wiring;
    const term = this.#elector?.term ?? 0;
    const own = { id: await dataDirId(config.dataDir), where: `${os.hostname()}:${config.dataDir}` };
    const home = await settleHome(redis.link, { role, term }, own);
    if (home.id === own.id) return;
    throw new StartError(
      `the sandboxes of this platform are in ${home.where}, and the data folder here is ${own.where}; ` +
        `give every controller that folder with --data-dir, or, when it is gone for good: redis-cli DEL '${homeKeyOf(redis.link)}'`,
    );
  }

  #onLead({ term, api, registry, driver, recovered }: Lead): void {
    const { settings: config, tables, say } = this.#wiring;
    this.#serving = createControlApi(api);
    this.#lastSetupFault = '';
    const { tier, lacks } = driver.describe();
    const { sessions, warm, lost, rebuilt } = recovered;
    const found = `${sessions + lost} sessions in the store (${lost} of them without memory)`;
    const back = rebuilt > 0 ? `, ${rebuilt} rebuilt from their sandboxes` : '';
    say(`leads (term ${term}), isolation ${tier}; ${found}${back}, ${warm} warm sandboxes`);
    for (const lack of lacks) say(`without: ${lack}`);
    if (config.folder === undefined) return;
    const { folder } = config;
    const reloadTables = tables.reload;
    const tell = (report: FolderReport | undefined, fault: unknown): void => this.#tell(report, fault);
    this.#folder = ledFolder({ folder, reloadTables, clock: systemClock, tell }, registry);
  }

  #onEnd(): void {
    this.#serving = this.#standby;
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

async function start(say: (line: string) => void, onStop: OnStop): Promise<void> {
  const config = settings(say);
  await makeDataDir(config.dataDir);
  refusePlatformIn(config.dataDir);
  const tables = imageTables(() => tableFiles(config));
  await tables.reload().catch((fault: unknown) => {
    throw new StartError(wordsFor(fault));
  });
  const logger = openLog(config.logFile, config.logLevel);
  const redis = openProgramRedis(config, { logger, say });
  onStop(() => redis.close());
  const program = new ControllerProgram({ settings: config, redis, logger, tables, say, onStop });
  const handler = withHealth(() => program.notReady(), program.handler);
  const server = createHttpServer(limits, config.certificate, handler);
  await listen(server, config.host, config.port, '--port');
  say(
    `${urlOf(server, config.host)}, version ${version}, Redis ${redisPlace(config)}, data ${config.dataDir}`,
  );
  onStop(() => closeServer(server, 0));
  await redis.firstAnswer();
  await program.begin(server);
  onStop(() => closeServer(server, config.drainSeconds * 1_000));
  say('serving');
}

await run({ name: role, start, stopped: 'its sandboxes live on, another controller may lead at once' });
