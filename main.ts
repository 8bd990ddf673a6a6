// The whole platform in one process: embedded store, local driver, no Docker, no Redis, no cluster.
// Only wiring, the process and its signals are here; nothing imports this file.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { createActivator, type Activator } from './activator/activator.ts';
import { EventIngress } from './activator/events/ingress.ts';
import { openDispatching } from './activator/events/open.ts';
import { tellingOf } from './activator/events/telling.ts';
import { createActivatorServer } from './activator/server.ts';
import { createOwnerTokens } from './adapters/jwt/identity-token.ts';
import { loadSigningKey } from './adapters/jwt/key.ts';
import { createSigner, type LocalSigner } from './adapters/jwt/signer.ts';
import { memoryPoolTargets } from './adapters/memory/pool-targets.ts';
import { createScalingBus } from './adapters/memory/scaling-bus.ts';
import { memoryDeliveryWatch } from './adapters/memory/delivery-watch.ts';
import { createSessionBus, tellingOfOpenings } from './adapters/memory/session-bus.ts';
import { memoryTriggers } from './adapters/memory/triggers.ts';
import { openDatabase, type Database } from './adapters/sqlite/database.ts';
import { sqliteEventStore } from './adapters/sqlite/event-store.ts';
import { sqliteResourceStore } from './adapters/sqlite/resources.ts';
import { sqliteScalerMemory } from './adapters/sqlite/scaler-memory.ts';
import { sqliteSessionStore } from './adapters/sqlite/session-store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemIds as ids } from './adapters/system/ids.ts';
import { Autoscaler } from './autoscaler/autoscaler.ts';
import { limitRows } from './autoscaler/limits.ts';
import * as say from './cli/welcome.ts';
import { dispatchingConfig, ingressConfig } from './config/events.ts';
import { platformConfig, platformConfigSchema, type PlatformConfig } from './config/platform.ts';
import { scalingSettings } from './config/scaling.ts';
import { Announcer } from './controller/announcing.ts';
import { createControlApi } from './controller/api/control-api.ts';
import { Watches } from './controller/api/kube-watch.ts';
import { poolNumbers } from './controller/api/pool-view.ts';
import { Controller } from './controller/controller.ts';
import { countSessions } from './controller/counted-sessions.ts';
import type { Deployments } from './controller/deployments.ts';
import type { Driver } from './controller/driver.ts';
import { imageTablesIn, type Applied, type FolderReport } from './controller/folder.ts';
import { deployFolder, keepFolder } from './controller/keep-folder.ts';
import { formatProblem } from './controller/manifests.ts';
import { createRegistry, type Registry } from './controller/registry.ts';
import { TriggerRegistry } from './controller/trigger-registry.ts';
import { DemandReporter } from './model/demand-reporter.ts';
import type { Triggers } from './model/deployed-trigger.ts';
import type { PageRules } from './model/page-visit.ts';
import {
  builtImagesIn,
  defaultDataDir,
  endpointsFileIn,
  keyFileIn,
  makeDataDir,
} from './process/data-dir.ts';
import { EventMeters } from './process/event-meters.ts';
import { fail, keepAlive, StartError, wordsFor } from './process/failing.ts';
import { imageTables } from './process/images.ts';
import { forAgents, makeInnerDoor, openInnerDoor } from './process/inner-door.ts';
import { writeKubeconfig } from './process/kubeconfig.ts';
import { checkPort, createHttpServer, listen, urlOf } from './process/listening.ts';
import { openLocalDriver } from './process/local-driver.ts';
import { openLog, warnings, type Log } from './process/logging.ts';
import {
  RoundMeter,
  SessionMeter,
  showBudget,
  showPools,
  showRequests,
  showWatches,
  StartMeter,
} from './process/meters.ts';
import { openMetrics, withMetrics, type Metrics } from './process/metrics.ts';
import { home, version } from './process/package.ts';
import { keepingPagesOffSockets, keepingPagesOut, pageRules } from './process/pages.ts';
import { settingsOf } from './process/settings.ts';
import { stopOnSignals } from './process/signals.ts';

const paint = say.painter(process.stdout.isTTY && process.env.NO_COLOR === undefined);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const about = `agentcube ${version}: sandboxes for AI agents on this machine

  npm start                       the platform with the example runtimes
  npm start -- FOLDER             the platform with every YAML file below FOLDER, applied again when one changes
  npm start -- --control-port 0   a setting, as a flag; also AGENTCUBE_CONTROL_PORT=0, or "controlPort: 0" in --config FILE`;

const after =
  'Ctrl-C stops everything; sessions keep their files. After kill -9, start again: sessions go on with their memory.';

interface Settings extends PlatformConfig {
  readonly dataDir: string;
  readonly folder: string;
}

function settings(): Settings {
  const { config, positionals } = settingsOf({
    schema: platformConfigSchema,
    beyond: platformConfig,
    about,
    after,
    positionals: 1,
    helpCommand: 'npm start -- --help',
  });
  const folder = path.resolve(positionals[0] ?? path.join(home, 'examples'));
  if (!existsSync(folder))
    throw new StartError(`there is no ${folder}; give a folder of YAML, or nothing for the examples`);
  return { ...config, dataDir: path.resolve(config.dataDir ?? defaultDataDir()), folder };
}

/** The table in the settings and the tables in the folder. */
const tableFiles = async ({ images: table, folder }: Settings): Promise<readonly string[]> => [
  ...(table === undefined ? [] : [path.resolve(table)]),
  ...(await imageTablesIn(folder)),
];

/** A busy port is told before anything is started or recovered. */
async function checkPorts({ host, controlPort, activatorPort }: Settings): Promise<void> {
  await checkPort(host, controlPort, '--control-port');
  await checkPort(host, activatorPort, '--activator-port');
}

interface Platform {
  readonly config: Settings;
  readonly registry: Registry;
  readonly triggers: TriggerRegistry;
  readonly reloadTables: () => Promise<void>;
  readonly facts: say.StartedFacts;
  /** Writes where it is into the data folder, for whoever waits for it to be deployed and serving. */
  announce(): void;
  /** Finishes work in hand, then leaves nothing running. */
  stop(): Promise<void>;
}

/** AgentCube's: a request is received within 15 s, an idle connection is kept 90 s; answering may take as long as it takes. */
const controlLimits = { requestTimeout: 15_000, keepAliveTimeout: 90_000 };

interface ScalingDeps {
  readonly database: Database;
  readonly deployments: Deployments;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The autoscaler of this machine. It always leads. */
async function openScaling(config: Settings, { database, deployments, metrics, log }: ScalingDeps) {
  const onFault = (fault: unknown): void => log('a listener failed', { fault });
  const { demand, supply } = createScalingBus(onFault);
  const targets = memoryPoolTargets(onFault);
  const memory = sqliteScalerMemory(database);
  const autoscaler = new Autoscaler({
    ...scalingSettings(config),
    ...{ demand, supply, memory, clock, log },
    runtimes: {
      known: () => true,
      all: () => deployments.all().map(({ runtime }) => runtime),
      onRead: (listener) => deployments.onChange(listener),
    },
    openTargets: () => targets,
    openMemory: () => memory,
    onGap: () => () => undefined,
    onRound: new RoundMeter(metrics).took,
  });
  showBudget(metrics, () => limitRows(autoscaler.limits));
  autoscaler.start();
  const lead = await autoscaler.lead(1);
  const stop = async (): Promise<void> => {
    await lead.save();
    await lead.end();
    autoscaler.stop();
  };
  return { demand, supply, targets, stop };
}

/** The triggers of this machine, and what takes and dispatches events is told of them. */
async function openTriggers(database: Database, deployments: Deployments, log: Log) {
  const registry = new TriggerRegistry({ store: sqliteResourceStore(database), deployments, clock, ids });
  for (const { key, why } of await registry.load()) log('a stored trigger takes no events', { ...key, why });
  const triggers = memoryTriggers();
  const announcer = new Announcer({
    publish: () => triggers.publish(registry.all()),
    onChange: (listener) => registry.onChange(listener),
    clock,
    log,
  });
  await announcer.start();
  return { registry, triggers };
}

interface EventDeps {
  readonly database: Database;
  readonly triggers: Triggers;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Where events come in and wait, and who is told of them. */
function openEvents(config: Settings, { database, triggers, metrics, log }: EventDeps) {
  const events = sqliteEventStore(database);
  const watch = memoryDeliveryWatch((fault) => log('a listener failed', { fault }));
  const heard = { triggers, clock, log };
  const meters = new EventMeters(metrics, () => clock.now());
  const { counter, onBacklog } = meters;
  const ingress = new EventIngress({ ...heard, store: events, counter }, ingressConfig(config));
  const onTried = meters.onTried(tellingOf(watch, hostname(), clock));
  const { ticked: onTick, expired: onExpired, forgotten: onForgotten } = counter;
  const told = { onTried, onBacklog, onTick, onExpired, onForgotten, wakeCounter: counter };
  return { events, watch, ingress, eventing: { ...heard, ...told, events, ingress, chance: Math.random } };
}

/** What answers on the activator's port. */
const frontOf = (activator: Activator, rules: PageRules, metrics: Metrics) => ({
  handler: keepingPagesOut(
    rules,
    withMetrics(metrics, (request, response) => activator.handler(request, response)),
  ),
  upgrade: keepingPagesOffSockets(rules, (...asked) => activator.upgrade(...asked)),
});

/** Everything but the servers: what is stored and what lives are brought together here. */
async function assemble(config: Settings, driver: Driver, signer: LocalSigner, pinoLog: Logger) {
  const log = warnings(pinoLog);
  const database = openDatabase({ path: path.join(config.dataDir, 'agentcube.db') });
  const bus = createSessionBus((fault) => log('a listener failed', { fault }));
  const store = tellingOfOpenings(sqliteSessionStore(database), bus);
  const registry = createRegistry({ store: sqliteResourceStore(database), images: driver, clock, ids });
  for (const { key, why } of await registry.load()) log('a stored runtime is not served', { ...key, why });
  const { deployments, runtimes } = registry;
  const { registry: triggers, triggers: accepted } = await openTriggers(database, deployments, log);
  const metrics = openMetrics('platform');
  const publish = bus.publish.bind(bus);
  const shared = { store, driver, deployments, runtimes, feed: bus, recalls: bus, publish, ids, clock, log };
  const scaling = await openScaling(config, { database, deployments, metrics, log });
  const { targets, supply } = scaling;
  const commandPatienceMs = config.wakeTimeoutSeconds * 1_000;
  const onStart = new StartMeter(metrics).ended;
  const controller = new Controller({ ...shared, targets, supply, commandPatienceMs, onStart });
  const recovered = await controller.start();
  const { wakes, commands } = controller;
  const inFlight = (): ReturnType<Activator['inFlight']> => activator.inFlight();
  const reporter = new DemandReporter({ reports: scaling.demand, from: ids.uuid(), clock, inFlight, log });
  const demand = new SessionMeter(metrics, reporter);
  const told = { database, triggers: accepted, metrics, log };
  const { events, watch, ingress, eventing } = openEvents(config, told);
  const activator = createActivator(
    { ...shared, wakes, signer, demand, events: ingress },
    activatorLimits(config),
  );
  const { forwarding } = activator;
  const dispatching = openDispatching(
    { ...eventing, forwarding, opening: shared, demand },
    dispatchingConfig(config),
  );
  reporter.start();
  const ownerTokens = createOwnerTokens(signer.publicKeyPem, clock);
  const pools = (): ReturnType<Controller['pools']> => controller.pools();
  const watches = new Watches(clock);
  const kept = { registry, triggers, deadLetters: events, deliveries: watch, watches, version };
  const api = createControlApi({ ...shared, ...kept, wakes, commands, ownerTokens, demand, pools });
  const stopCounting = countSessions(registry, { sessions: store, feed: bus, clock, log });
  showRequests(metrics, () => activator.stats());
  showPools(metrics, () => pools().map(poolNumbers));
  showWatches(metrics, () => watches.count);
  const rules = pageRules(config);
  const ours = keepingPagesOut(rules, withMetrics(metrics, api));
  const controls = {
    controlServer: createHttpServer(controlLimits, undefined, ours),
    innerControl: createHttpServer(controlLimits, undefined, forAgents(api)),
  };
  const front = frontOf(activator, rules, metrics);
  const stop = async (): Promise<void> => {
    stopCounting();
    registry.close();
    await reporter.stop();
    await scaling.stop();
    await controller.stop();
  };
  const opened = { store, registry, triggers, recovered, activator, dispatching };
  return { ...opened, front, ...controls, watches, stop };
}

async function start(config: Settings): Promise<Platform> {
  await checkPorts(config);
  await makeDataDir(config.dataDir);
  makeInnerDoor(config.dataDir);
  const logger = openLog(config.logFile ?? path.join(config.dataDir, 'platform.log'), config.logLevel);
  const tables = imageTables(() => tableFiles(config), builtImagesIn(config.dataDir));
  await tables.reload();
  const signer = createSigner({ key: await loadSigningKey(keyFileIn(config.dataDir)), clock });
  const { publicKeyPem } = signer;
  const driver = await openLocalDriver({
    ...config,
    images: tables.current,
    publicKeyPem,
    logger,
    takeOver: false,
  });
  const parts = await assemble(config, driver, signer, logger);
  const activatorServer = createActivatorServer(parts.front);
  await listen(parts.controlServer, config.host, config.controlPort, '--control-port');
  await listen(activatorServer, config.host, config.activatorPort, '--activator-port');
  const innerActivator = createActivatorServer(parts.front);
  await openInnerDoor(config.dataDir, parts.innerControl, innerActivator);
  parts.dispatching.start();
  const controlUrl = urlOf(parts.controlServer, config.host);
  const activatorUrl = urlOf(activatorServer, config.host);
  const endpoints = endpointsFileIn(config.dataDir);
  const announce = (): void =>
    writeFileSync(endpoints, JSON.stringify({ pid: process.pid, controlUrl, activatorUrl }));
  const kubeconfig = writeKubeconfig(config.dataDir, { controlUrl, activatorUrl });
  const stop = async (): Promise<void> => {
    rmSync(endpoints, { force: true });
    parts.watches.stop();
    const drainMs = config.drainSeconds * 1_000;
    const servers = [activatorServer, parts.controlServer, innerActivator, parts.innerControl];
    await Promise.all([parts.dispatching.stop(drainMs), drain(parts.activator, servers, drainMs)]);
    await parts.stop();
    await driver.close();
    await parts.store.close();
  };
  const where = { version, controlUrl, activatorUrl, dataDir: config.dataDir, kubeconfig };
  const facts = { ...where, ...driver.describe(), recovered: parts.recovered };
  const { registry, triggers } = parts;
  return { config, registry, triggers, reloadTables: tables.reload, facts, announce, stop };
}

const activatorLimits = (config: Settings) => ({
  maxConcurrentRequests: config.maxConcurrentRequests,
  maxWaitingPerSession: config.maxWaitingPerSession,
  maxWaitingPerRuntime: config.maxWaitingPerRuntime,
  maxWaiting: config.maxWaiting,
  wakeTimeoutMs: config.wakeTimeoutSeconds * 1_000,
  leaseMs: 5_000,
});

async function drain(
  activator: Activator,
  servers: readonly http.Server[],
  deadlineMs: number,
): Promise<void> {
  for (const server of servers) server.close();
  await activator.drain(deadlineMs);
  for (const server of servers) server.closeAllConnections();
}

/** Says what a folder's manifests became. */
function tell(config: Settings, { applied, problems }: FolderReport): void {
  const shown = path.relative(process.cwd(), config.folder) || '.';
  if (applied.length > 0) print(`\n${say.deployedText(shown, applied, paint)}`);
  if (problems.length > 0) print(`\n${say.problemsText(problems.map(formatProblem), paint)}`);
}

async function deploy(platform: Platform): Promise<readonly Applied[]> {
  const { config } = platform;
  const report = await deployFolder({ ...platform, folder: config.folder });
  tell(config, report);
  return report.applied;
}

/** Deploys again after a change; says only what is not as before. */
const keepDeployed = ({ config, ...platform }: Platform): (() => void) =>
  keepFolder({ ...platform, folder: config.folder, clock }, (report, fault) => {
    if (!report) return print(paint('red', `  ${wordsFor(fault)}`));
    tell(config, { ...report, applied: report.applied.filter(({ what }) => what !== 'unchanged') });
  });

const stopWords = {
  stopping: paint(
    'dim',
    '\n  stopping: finishing work in hand, then every sandbox (Ctrl-C again leaves at once)',
  ),
  stopped: '  stopped; nothing is left running, sessions keep their files',
  left: '  left as it is; sandboxes that still run are found again by the next npm start',
};

keepAlive();

try {
  const platform = await start(settings());
  let unwatch = (): void => undefined;
  const stop = (): Promise<void> => {
    unwatch();
    return platform.stop();
  };
  stopOnSignals({ program: 'agentcube', stop, print, words: stopWords });
  print(say.startedText(platform.facts, paint));
  const applied = await deploy(platform);
  platform.announce();
  print(`\n${say.tryNextText(platform.facts, applied, paint)}`);
  unwatch = keepDeployed(platform);
} catch (fault) {
  fail(paint('red', 'agentcube'), fault);
}
