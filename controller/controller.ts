// Puts the controller's parts together: runner, timekeeper, pools, recovery, shutdown. Everything that touches sandboxes is here.
// Does not own HTTP (controller/api) nor what is deployed (controller/registry.ts).
import type { Cancel, Clock } from '../model/clock.ts';
import type { Ids } from '../model/open-session.ts';
import type { SessionFeed, Wakes } from '../model/platform.ts';
import type { SessionStore } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { Deployments } from './deployments.ts';
import type { Driver, SandboxExit } from './driver.ts';
import { createPerform } from './perform.ts';
import { createPools } from './pools.ts';
import { liveSessions, recover, type Recovered } from './recovery.ts';
import { createSessionCommands, type SessionCommands } from './session-commands.ts';
import { createSessionRunner } from './session-runner.ts';
import { createTimekeeper } from './timekeeper.ts';

export interface ControllerDeps {
  readonly store: SessionStore;
  readonly driver: Driver;
  readonly deployments: Deployments;
  readonly feed: SessionFeed;
  readonly publish: (session: Session) => void;
  readonly ids: Ids;
  readonly clock: Clock;
  /** How long a pause, resume or end asked for by a person may take (ms). */
  readonly commandPatienceMs: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Controller {
  readonly wakes: Wakes;
  readonly commands: SessionCommands;
  /** Recovers what an earlier run left, then keeps times and pools. Rejects when store or driver cannot be read. */
  start(): Promise<Recovered>;
  /** A wanted stop: pools are emptied, sessions keep their files, nothing is left running (S5). */
  stop(): Promise<void>;
}

const stopped = 'the platform was stopped';

export function createController(deps: ControllerDeps): Controller {
  const { store, driver, deployments, feed, clock, log } = deps;
  const cold = new Set<string>();
  const endings: Cancel[] = [];
  let stopping = false;

  const perform = createPerform({
    driver,
    deployments,
    touch: (id) => store.touch(id, clock.now()),
    log,
  });
  const runner = createSessionRunner({
    store,
    clock,
    publish: deps.publish,
    perform: async (session) => {
      const live = session.state.kind === 'creating' || session.state.kind === 'restarting';
      if (live) cold.add(session.id);
      const event = await perform(session);
      cold.delete(session.id);
      return event;
    },
    onFault: (sessionId, fault) => log('a session could not be carried on; trying again', { sessionId, fault }),
  });
  const pools = createPools({ store, driver, deployments, ids: deps.ids, clock, coldStarts: () => cold.size, log });
  const timekeeper = createTimekeeper({
    store,
    runner,
    driver,
    clock,
    onFault: (fault) => log('a session could not be looked at; trying again', { fault }),
  });

  async function onExit(exit: SandboxExit): Promise<void> {
    const record = await store.bySandbox(exit.id);
    if (!record) return pools.lost(exit.id);
    log('a sandbox ended', { sessionId: record.session.id, why: exit.why });
    await runner.apply(record.session.id, { kind: 'lost', generation: exit.generation, why: exit.why });
  }

  function wake(sessionId: string): void {
    if (stopping) return;
    runner
      .apply(sessionId, { kind: 'wanted' })
      .then((applied) => applied.kind === 'ignored' && runner.carryOn(sessionId))
      .catch((fault: unknown) => log('a wake failed', { sessionId, fault }));
  }

  async function start(): Promise<Recovered> {
    const recovered = await recover({ store, driver, runner });
    endings.push(
      driver.onExit((exit) => void onExit(exit).catch((fault: unknown) => log('an exit was not handled', { fault }))),
      deployments.onChange((key) => pools.look(key)),
      // A session of version 1 was opened just now: if it was claimed, the pool is one short.
      feed.subscribe((session) => session.version === 1 && pools.look(session.runtime)),
      timekeeper.start(),
    );
    for (const { runtime } of deployments.all()) pools.look(runtime.key);
    return recovered;
  }

  /** Ends a session's processes but not the session: what it was doing becomes `lost`, its files stay. */
  async function putAside(session: Session): Promise<void> {
    const { state, generation, id } = session;
    if (state.kind === 'suspended' || state.kind === 'ending' || state.kind === 'ended') return;
    const why = { generation, why: stopped };
    if (state.kind === 'creating') return void (await runner.apply(id, { kind: 'start-failed', ...why }));
    await driver.stop(state.sandbox.id, 'keep-files');
    await runner.apply(id, state.kind === 'suspending' ? { kind: 'suspended', generation } : { kind: 'lost', ...why });
  }

  async function stop(): Promise<void> {
    stopping = true;
    for (const end of endings) end();
    await pools.close();
    for (const entry of await store.entries()) {
      if (await store.withdraw(entry.sandbox.id)) await driver.stop(entry.sandbox.id, 'remove');
    }
    await Promise.all((await liveSessions(store)).map(putAside));
    await runner.settled();
  }

  const commands = createSessionCommands({
    store,
    runner,
    feed,
    driver,
    clock,
    patienceMs: deps.commandPatienceMs,
  });
  return { wakes: { wake }, commands, start, stop };
}
