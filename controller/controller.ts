// Puts the controller's parts together: runner, timekeeper, pools, recovery, shutdown. Everything that touches sandboxes is here.
// Does not own HTTP (controller/api), what is deployed (controller/registry.ts), nor what is heard and missed (attention.ts).
import type { Cancel, Clock } from '../model/clock.ts';
import type { SupplyReports } from '../model/demand.ts';
import type { Ids } from '../model/open-session.ts';
import type { LeaseRecalls, PoolTargets, SessionFeed, WakeFeed, Wakes } from '../model/platform.ts';
import type { SessionReads, SessionStore } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { Attention } from './attention.ts';
import type { Deployments, PoolStanding } from './deployments.ts';
import type { Driver } from './driver.ts';
import { MarkBook } from './marks.ts';
import { measuredDriver, type MeasuredStart } from './measured-driver.ts';
import { createPerform } from './perform.ts';
import { Pools } from './pools.ts';
import { liveSessions, recover, type Recovered } from './recovery.ts';
import { SessionCommands } from './session-commands.ts';
import { SessionRunner, type Perform } from './session-runner.ts';
import { SupplyReporter } from './supply-reporter.ts';
import { Timekeeper } from './timekeeper.ts';

export interface ControllerDeps {
  readonly store: SessionStore;
  /** What people are answered from; `store` where it is not given. */
  readonly view?: Pick<SessionReads, 'get'>;
  readonly driver: Driver;
  readonly deployments: Deployments;
  /** Sizes of pools that somebody else decided. */
  readonly targets?: PoolTargets;
  /** Whoever decides them hears how pools stand. */
  readonly supply?: SupplyReports;
  /** Told of each start of a sandbox that ended. */
  readonly onStart?: (start: MeasuredStart) => void;
  readonly feed: SessionFeed;
  /** Wakes that other programs ask for; in one process they call `wakes`. */
  readonly wakeFeed?: WakeFeed;
  readonly recalls: LeaseRecalls;
  readonly publish: (session: Session) => void;
  readonly ids: Ids;
  readonly clock: Clock;
  /** How long after the start nothing is paused or ended for being idle (ms); none by default. */
  readonly graceMs?: number;
  /** How long a lease may last that a lost store forgot (ms); none by default, where who holds leases goes down with this. */
  readonly leaseMs?: number;
  /** How often pools are looked at although nothing was heard (ms), where messages may be lost; never by default. */
  readonly lookAgainMs?: number;
  /** Whether sandboxes start on other machines. */
  readonly startsElsewhere?: boolean;
  /** How long a pause, resume or end asked for by a person may take (ms). */
  readonly commandPatienceMs: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const stopped = 'the platform was stopped';

export class Controller {
  readonly wakes: Wakes;
  readonly commands: SessionCommands;
  readonly #deps: ControllerDeps;
  readonly #marks: MarkBook;
  readonly #runner: SessionRunner;
  readonly #pools: Pools;
  readonly #supply: SupplyReporter | undefined;
  readonly #attention: Attention;
  readonly #cold = new Set<string>();
  #endings: readonly Cancel[] = [];
  #stopping = false;

  constructor(deps: ControllerDeps) {
    const { store, clock, log, startsElsewhere = false } = deps;
    this.#deps = deps;
    const marks = new MarkBook(deps.driver);
    this.#marks = marks;
    this.#supply = this.#supplyReporter();
    const driver = measuredDriver(deps.driver, clock, (start) => this.#measured(start));
    const touch = (id: string): Promise<void> => store.touch(id, clock.now());
    this.#runner = new SessionRunner({
      ...{ store, clock, publish: deps.publish },
      perform: this.#counted(createPerform({ ...deps, driver, marks, touch })),
      onFault: (sessionId, fault) =>
        log('a session could not be carried on; trying again', { sessionId, fault }),
    });
    this.#pools = new Pools({
      ...{ ...deps, driver },
      nodes: startsElsewhere ? () => this.#nodes() : undefined,
      onStanding: (stand) => this.#supply?.stands(stand),
      coldStarts: () => this.#cold.size,
      onClaimed: (session) => this.#attention.claimed(session),
    });
    const [runner, pools] = [this.#runner, this.#pools];
    this.#attention = new Attention({ ...deps, runner, pools, marks });
    const patienceMs = deps.commandPatienceMs;
    this.commands = new SessionCommands({ ...deps, store: deps.view ?? store, runner, patienceMs });
    this.wakes = { wake: (sessionId) => this.#wake(sessionId) };
  }

  /** Recovers what an earlier run left, then keeps times and pools. Rejects when store or driver cannot be read. */
  async start(): Promise<Recovered> {
    const { wakeFeed } = this.#deps;
    this.#endings = this.#attention.start();
    const recovered = await recover({
      ...this.#deps,
      runner: this.#runner,
      marks: this.#marks,
      adopt: (entries) => this.#pools.adopt(entries),
      giveBack: (entry) => this.#pools.offer(entry),
    });
    if (this.#stopping) return recovered;
    this.#endings = [
      ...this.#endings,
      ...(wakeFeed ? [wakeFeed.onWake((sessionId) => this.#wake(sessionId))] : []),
      this.#timekeeper().start(),
    ];
    this.#pools.open();
    this.#tellSupply();
    return recovered;
  }

  /** Every deployed runtime and its pool. */
  pools(): readonly PoolStanding[] {
    return this.#deps.deployments.all().map((deployment) => this.#pools.standing(deployment));
  }

  /**
   * Leads no more: from now on nothing is begun and nothing is stored, and what is under way is left as it is. Sandboxes live
   * on for whoever leads next.
   */
  resign(): void {
    this.#stopping = true;
    for (const end of this.#endings) end();
    this.#runner.resign();
    this.#pools.resign();
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

  #nodes(): number {
    return this.#deps.driver.nodes?.() ?? 1;
  }

  #supplyReporter(): SupplyReporter | undefined {
    const { supply: reports, ids, clock, log } = this.#deps;
    const nodes = (): number => this.#nodes();
    return reports && new SupplyReporter({ reports, from: ids.uuid(), clock, nodes, log });
  }

  #tellSupply(): void {
    const supply = this.#supply;
    if (!supply || this.#stopping) return;
    supply.start();
    this.#endings = [...this.#endings, () => supply.stop(), this.#deps.feed.onGap(() => supply.tellAll())];
  }

  /** What an older revision was like says nothing of the newest. */
  #measured(start: MeasuredStart): void {
    const { deployments, onStart } = this.#deps;
    onStart?.(start);
    const { runtime, revision, failed, tookMs } = start;
    if (deployments.find(runtime)?.runtime.revision !== revision) return;
    if (failed) this.#supply?.failed(runtime);
    else this.#supply?.started(runtime, tookMs);
  }

  #timekeeper(): Timekeeper {
    const { graceMs = 0, log } = this.#deps;
    return new Timekeeper({
      ...this.#deps,
      runner: this.#runner,
      graceMs,
      onFault: (fault) => log('a session could not be looked at; trying again', { fault }),
    });
  }

  /** Counts sessions that start, so that pools let them go first, and forgets sandboxes of which nothing is left. */
  #counted(perform: Perform): Perform {
    return async (session) => {
      const { state } = session;
      if (state.kind === 'creating' || state.kind === 'restarting') this.#cold.add(session.id);
      const outcome = await perform(session);
      this.#cold.delete(session.id);
      if (state.kind === 'ending' && state.files) this.#pools.forget(state.files.id);
      return outcome;
    };
  }

  #wake(sessionId: string): void {
    if (this.#stopping) return;
    this.#runner
      .apply(sessionId, { kind: 'wanted' })
      .then((applied) => applied.kind === 'ignored' && this.#runner.carryOn(sessionId))
      .catch((fault: unknown) => this.#stopping || this.#deps.log('a wake failed', { sessionId, fault }));
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
