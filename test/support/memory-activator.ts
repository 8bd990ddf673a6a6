// An activator around a memory store whose sessions a test moves by hand: it plays the controller and the sandboxes' owner.
// The sandboxes are real servers on unix sockets (scripted-sandbox.ts), and the activator's own server is a real one.
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  createActivator,
  type Activator,
  type ActivatorConfig,
  type ActivatorDeps,
} from '../../activator/activator.ts';
import { createActivatorServer } from '../../activator/server.ts';
import { createSessionBus, tellingOfOpenings, type SessionBus } from '../../adapters/memory/session-bus.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { systemIds } from '../../adapters/system/ids.ts';
import type { Clock } from '../../model/clock.ts';
import { dueAt } from '../../model/due.ts';
import type { DeployedRuntime, Thawer } from '../../model/platform.ts';
import { runtimeKeyText, type EntryPoint, type RuntimeKey, type SandboxRef } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import {
  step,
  type Session,
  type SessionEvent,
  type SessionPolicy,
  type SessionState,
} from '../../model/session.ts';

export const agent: RuntimeKey = { kind: 'AgentRuntime', namespace: 'default', name: 'echo' };
export const interpreter: RuntimeKey = { kind: 'CodeInterpreter', namespace: 'default', name: 'python' };

export const lenientPolicy: SessionPolicy = {
  pauseAfterMs: 30_000,
  suspendAfterMs: null,
  sessionTimeoutMs: 900_000,
  maxSessionDurationMs: 28_800_000,
};

export const generousLimits: ActivatorConfig = {
  maxConcurrentRequests: 1_000,
  maxWaitingPerSession: 1_000,
  maxWaitingPerRuntime: 2_000,
  maxWaiting: 4_000,
  wakeTimeoutMs: 120_000,
  leaseMs: 5_000,
};

/** What several activators have in common. */
export interface SharedStore {
  readonly store: SessionStore;
  readonly bus: SessionBus;
}

export function sharedStore(): SharedStore {
  const bus = createSessionBus((fault) => {
    throw fault as Error;
  });
  return { store: tellingOfOpenings(memorySessionStore(), bus), bus };
}

export interface MemoryActivatorOptions {
  readonly config?: Partial<ActivatorConfig>;
  readonly clock?: Clock;
  readonly signer?: ActivatorDeps['signer'];
  readonly warmPoolSize?: number;
  readonly thawer?: Thawer;
  /** Who asks callers who they are; by default nobody does. */
  readonly guard?: ActivatorDeps['guard'];
  /** Where events come in; by default there are no brokers. */
  readonly events?: ActivatorDeps['events'];
  /** One store and feed for several activators; by default each has its own. */
  readonly shared?: SharedStore;
  /** Something of the store that the test wants to be otherwise. */
  readonly store?: (store: SessionStore) => SessionStore;
  /** Something of the feed that the test wants to be otherwise. */
  readonly bus?: (bus: SessionBus) => SessionBus;
}

export class MemoryActivator {
  readonly store: SessionStore;
  readonly bus: SessionBus;
  readonly activator: Activator;
  readonly server: Server;
  readonly folder: string;
  readonly clock: Clock;
  /** Every wake that was asked for, in order. */
  readonly wakes: string[] = [];
  readonly logged: string[] = [];
  #nextSandbox = 1;

  private constructor(folder: string, options: MemoryActivatorOptions) {
    this.folder = folder;
    this.clock = options.clock ?? systemClock;
    const { store, bus } = options.shared ?? sharedStore();
    this.bus = options.bus?.(bus) ?? bus;
    this.store = options.store?.(store) ?? store;
    const runtimes = new Map(
      [agent, interpreter].map((key) => [runtimeKeyText(key), this.#deployed(key, options)]),
    );
    this.activator = createActivator(
      {
        store: this.store,
        runtimes: { find: (key) => runtimes.get(runtimeKeyText(key)) },
        wakes: {
          wake: (id) => {
            this.wakes.push(id);
            this.bus.wake(id);
          },
        },
        feed: this.bus,
        recalls: this.bus,
        ...(options.guard && { guard: options.guard }),
        ...(options.thawer && { thawer: options.thawer }),
        ...(options.events && { events: options.events }),
        ids: systemIds,
        clock: this.clock,
        signer: options.signer ?? { tokenFor: (id) => `token-of-${id}` },
        log: (message, fields) => this.logged.push(`${message} ${String(fields.fault)}`),
      },
      { ...generousLimits, ...options.config },
    );
    this.server = createActivatorServer(this.activator);
  }

  static async start(options: MemoryActivatorOptions = {}): Promise<MemoryActivator> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'activator-'));
    const started = new MemoryActivator(folder, options);
    await new Promise<void>((resolve) => started.server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  socketPath(name: string): string {
    return path.join(this.folder, `${name}-8080.sock`);
  }

  sandbox(entryPoints: readonly Partial<EntryPoint>[]): SandboxRef {
    const id = `sandbox-${this.#nextSandbox++}`;
    const doors = entryPoints.map((door) => ({ path: '', protocol: 'HTTP' as const, endpoint: '', ...door }));
    return { id, name: id, entryPoints: doors };
  }

  /** Stores a session that did not exist. */
  async session(id: string, state: SessionState, change: Partial<Session> = {}): Promise<Session> {
    const now = this.clock.now();
    const session: Session = {
      id,
      runtime: agent,
      revision: 'r1',
      labels: {},
      policy: lenientPolicy,
      createdAt: now,
      stateAt: now,
      generation: 1,
      version: 1,
      state,
      ...change,
    };
    await this.store.create(session, dueAt(session, now));
    return session;
  }

  /** Moves a session by an event of the session machine, stores it and tells the feed. Throws when the event is ignored. */
  async move(id: string, event: SessionEvent): Promise<Session> {
    const record = await this.store.get(id);
    if (!record) throw new Error(`no session ${id}`);
    const stepped = step(record.session, event, this.clock.now());
    if ('ignored' in stepped) throw new Error(`${event.kind} is ignored: ${stepped.ignored}`);
    await this.store.save(stepped.changed, null);
    this.bus.publish(stepped.changed);
    return stepped.changed;
  }

  /** From paused to running, as a controller does it. */
  async resume(id: string, sandbox: SandboxRef): Promise<void> {
    const { generation } = await this.move(id, { kind: 'wanted' });
    await this.move(id, { kind: 'resumed', generation, sandbox });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await this.activator.drain(0);
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  #deployed(key: RuntimeKey, { warmPoolSize = 0 }: MemoryActivatorOptions): DeployedRuntime {
    return { key, revision: 'r1', labels: {}, policy: lenientPolicy, warmPoolSize };
  }
}
