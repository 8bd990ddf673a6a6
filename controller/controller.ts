// Puts the controller's parts together: runner, timekeeper, pools, recovery, shutdown. Everything that touches sandboxes is here.
// Does not own HTTP (controller/api) nor what is deployed (controller/registry.ts).
import type { Cancel, Clock } from '../model/clock.ts';
import type { Ids } from '../model/open-session.ts';
import type { LeaseRecalls, SessionFeed, Wakes } from '../model/platform.ts';
import type { SessionStore } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { Deployments } from './deployments.ts';
import type { Driver, SandboxExit } from './driver.ts';
import { createPerform } from './perform.ts';
import { Pools } from './pools.ts';
import { liveSessions, recover, type Recovered } from './recovery.ts';
import { SessionCommands } from './session-commands.ts';
import { SessionRunner, type Perform } from './session-runner.ts';
import { Timekeeper } from './timekeeper.ts';

export interface ControllerDeps {
  readonly store: SessionStore;
  readonly driver: Driver;
  readonly deployments: Deployments;
  readonly feed: SessionFeed;
  readonly recalls: LeaseRecalls;
  readonly publish: (session: Session) => void;
  readonly ids: Ids;
  readonly clock: Clock;
  /** How long a pause, resume or end asked for by a person may take (ms). */
  readonly commandPatienceMs: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How soon after a claim its pool is refilled (ms): what the session does first has the machine to itself. */
const refillDelayMs = 100;
const stopped = 'the platform was stopped';

export class Controller {
  readonly wakes: Wakes;
  readonly commands: SessionCommands;
  readonly #deps: ControllerDeps;
  readonly #runner: SessionRunner;
  readonly #pools: Pools;
  readonly #cold = new Set<string>();
  readonly #endings: Cancel[] = [];
  #stopping = false;

  constructor(deps: ControllerDeps) {
    const { store, driver, feed, clock, log } = deps;
    this.#deps = deps;
    this.#runner = new SessionRunner({
      store,
      clock,
      publish: deps.publish,
      perform: this.#counted(createPerform({ ...deps, touch: (id) => store.touch(id, clock.now()) })),
      onFault: (sessionId, fault) =>
        log('a session could not be carried on; trying again', { sessionId, fault }),
    });
    this.#pools = new Pools({ ...deps, coldStarts: () => this.#cold.size });
    const runner = this.#runner;
    this.commands = new SessionCommands({
      store,
      runner,
      feed,
      driver,
      clock,
      recalls: deps.recalls,
      patienceMs: deps.commandPatienceMs,
    });
    this.wakes = { wake: (sessionId) => this.#wake(sessionId) };
  }

  /** Recovers what an earlier run left, then keeps times and pools. Rejects when store or driver cannot be read. */
  async start(): Promise<Recovered> {
    const { driver, deployments, feed, clock, log } = this.#deps;
    const recovered = await recover({ ...this.#deps, runner: this.#runner });
    const onFault = (fault: unknown): void =>
      log('a session could not be looked at; trying again', { fault });
    this.#endings.push(
      driver.onExit((exit) => {
        this.#onExit(exit).catch((fault: unknown) => log('an exit was not handled', { fault }));
      }),
      deployments.onChange((key) => this.#pools.look(key)),
      feed.subscribe((session) => this.#opened(session)),
      new Timekeeper({ ...this.#deps, runner: this.#runner, onFault }).start(),
    );
    for (const { runtime } of deployments.all()) clock.after(0, () => this.#pools.look(runtime.key));
    return recovered;
  }

  /** A wanted stop: pools are emptied, sessions keep their files, nothing is left running (S5). */
  async stop(): Promise<void> {
    const { store, driver } = this.#deps;
    this.#stopping = true;
    for (const end of this.#endings) end();
    await this.#pools.close();
    for (const entry of await store.entries()) {
      if (await store.withdraw(entry.sandbox.id)) await driver.stop(entry.sandbox.id, 'remove');
    }
    await Promise.all((await liveSessions(store)).map((session) => this.#putAside(session)));
    await this.#runner.settled();
  }

  /** Counts sessions that start, so that pools let them go first. */
  #counted(perform: Perform): Perform {
    return async (session) => {
      const { kind } = session.state;
      if (kind === 'creating' || kind === 'restarting') this.#cold.add(session.id);
      const outcome = await perform(session);
      this.#cold.delete(session.id);
      return outcome;
    };
  }

  /** A session of version 1 was opened just now: if it was claimed, the pool is one short. */
  #opened(session: Session): void {
    if (session.version !== 1) return;
    this.#deps.clock.after(refillDelayMs, () => this.#pools.look(session.runtime));
  }

  async #onExit(exit: SandboxExit): Promise<void> {
    const { store, log } = this.#deps;
    const record = await store.bySandbox(exit.id);
    if (!record) return this.#pools.lost(exit.id);
    log('a sandbox ended', { sessionId: record.session.id, why: exit.why });
    await this.#runner.apply(record.session.id, { kind: 'lost', generation: exit.generation, why: exit.why });
  }

  #wake(sessionId: string): void {
    if (this.#stopping) return;
    this.#runner
      .apply(sessionId, { kind: 'wanted' })
      .then((applied) => applied.kind === 'ignored' && this.#runner.carryOn(sessionId))
      .catch((fault: unknown) => this.#deps.log('a wake failed', { sessionId, fault }));
  }

  /** Ends a session's processes but not the session: what it was doing becomes `lost`, its files stay. */
  async #putAside({ id, state, generation }: Session): Promise<void> {
    if (state.kind === 'suspended' || state.kind === 'ending' || state.kind === 'ended') return;
    const why = { generation, why: stopped };
    if (state.kind === 'creating')
      return void (await this.#runner.apply(id, { kind: 'start-failed', ...why }));
    await this.#deps.driver.stop(state.sandbox.id, 'keep-files');
    const suspended = state.kind === 'suspending';
    await this.#runner.apply(id, suspended ? { kind: 'suspended', generation } : { kind: 'lost', ...why });
  }
}
