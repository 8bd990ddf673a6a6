// Owns: the local driver as a whole: the data dir, which sandboxes there are, what the host gives. One sandbox's life is
// sandbox.ts'. Closing leaves the sandboxes running; the next driver over the same data dir finds them (S5).
import type { Driver } from '../../controller/driver.ts';
import { PlatformError } from '../../model/errors.ts';
import { instanceName } from './cgroup-plan.ts';
import { detectCgroups } from './cgroups.ts';
import { prepareDataDir } from './data-dir.ts';
import { detectTier, type Detected } from './detect.ts';
import { createExits, type Exits } from './exits.ts';
import { createUids, firstUid, type Host } from './host.ts';
import { createImageTable } from './images.ts';
import { adoptAll, readInventory, removeUnused } from './inventory.ts';
import { lacksOf } from './lacks.ts';
import { readLog } from './log-reading.ts';
import type { Layout } from './layout.ts';
import { lockDataDir, type DataDirLock } from './lock.ts';
import type { LocalDriverOptions } from './options.ts';
import { createReclaimer, hasSwap } from './reclaim.ts';
import { materialiseRuntime } from './runtime-files.ts';
import { closedDriver, Sandbox } from './sandbox.ts';
import { trimLog } from './sandbox-files.ts';
import { StartPlaces } from './start-places.ts';
import { takeOverDataDir } from './take-over.ts';
import { startFailure } from './verify.ts';

export { type LocalDriverOptions, type LocalImage, type TierName } from './options.ts';

const defaultStartTimeoutMs = 60_000;
const trimLogsEveryMs = 30_000;

interface Assembled {
  readonly host: Host;
  readonly detected: Detected;
  readonly sandboxes: Map<string, Sandbox>;
}

async function assemble(
  options: LocalDriverOptions,
  layout: Layout,
  asRoot: boolean,
  exits: Exits,
): Promise<Assembled> {
  const { program, clock, log, authPublicKeyPem } = options;
  const instance = instanceName(layout.dataDir);
  const runtime = await materialiseRuntime(layout.runtime, program);
  const records = await readInventory(layout);
  await removeUnused({ layout, runtime }, records);
  const uids = createUids(asRoot ? firstUid(instance) : undefined);
  for (const record of records.values()) if (record?.uid !== undefined) uids.reserve(record.uid);
  const uid = uids.take();
  const paths = layout.sandbox(`trial-${process.pid}`);
  const trial = { paths, runtime: runtime.folder, ...(uid !== undefined && { uid }) };
  const detected = await detectTier(options.tier, trial);
  if (uid !== undefined) uids.release(uid);
  const host: Host = {
    ...{ layout, runtime, uids, clock, log, authPublicKeyPem, onExit: (exit) => exits.tell(exit) },
    tier: detected.tier,
    cgroups: detectCgroups(layout.dataDir, asRoot),
    images: createImageTable(options.images, layout.images, runtime.id),
    reclaimer: createReclaimer(),
    starts: new StartPlaces(clock),
    nodeFlags: program.nodeFlags ?? [],
    startTimeoutMs: options.startTimeoutMs ?? defaultStartTimeoutMs,
  };
  return { host, detected, sandboxes: await adoptAll(host, records) };
}

const gone = (): PlatformError =>
  new PlatformError('SANDBOX_CRASHED', 'there is no such sandbox', { reason: 'its processes are gone' });

type Operations = Omit<Driver, 'describe' | 'close' | 'onExit' | 'logs'>;

function operations({ host, sandboxes }: Assembled): Operations {
  const known = async (id: string): Promise<Sandbox> => sandboxes.get(id) ?? Promise.reject(gone());
  return {
    start(spec) {
      const sandbox = sandboxes.get(spec.id) ?? new Sandbox(host, spec.id);
      sandboxes.set(spec.id, sandbox);
      return sandbox.start(spec);
    },
    async restart(id, generation) {
      const sandbox = sandboxes.get(id);
      if (!sandbox) throw startFailure('its files are gone');
      return sandbox.restart(generation);
    },
    async stop(id, files) {
      const sandbox = sandboxes.get(id);
      await sandbox?.stop(files);
      if (sandbox && !sandbox.found() && sandboxes.get(id) === sandbox) sandboxes.delete(id);
    },
    mark: async (id, session) => (await known(id)).mark(session),
    pause: async (id) => (await known(id)).pause(),
    resume: async (id) => (await known(id)).resume(),
    busy: async (id) => (await sandboxes.get(id)?.busy()) ?? [],
    list: async () => [...sandboxes.values()].flatMap((sandbox) => sandbox.found() ?? []),
    resolve: (image) => host.images.resolve(image),
  };
}

/** The operations while `open`; from then on each rejects and touches nothing, as the sandboxes are another driver's. */
function whileOpen(all: Operations, open: () => boolean): Operations {
  const guarded =
    <A extends readonly unknown[], R>(operation: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!open()) throw closedDriver();
      return operation(...args);
    };
  return {
    start: guarded(all.start),
    restart: guarded(all.restart),
    stop: guarded(all.stop),
    mark: guarded(all.mark),
    pause: guarded(all.pause),
    resume: guarded(all.resume),
    busy: guarded(all.busy),
    list: guarded(all.list),
    resolve: guarded(all.resolve),
  };
}

function driverOf(assembled: Assembled, exits: Exits, unlock: () => void): Driver {
  const { host, detected, sandboxes } = assembled;
  const { cgroups } = host;
  const stopTrimming = host.clock.every(trimLogsEveryMs, () => {
    for (const id of sandboxes.keys()) void trimLog(host.layout.sandbox(id)).catch(() => undefined);
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stopTrimming();
    await Promise.all([...sandboxes.values()].map((sandbox) => sandbox.release()));
    cgroups?.close();
    unlock();
  };
  return {
    ...whileOpen(operations(assembled), () => closing === undefined),
    onExit: (listener) => exits.listen(listener),
    logs: (id, request) => readLog(host.layout.sandbox(id).log, request),
    describe: () => ({
      tier: detected.tier.name,
      lacks: lacksOf({
        detected,
        controllers: cgroups?.controllers,
        canFreeze: cgroups?.canFreeze ?? false,
        hasSwap: hasSwap(),
      }),
    }),
    close: () => (closing ??= close()),
  };
}

async function lockFor({ takeOver, clock, log }: LocalDriverOptions, dataDir: string): Promise<DataDirLock> {
  if (takeOver === undefined || takeOver === false) return lockDataDir(dataDir);
  return takeOverDataDir(dataDir, { clock, log, wanted: takeOver === true ? () => true : takeOver });
}

/**
 * The driver for this machine. Takes over what an earlier one left in the data dir before it answers.
 * Rejects with LocalSetupError, in words for a person, when this host cannot do what is asked.
 */
export async function createLocalDriver(options: LocalDriverOptions): Promise<Driver> {
  const asRoot = process.getuid?.() === 0;
  const layout = prepareDataDir(options.dataDir, asRoot);
  const lock = await lockFor(options, layout.dataDir);
  try {
    const exits = createExits();
    return driverOf(await assemble(options, layout, asRoot, exits), exits, () => lock.release());
  } catch (fault) {
    lock.release();
    throw fault;
  }
}
