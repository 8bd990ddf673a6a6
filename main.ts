// The whole platform in one process: embedded store, local driver, no Docker, no Redis, no cluster.
// Only wiring, the process and its signals are here; nothing imports this file.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import http from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pino, type Logger } from 'pino';
import { createActivator, type Activator } from './activator/activator.ts';
import { createActivatorServer } from './activator/server.ts';
import { createSigner, type LocalSigner } from './adapters/jwt/signer.ts';
import { createLocalDriver, LocalSetupError, type LocalImage } from './adapters/local/driver.ts';
import { createSessionBus, tellingOfOpenings } from './adapters/memory/session-bus.ts';
import { openDatabase } from './adapters/sqlite/database.ts';
import { sqliteResourceStore } from './adapters/sqlite/resources.ts';
import { sqliteSessionStore } from './adapters/sqlite/session-store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemIds as ids } from './adapters/system/ids.ts';
import * as say from './cli/welcome.ts';
import { readImageTable } from './config/images.ts';
import { loadConfig, settingsHelp } from './config/load.ts';
import { platformConfigSchema, type PlatformConfig } from './config/platform.ts';
import { createControlApi } from './controller/api/control-api.ts';
import { Controller } from './controller/controller.ts';
import type { Driver } from './controller/driver.ts';
import { applyFolder, imageTablesIn, watchFolder, type AppliedRuntime } from './controller/folder.ts';
import { formatProblem } from './controller/manifests.ts';
import { createRegistry, type Registry } from './controller/registry.ts';
import { PlatformError } from './model/errors.ts';
import type { Runtime } from './model/runtime.ts';
import { daemonNodeFlags } from './sandbox/flags.ts';

const root = import.meta.dirname;
/** The package's folder: beside this file, or above the built one. */
const home = existsSync(path.join(root, 'package.json')) ? root : path.dirname(root);
const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as { version: string };
const paint = say.painter(process.stdout.isTTY && process.env.NO_COLOR === undefined);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const help = `agentcube ${version}: sandboxes for AI agents on this machine

  npm start                       the platform with the example runtimes
  npm start -- FOLDER             the platform with every YAML file below FOLDER, applied again when one changes
  npm start -- --control-port 0   a setting, as a flag; also AGENTCUBE_CONTROL_PORT=0, or "controlPort: 0" in --config FILE

Settings
${settingsHelp(platformConfigSchema)}
  --config          YAML file with any of these
  --help            this text

Ctrl-C stops everything; sessions keep their files. After kill -9, start again: sessions go on with their memory.`;

/** An end that the user can do something about: its message, no stack. */
class StartError extends Error {}

const defaultDataDir = (): string =>
  process.getuid?.() === 0
    ? '/var/lib/agentcube'
    : path.join(process.env.XDG_STATE_HOME ?? path.join(os.homedir(), '.local/state'), 'agentcube');

interface Settings extends PlatformConfig {
  readonly dataDir: string;
  readonly folder: string;
}

function settings(): Settings {
  const args = process.argv.slice(2);
  const readFile = (file: string): string => readFileSync(file, 'utf8');
  const loaded = loadConfig(platformConfigSchema, { args, env: process.env, readFile });
  if (loaded.kind === 'help') {
    print(help);
    process.exit(0);
  }
  if (loaded.kind === 'problems') {
    throw new StartError(
      `the settings are wrong:\n  ${loaded.problems.join('\n  ')}\n\nnpm start -- --help lists them`,
    );
  }
  const { config, positionals } = loaded;
  if (positionals.length > 1)
    throw new StartError(`one folder of YAML at most, not ${positionals.join(' and ')}`);
  const folder = path.resolve(positionals[0] ?? path.join(home, 'examples'));
  if (!existsSync(folder))
    throw new StartError(`there is no ${folder}; give a folder of YAML, or nothing for the examples`);
  return { ...config, dataDir: path.resolve(config.dataDir ?? defaultDataDir()), folder };
}

/** Images of the table in the settings and of the tables in the folder. */
async function readImages({ images: table, folder }: Settings): Promise<readonly LocalImage[]> {
  const files = [...(table === undefined ? [] : [path.resolve(table)]), ...(await imageTablesIn(folder))];
  return files.flatMap((file) => readImageTable(file, readFileSync(file, 'utf8')));
}

/** Resolves when it listens. Rejects with what to do when it may not. */
async function listen(server: Server, host: string, port: number, flag: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, port, flag)));
    server.listen(port, host, () => resolve());
  });
}

/** A busy port is told before anything is started or recovered. */
async function checkPorts({ host, controlPort, activatorPort }: Settings): Promise<void> {
  for (const [port, flag] of [
    [controlPort, '--control-port'],
    [activatorPort, '--activator-port'],
  ] as const) {
    const trial = createServer();
    await listen(trial, host, port, flag);
    await new Promise((resolve) => trial.close(resolve));
  }
}

function portError(error: NodeJS.ErrnoException, port: number, flag: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(`port ${port} is in use; choose another with ${flag} PORT (0 picks a free one)`);
  }
  if (error.code === 'EACCES')
    return new StartError(`port ${port} is not allowed to you; choose another with ${flag} PORT`);
  return error;
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

const logger = ({ logFile, logLevel, dataDir }: Settings): Logger => {
  const destination = logFile === '-' ? 2 : (logFile ?? path.join(dataDir, 'platform.log'));
  return pino({ level: logLevel }, pino.destination({ dest: destination, sync: true }));
};

type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

interface Platform {
  readonly config: Settings;
  readonly registry: Registry;
  /** Looks the image tables and every deployed runtime's image up again. */
  readonly reloadImages: () => Promise<void>;
  readonly facts: say.StartedFacts;
  /** Writes where it is into the data folder, for whoever waits for it to be deployed and serving. */
  announce(): void;
  /** Finishes work in hand, then leaves nothing running. */
  stop(): Promise<void>;
}

async function openDriver(
  config: Settings,
  images: () => readonly LocalImage[],
  publicPem: string,
  log: Logger,
): Promise<Driver> {
  return createLocalDriver({
    dataDir: config.dataDir,
    authPublicKeyPem: publicPem,
    images,
    program: {
      sandboxSourceDir: path.join(root, 'sandbox'),
      nodePath: process.execPath,
      nodeFlags: daemonNodeFlags,
    },
    clock,
    log: (level, message, fields) => log[level](fields, message),
    tier: config.isolation,
    startTimeoutMs: config.startTimeoutSeconds * 1_000,
  });
}

/** AgentCube's: a request is received within 15 s, an idle connection is kept 90 s; answering may take as long as it takes. */
const controlLimits = { requestTimeout: 15_000, keepAliveTimeout: 90_000 };

/** Everything but the servers: what is stored and what lives are brought together here. */
async function assemble(config: Settings, driver: Driver, signer: LocalSigner, pinoLog: Logger) {
  const log: Log = (message, fields) => pinoLog.warn({ ...fields, err: fields.fault }, message);
  const database = openDatabase({ path: path.join(config.dataDir, 'agentcube.db') });
  const bus = createSessionBus((fault) => log('a listener failed', { fault }));
  const store = tellingOfOpenings(sqliteSessionStore(database), bus);
  const registry = createRegistry({ store: sqliteResourceStore(database), images: driver, clock, ids });
  for (const { key, why } of await registry.load()) log('a stored runtime is not served', { ...key, why });
  const { deployments, runtimes } = registry;
  const publish = bus.publish.bind(bus);
  const shared = { store, driver, deployments, runtimes, feed: bus, recalls: bus, publish, ids, clock, log };
  const controller = new Controller({ ...shared, commandPatienceMs: config.wakeTimeoutSeconds * 1_000 });
  const recovered = await controller.start();
  const { wakes, commands } = controller;
  const activator = createActivator({ ...shared, wakes, signer }, activatorLimits(config));
  const controlServer = http.createServer(
    controlLimits,
    createControlApi({ ...shared, registry, wakes, commands }),
  );
  return { store, registry, controller, recovered, activator, controlServer };
}

/** Also seen to be writable, before the first of many files in it says so in its own words. */
async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (fault) {
    const why = (fault as Error).message;
    throw new StartError(
      `the data folder ${dataDir} cannot be used (${why}); choose another with --data-dir`,
    );
  }
}

async function start(config: Settings): Promise<Platform> {
  await checkPorts(config);
  await makeDataDir(config.dataDir);
  const log = logger(config);
  let images = await readImages(config);
  const signer = await createSigner({ keyFile: path.join(config.dataDir, 'router-key.pem'), clock });
  const driver = await openDriver(config, () => images, signer.publicKeyPem, log);
  const parts = await assemble(config, driver, signer, log);
  const activatorServer = createActivatorServer(parts.activator);
  await listen(parts.controlServer, config.host, config.controlPort, '--control-port');
  await listen(activatorServer, config.host, config.activatorPort, '--activator-port');
  const controlUrl = urlOf(parts.controlServer, config.host);
  const activatorUrl = urlOf(activatorServer, config.host);
  const endpoints = path.join(config.dataDir, 'endpoints.json');
  const announce = (): void =>
    writeFileSync(endpoints, JSON.stringify({ pid: process.pid, controlUrl, activatorUrl }));
  const stop = async (): Promise<void> => {
    rmSync(endpoints, { force: true });
    await drain(parts.activator, [activatorServer, parts.controlServer], config.drainSeconds * 1_000);
    await parts.controller.stop();
    await driver.close();
    await parts.store.close();
  };
  const where = { version, controlUrl, activatorUrl, dataDir: config.dataDir };
  const facts = { ...where, ...driver.describe(), recovered: parts.recovered };
  const { registry } = parts;
  const reloadImages = async (): Promise<void> => {
    images = await readImages(config);
    await registry.reloadImages();
  };
  return { config, registry, reloadImages, facts, announce, stop };
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

async function deploy(
  { config, registry, reloadImages }: Platform,
  worthSaying: (one: AppliedRuntime) => boolean = () => true,
): Promise<readonly AppliedRuntime[]> {
  const apply = async (runtime: Runtime): Promise<AppliedRuntime> => {
    const { runtime: stored, what, warnings } = await registry.apply(runtime);
    const { name, namespace = 'default' } = stored.metadata;
    return { kind: stored.kind, namespace, name, what, warnings };
  };
  await reloadImages();
  const { applied, problems } = await applyFolder(config.folder, apply);
  const shown = path.relative(process.cwd(), config.folder) || '.';
  const said = applied.filter(worthSaying);
  if (said.length > 0) print(`\n${say.deployedText(shown, said, paint)}`);
  if (problems.length > 0) print(`\n${say.problemsText(problems.map(formatProblem), paint)}`);
  return applied;
}

/** Deploys again after a change; says only what is not as before. */
function keepDeployed(platform: Platform): () => void {
  let turn: Promise<unknown> = Promise.resolve();
  return watchFolder(platform.config.folder, clock, () => {
    turn = turn
      .then(() => deploy(platform, ({ what }) => what !== 'unchanged'))
      .catch((fault: unknown) => print(paint('red', `  ${wordsFor(fault)}`)));
  });
}

function stopOnSignals(platform: Platform, unwatch: () => void): void {
  let asked = false;
  const stop = (): void => {
    if (asked) {
      print('  left as it is; sandboxes that still run are found again by the next npm start');
      process.exit(130);
    }
    asked = true;
    print(
      paint('dim', '\n  stopping: finishing work in hand, then every sandbox (Ctrl-C again leaves at once)'),
    );
    unwatch();
    platform.stop().then(
      () => {
        print('  stopped; nothing is left running, sessions keep their files');
        process.exit(0);
      },
      (fault: unknown) => fail(fault),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
}

const wordsFor = (fault: unknown): string => {
  const known =
    fault instanceof StartError || fault instanceof LocalSetupError || fault instanceof PlatformError;
  const code = (fault as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC')
    return `the disk is full: ${(fault as Error).message}; free some space or choose --data-dir`;
  if (known || code !== undefined) return (fault as Error).message;
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
};

function fail(fault: unknown): never {
  process.stderr.write(`${paint('red', 'agentcube:')} ${wordsFor(fault)}\n`);
  process.exit(1);
}

// The process ends where it says so. What start and stop wait for need hold nothing open: a sandbox that an earlier
// platform started is no child of this one.
setInterval(() => undefined, 2 ** 30);

// Whoever reads along may leave (`npm start | head`); the platform goes on, and still stops in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  const platform = await start(settings());
  let unwatch = (): void => undefined;
  stopOnSignals(platform, () => unwatch());
  print(say.startedText(platform.facts, paint));
  const applied = await deploy(platform);
  platform.announce();
  print(`\n${say.tryNextText(platform.facts, applied, paint)}`);
  unwatch = keepDeployed(platform);
} catch (fault) {
  fail(fault);
}
