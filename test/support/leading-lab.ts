// Controllers that lead one after another over one store that can be lost, one host's sandboxes and one hand-moved clock.
// Each lead has its own term, its own hold on the driver, and a store that refuses it once another leads.
import { memoryLeaderElection, memoryPreparation } from '../../adapters/memory/leader-election.ts';
import { fencedStore, preparedStore } from '../../adapters/memory/fenced.ts';
import { createSessionBus, tellingOfOpenings, type SessionBus } from '../../adapters/memory/session-bus.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import type { Driver } from '../../controller/driver.ts';
import {
  createLeading,
  createLeadingElsewhere,
  type Lead,
  type LeadingDeps,
} from '../../controller/leading.ts';
import type { OpenRegistry } from '../../controller/opened-registry.ts';
import type {
  CopiedResources,
  RestorableResources,
  StoredResource,
} from '../../controller/resource-store.ts';
import type { Leading } from '../../model/elector.ts';
import { PlatformError } from '../../model/errors.ts';
import { openSession, type OpenedSession } from '../../model/open-session.ts';
import type { DeployedRuntime } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { manualClock, settle } from './manual-clock.ts';
import { helloKey } from './controller-lab.ts';
import { ScriptedDriver } from './scripted-driver.ts';

/** Rows that are put whatever is expected; enough for one writer. */
class LabResources implements RestorableResources {
  rows: readonly StoredResource[] = [];
  counter = 0;

  async put({ kind, namespace, name, json }: StoredResource): Promise<{ resourceVersion: number }> {
    const others = this.rows.filter((row) => row.name !== name || row.kind !== kind);
    const resourceVersion = (this.counter += 1);
    this.rows = [...others, { kind, namespace, name, json, resourceVersion }];
    return { resourceVersion };
  }

  async remove({ name, kind }: { name: string; kind: string }): Promise<{ resourceVersion: number }> {
    this.rows = this.rows.filter((row) => row.name !== name || row.kind !== kind);
    return { resourceVersion: (this.counter += 1) };
  }

  async all() {
    return { resources: this.rows, resourceVersion: this.counter };
  }

  async restore(rows: readonly StoredResource[], counter: number): Promise<void> {
    [this.rows, this.counter] = [rows, counter];
  }
}

/** One program's hold on the host's driver: refused once it is closed. */
function held(driver: ScriptedDriver): Driver {
  let closed = false;
  const close = async (): Promise<void> => void (closed = true);
  const shut = (): never => {
    throw new PlatformError('SHUTTING_DOWN', 'the driver is closed');
  };
  return new Proxy<Driver>(driver, {
    get: (target, name) => {
      if (name === 'close') return close;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => (closed ? shut() : Reflect.apply(value, target, args));
    },
  });
}

/** What one program leads with, and what it was told. */
export interface Led {
  readonly leading: Leading;
  readonly lead: Lead;
}

export class LeadingLab {
  readonly clock = manualClock();
  readonly driver = new ScriptedDriver();
  /** While set, changes of sessions are told to nobody. */
  deaf = false;
  readonly bus: SessionBus = this.#makeBus();
  readonly election = memoryLeaderElection(this.clock);
  readonly preparation = memoryPreparation();
  resources = new LabResources();
  copied: CopiedResources | undefined;
  told: readonly DeployedRuntime[] = [];
  gaps = 0;
  stuck = 0;
  readonly ends: number[] = [];
  /** While set, nothing of the store answers; `after` answers nothing either, but does the work. */
  away: 'before' | 'after' | undefined;
  /** Which operation `away` is about; all of them where it is not set. */
  awayFor: keyof SessionStore | undefined;
  #inner = memorySessionStore();
  #next = 0;
  #prepared = false;

  constructor() {
    this.bus.onGap(() => (this.gaps += 1));
  }

  /** The store as programs see it that do not lead. */
  readonly store: SessionStore = tellingOfOpenings(
    preparedStore(this.#reached(), () => this.#prepared),
    this.bus,
  );

  readonly ids = { uuid: () => `id-${++this.#next}`, suffix: () => `s${++this.#next}` };

  /** Everything the store held is gone. */
  empty(): void {
    this.#inner = memorySessionStore();
    this.resources = new LabResources();
    this.election.forget();
    this.preparation.forget();
    this.#prepared = false;
    this.told = [];
  }

  /** Another program takes the lead over runtimes that are kept elsewhere; whoever led before is not told. */
  async leadElsewhere(openRegistry: OpenRegistry): Promise<Leading> {
    const { openResources: _resources, copy: _copy, ...deps } = this.#deps();
    const term = await this.#nextTerm();
    const leading = await createLeadingElsewhere({ ...deps, openRegistry, onLead: () => undefined })(term);
    await settle();
    return leading;
  }

  async #nextTerm(): Promise<number> {
    const holder = this.ids.uuid();
    const seenTerm = this.election.currentTerm('controller') ?? 0;
    await this.clock.advance(4_000);
    const bid = { role: 'controller', holder, url: '', ttlMs: 3_000, seenTerm, beats: 0 } as const;
    return (await this.election.bid(bid)).term;
  }

  /** Another program takes the lead; whoever led before is not told. */
  async lead(change: Partial<LeadingDeps> = {}): Promise<Led> {
    const term = await this.#nextTerm();
    let lead: Lead | undefined;
    const onLead = (one: Lead): void => void (lead = one);
    const leading = await createLeading({ ...this.#deps(), onLead, ...change })(term);
    await settle();
    if (!lead) throw new Error('nobody was told of the lead');
    return { leading, lead };
  }

  /** A session as an activator opens it, woken and running. */
  async open(): Promise<OpenedSession> {
    const runtimes = {
      find: (key: RuntimeKey) => this.told.find((one) => runtimeKeyText(one.key) === runtimeKeyText(key)),
    };
    const opened = await openSession(
      { store: this.store, runtimes, ids: this.ids },
      { runtime: helloKey, now: this.clock.now() },
    );
    this.bus.wake(opened.session.id);
    await settle();
    return opened;
  }

  async session(id: string): Promise<Session> {
    const record = await this.store.get(id);
    if (!record) throw new Error(`no session ${id}`);
    return record.session;
  }

  #deps(): Omit<LeadingDeps, 'onLead'> {
    const { bus, clock, ids } = this;
    const isCurrent = (term: number) => () => this.election.currentTerm('controller') === term;
    return {
      store: this.store,
      openStore: (term) => fencedStore(this.#reached(), isCurrent(term)),
      openResources: () => this.resources,
      openDriver: async () => held(this.driver),
      preparation: () => ({
        prepared: () => this.preparation.prepared(),
        markPrepared: async () => {
          await this.preparation.markPrepared();
          this.#prepared = true;
        },
      }),
      directory: () => ({ publish: async (runtimes) => void (this.told = runtimes) }),
      copy: { read: async () => this.copied, write: async (copied) => void (this.copied = copied) },
      ...{ feed: bus, wakeFeed: bus, recalls: bus, ids, clock },
      announceGap: () => bus.announceGap(),
      publish: (session) => bus.publish(session),
      graceMs: 3_000,
      leaseMs: 90_000,
      commandPatienceMs: 5_000,
      log: () => undefined,
      onEnd: (term) => void this.ends.push(term),
      stuck: () => void (this.stuck += 1),
    };
  }

  #makeBus(): SessionBus {
    const bus = createSessionBus((fault) => {
      throw fault as Error;
    });
    return { ...bus, publish: (session) => this.deaf || bus.publish(session) };
  }

  /** The store of this moment, behind a network that can be cut. */
  #reached(): SessionStore {
    const cut = new PlatformError('STORE_UNAVAILABLE', 'the store is away');
    return new Proxy({} as SessionStore, {
      ownKeys: () => Reflect.ownKeys(this.#inner),
      getOwnPropertyDescriptor: (_, name) => ({
        ...{ enumerable: true, configurable: true },
        value: this.#through(name, cut),
      }),
      get: (_, name) => this.#through(name, cut),
    });
  }

  #through(name: string | symbol, cut: PlatformError): unknown {
    return async (...args: readonly unknown[]): Promise<unknown> => {
      const isCut = this.awayFor === undefined || this.awayFor === name;
      if (isCut && this.away === 'before') throw cut;
      const operation = Reflect.get(this.#inner, name) as (...args: readonly unknown[]) => Promise<unknown>;
      const answer = await operation(...args);
      if (isCut && this.away === 'after') throw cut;
      return answer;
    };
  }
}
