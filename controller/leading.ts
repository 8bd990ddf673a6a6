// What a controller does with the lead, from its first moment to its last: open the driver, bring the store and the sandboxes
// together, say that the store is prepared, tell everybody what is deployed, and keep sessions and pools until it ends.
// Does not own when to lead (model/elector.ts), what is wired to what (main.ts), nor HTTP.
// One term, one store: every write carries the term, so what an ended lead still has under way changes nothing.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Leading } from '../model/elector.ts';
import type { TriggerDirectory } from '../model/deployed-trigger.ts';
import type { DeliveryFeed } from '../model/delivery-watch.ts';
import type { DemandCounter } from '../model/demand-tally.ts';
import type { SupplyReports } from '../model/demand.ts';
import type { DeadLetters } from '../model/event-queue.ts';
import type { StorePreparation } from '../model/leader-election.ts';
import type { Ids } from '../model/open-session.ts';
import type {
  LeaseRecalls,
  PoolTargets,
  RuntimeDirectory,
  SessionFeed,
  WakeFeed,
} from '../model/platform.ts';
import type { SessionStore } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { Announcer } from './announcing.ts';
import type { ControlApiDeps } from './api/control-api.ts';
import { Controller } from './controller.ts';
import type { Driver } from './driver.ts';
import type { MeasuredStart } from './measured-driver.ts';
import type { Recovered } from './recovery.ts';
import {
  ownRegistry,
  type OpenedRegistry,
  type OpenRegistry,
  type OwnRegistryDeps,
} from './opened-registry.ts';
import type { Registry } from './registry.ts';
import type { TriggerRegistry } from './trigger-registry.ts';

/** What there is while this process leads. */
export interface Led {
  readonly term: number;
  /** For `createControlApi`. */
  readonly api: ControlApiDeps;
  readonly driver: Driver;
  readonly recovered: Recovered;
}

/** What the platform keeps itself. */
export interface Kept {
  readonly registry: Registry;
  readonly triggers: TriggerRegistry;
}

/** The same where the platform keeps the runtimes itself; for deploying a folder. */
export interface Lead extends Led, Kept {}

interface TermDeps {
  /** The store as every other program sees it: without fence, and refusing while it is not prepared. Not closed here. */
  readonly store: SessionStore;
  /** The store of one term: its writes are refused with NOT_LEADER once another leads. */
  readonly openStore: (term: number) => SessionStore;
  /** Waits for, or ends, whoever used the driver before. */
  readonly openDriver: () => Promise<Driver>;
  readonly preparation: (term: number) => StorePreparation;
  readonly directory: (term: number) => RuntimeDirectory;
  /** Absent where nobody takes events. */
  readonly triggerDirectory?: (term: number) => TriggerDirectory;
  readonly openRegistry: OpenRegistry;
  readonly feed: SessionFeed;
  readonly wakeFeed: WakeFeed;
  readonly recalls: LeaseRecalls;
  /** Tells everybody to look again: there is a new leader. */
  readonly announceGap: () => void;
  /** Absent where the store tells of what it stored by itself. */
  readonly publish?: (session: Session) => void;
  readonly targets?: PoolTargets;
  /** Whoever decides them hears how pools stand. */
  readonly supply?: SupplyReports;
  /** For the control API; absent where nobody takes events. */
  readonly deadLetters?: DeadLetters;
  /** For the control API as well. */
  readonly deliveries?: DeliveryFeed;
  /** Told of each session that the control API opens. */
  readonly demand?: DemandCounter;
  /** Told of each start of a sandbox that ended. */
  readonly onStart?: (start: MeasuredStart) => void;
  readonly ids: Ids;
  readonly clock: Clock;
  /** How long after its beginning nothing is paused or ended for being idle (ms): activators renew their leases first. */
  readonly graceMs: number;
  /** How long a lease of an activator may last (ms): a rebuilt session may be under one that nobody knows of any more. */
  readonly leaseMs: number;
  readonly commandPatienceMs: number;
  /** See ControllerDeps. */
  readonly startsElsewhere?: boolean;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Told when all is brought together and kept: from now on the control API may be served. */
  readonly onLead: (led: Led, kept: Partial<Kept>) => void;
  /** Told first of all when the lead ends: the control API may not be served any more. */
  readonly onEnd: (term: number) => void;
  /** The driver could not be closed in time: the process has to end at once, so that nothing of it takes effect. */
  readonly stuck: () => void;
}

/** Runtimes are kept in the platform's own store. */
export interface LeadingDeps
  extends Omit<TermDeps, 'openRegistry' | 'onLead'>, Pick<OwnRegistryDeps, 'openResources' | 'copy'> {
  readonly onLead: (lead: Lead) => void;
}

/** Runtimes are kept elsewhere, and deployed there. */
export interface LeadingElsewhereDeps extends Omit<TermDeps, 'onLead'> {
  readonly onLead: (led: Led) => void;
}

const lookAgainMs = 5_000;
const closePatienceMs = 1_500;

/** One lead. What it made is in its fields as soon as it is there, so that it can be ended from any point. */
class Term implements Leading {
  readonly #deps: TermDeps;
  readonly #term: number;
  #driver: Driver | undefined;
  #registry: OpenedRegistry | undefined;
  #controller: Controller | undefined;
  #stops: readonly Cancel[] = [];
  #served = false;

  constructor(deps: TermDeps, term: number) {
    this.#deps = deps;
    this.#term = term;
  }

  async begin(): Promise<void> {
    const { deps, term } = { deps: this.#deps, term: this.#term };
    const driver = await deps.openDriver();
    this.#driver = driver;
    const opened = await deps.openRegistry(driver, term);
    this.#registry = opened;
    const controller = this.#makeController(driver, opened);
    this.#controller = controller;
    const recovered = await controller.start();
    await this.#announce(opened);
    await deps.preparation(term).markPrepared();
    deps.announceGap();
    this.#served = true;
    const { runtimes, registry, triggerRegistry } = opened;
    const { wakes, commands } = controller;
    const pools = (): ReturnType<Controller['pools']> => controller.pools();
    const kept = { ...(registry && { registry }), ...(triggerRegistry && { triggers: triggerRegistry }) };
    const api = { ...deps, runtimes, wakes, commands, pools, driver, ...kept };
    deps.onLead({ term, api, driver, recovered }, kept);
  }

  /** Resolves when everybody can know what is deployed; what changes is told from now on. */
  async #announce({ deployments, triggers }: OpenedRegistry): Promise<void> {
    const { directory, triggerDirectory, clock, log } = this.#deps;
    const runtimesTo = directory(this.#term);
    const runtimes = new Announcer({
      ...{ clock, log },
      publish: () => runtimesTo.publish(deployments.all().map(({ runtime }) => runtime)),
      onChange: (listener) => deployments.onChange(listener),
    });
    this.#stops = [await runtimes.start()];
    const triggersTo = triggerDirectory?.(this.#term);
    if (!triggersTo || !triggers) return;
    const told = new Announcer({
      ...{ clock, log },
      publish: () => triggersTo.publish(triggers.all()),
      onChange: (listener) => triggers.onChange(listener),
    });
    this.#stops = [...this.#stops, await told.start()];
  }

  async end(): Promise<void> {
    if (this.#served) this.#deps.onEnd(this.#term);
    this.#served = false;
    for (const stop of this.#stops) stop();
    this.#controller?.resign();
    this.#registry?.close();
    await this.#closeDriver();
  }

  #makeController(driver: Driver, { deployments }: OpenedRegistry): Controller {
    const deps = this.#deps;
    return new Controller({
      ...deps,
      ...{ driver, deployments, lookAgainMs },
      store: deps.openStore(this.#term),
      view: deps.store,
      publish: deps.publish ?? (() => undefined),
    });
  }

  /** Sandboxes live on; what this process still asks of the driver afterwards is refused by it. */
  async #closeDriver(): Promise<void> {
    const { clock, log, stuck } = this.#deps;
    const driver = this.#driver;
    this.#driver = undefined;
    if (!driver) return;
    const late = Promise.withResolvers<'late'>();
    const cancel = clock.after(closePatienceMs, () => late.resolve('late'));
    const closed = driver.close().catch((fault: unknown) => {
      log('the driver could not be closed', { fault });
      return 'late' as const;
    });
    const how = await Promise.race([closed, late.promise]);
    cancel();
    if (how === 'late') stuck();
  }
}

/** What the elector calls with each new term. It rejects when leading could not begin; then nothing of it is left. */
type BeginLeading = (term: number) => Promise<Leading>;

const leadingOver =
  (deps: TermDeps): BeginLeading =>
  async (number) => {
    const term = new Term(deps, number);
    try {
      await term.begin();
    } catch (fault) {
      await term.end();
      throw fault;
    }
    return term;
  };

/** Leads over runtimes in the platform's own store. */
export const createLeading = (deps: LeadingDeps): BeginLeading =>
  leadingOver({
    ...deps,
    openRegistry: ownRegistry(deps),
    onLead: (led, { registry, triggers }) => {
      if (registry && triggers) deps.onLead({ ...led, registry, triggers });
    },
  });

/** Leads over runtimes that are deployed elsewhere, as their sandboxes are: on a cluster. */
export const createLeadingElsewhere = (deps: LeadingElsewhereDeps): BeginLeading =>
  leadingOver({ startsElsewhere: true, ...deps });
