// A whole controller on a memory store, a scripted driver and a hand-moved clock.
import { createSessionBus, tellingOfOpenings, type SessionBus } from '../../adapters/memory/session-bus.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { Controller } from '../../controller/controller.ts';
import type { Deployment, Deployments, PoolStatus } from '../../controller/deployments.ts';
import type { SupplyReport } from '../../model/demand.ts';
import type { PoolTarget, PoolTargets, Runtimes } from '../../model/platform.ts';
import { openSession, type OpenedSession } from '../../model/open-session.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session, SessionPolicy } from '../../model/session.ts';
import type { Workload } from '../../model/workload.ts';
import { manualClock, settle, type ManualClock } from './manual-clock.ts';
import { ScriptedDriver } from './scripted-driver.ts';

export const helloKey: RuntimeKey = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' };

export interface ControllerLab {
  readonly clock: ManualClock;
  readonly driver: ScriptedDriver;
  readonly store: SessionStore;
  readonly bus: SessionBus;
  readonly controller: Controller;
  readonly runtimes: Runtimes;
  /** What was told of pools to whoever decides their sizes. */
  readonly supply: SupplyReport[];
  /** States in the order in which they were published, as `<id> <state>`. */
  readonly history: string[];
  readonly pools: Map<string, PoolStatus>;
  deploy(change: Partial<Deployment['runtime']>): void;
  /** Somebody decides how large the pool is to be. */
  readonly target: (size: number) => void;
  open(): Promise<OpenedSession>;
  session(id: string): Promise<Session>;
}

const policy: SessionPolicy = {
  pauseAfterMs: 30_000,
  suspendAfterMs: null,
  sessionTimeoutMs: 900_000,
  maxSessionDurationMs: 28_800_000,
};

interface Earlier {
  readonly store: SessionStore;
  readonly driver: ScriptedDriver;
  readonly clock: ManualClock;
}

/** Deployments of one runtime, whose revision and size the test changes. */
function oneDeployment(runtime: Partial<Deployment['runtime']>) {
  const pools = new Map<string, PoolStatus>();
  const listeners = new Set<(key: RuntimeKey) => void>();
  let deployment: Deployment = {
    runtime: { key: helloKey, revision: 'r1', labels: {}, policy, warmPoolSize: 0, ...runtime },
    workload: { kind: 'AgentRuntime', namespace: 'default', name: 'hello' } as Workload,
  };
  const deployments: Deployments = {
    find: (key) => (runtimeKeyText(key) === runtimeKeyText(helloKey) ? deployment : undefined),
    all: () => [deployment],
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reportPool: (key, status) => void pools.set(runtimeKeyText(key), status),
  };
  const deploy = (change: Partial<Deployment['runtime']>): void => {
    deployment = { ...deployment, runtime: { ...deployment.runtime, ...change } };
    for (const listener of listeners) listener(helloKey);
  };
  return { deployments, pools, deploy };
}

/** A size that the test decides. */
function oneTarget() {
  const listeners = new Set<(key: RuntimeKey) => void>();
  let decided: PoolTarget | undefined;
  const targets: PoolTargets = {
    find: () => decided,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const target = (size: number): void => {
    decided = { runtime: helloKey, size };
    for (const listener of listeners) listener(helloKey);
  };
  return { targets, target };
}

/** A lab that is running; given an earlier one's store and driver, as after a restart of the platform. */
export async function controllerLab(
  earlier?: Earlier,
  runtime: Partial<Deployment['runtime']> = {},
): Promise<ControllerLab> {
  const clock = earlier?.clock ?? manualClock();
  const driver = earlier?.driver ?? new ScriptedDriver();
  const bus = createSessionBus((fault) => {
    throw fault as Error;
  });
  const store = tellingOfOpenings(earlier?.store ?? memorySessionStore(), bus);
  const history: string[] = [];
  bus.subscribe((session) => history.push(`${session.id} ${session.state.kind}`));
  const { deployments, pools, deploy } = oneDeployment(runtime);
  const runtimes = { find: (key: RuntimeKey) => deployments.find(key)?.runtime };
  const { targets, target } = oneTarget();
  const supply: SupplyReport[] = [];
  let next = 0;
  const ids = { uuid: () => `id-${clock.now()}-${++next}`, suffix: () => `suffix${++next}` };
  const controller = new Controller({
    store,
    driver,
    ...{ deployments, targets },
    supply: { report: async (report) => void supply.push(report) },
    feed: bus,
    recalls: bus,
    publish: (session) => bus.publish(session),
    ids,
    clock,
    commandPatienceMs: 5_000,
    log: () => undefined,
  });
  await controller.start();
  await settle();
  return {
    clock,
    driver,
    store,
    bus,
    controller,
    runtimes,
    supply,
    history,
    pools,
    deploy,
    target,
    async open() {
      const opened = await openSession({ store, runtimes, ids }, { runtime: helloKey, now: clock.now() });
      controller.wakes.wake(opened.session.id);
      await settle();
      return opened;
    },
    async session(id) {
      const record = await store.get(id);
      if (!record) throw new Error(`no session ${id}`);
      return record.session;
    },
  };
}
