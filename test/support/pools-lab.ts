// Warm pools of several runtimes on a memory store, a hand-moved clock, and a driver whose starts and stops take their time.
// Their sizes are decided by the test.
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import type { Deployment, Deployments, PoolStatus } from '../../controller/deployments.ts';
import { Pools, type PoolsDeps } from '../../controller/pools.ts';
import type { PoolStand } from '../../controller/supply-reporter.ts';
import { dueAt } from '../../model/due.ts';
import type { DeployedRuntime, PoolTarget, PoolTargets } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey, type SandboxRef } from '../../model/sandbox.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import type { Workload } from '../../model/workload.ts';
import { manualClock, type ManualClock } from './manual-clock.ts';
import { ScriptedDriver } from './scripted-driver.ts';
import { sessionIn } from './sessions.ts';

export const keyOf = (name: string): RuntimeKey => ({ kind: 'CodeInterpreter', namespace: 'default', name });

/** Each start takes `startMs`, each stop `stopMs`. */
class SlowDriver extends ScriptedDriver {
  startMs = 1_000;
  stopMs = 0;
  /** Runtimes whose start-ups take other times, by name (ms). */
  readonly slow = new Map<string, number>();
  /** Names of the runtimes whose sandboxes are being started. */
  readonly starting: string[] = [];
  stopping = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    super();
    this.#clock = clock;
  }

  override async start(spec: SandboxSpec): Promise<SandboxRef> {
    const { name } = spec.workload;
    this.starting.push(name);
    await this.#wait(this.slow.get(name) ?? this.startMs);
    this.starting.splice(this.starting.indexOf(name), 1);
    return super.start(spec);
  }

  override async stop(id: string, files: 'remove' | 'keep-files'): Promise<void> {
    this.stopping += 1;
    if (this.stopMs > 0) await this.#wait(this.stopMs);
    this.stopping -= 1;
    return super.stop(id, files);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, () => resolve()));
  }
}

export class PoolsLab {
  readonly clock = manualClock();
  readonly driver = new SlowDriver(this.clock);
  readonly store: SessionStore;
  readonly pools: Pools;
  /** Every operation of the store that was asked for. */
  readonly asked: string[] = [];
  storeAway: Error | undefined;
  coldStarts = 0;
  readonly claimed: string[] = [];
  readonly statuses: (PoolStatus & { readonly name: string })[] = [];
  readonly stands: PoolStand[] = [];
  readonly #inner = memorySessionStore();
  readonly #deployed = new Map<string, Deployment>();
  readonly #targets = new Map<string, PoolTarget>();
  #next = 0;

  constructor(change: Partial<PoolsDeps> = {}) {
    this.store = this.#watched();
    this.pools = new Pools({
      ...{ store: this.store, driver: this.driver, clock: this.clock },
      ...{ deployments: this.#deployments(), targets: this.#poolTargets() },
      ids: { uuid: () => `id-${++this.#next}`, suffix: () => `s${++this.#next}` },
      coldStarts: () => this.coldStarts,
      onClaimed: (session) => this.claimed.push(session.id),
      onStanding: (stand) => this.stands.push(stand),
      log: () => undefined,
      ...change,
    });
  }

  deploy(name: string, warmPoolSize: number, revision = 'r1'): void {
    const key = keyOf(name);
    const policy = { pauseAfterMs: null, suspendAfterMs: null, sessionTimeoutMs: 1, maxSessionDurationMs: 1 };
    this.#deployed.set(runtimeKeyText(key), {
      runtime: { key, revision, labels: {}, policy, warmPoolSize },
      workload: { ...key } as unknown as Workload,
    });
    this.pools.look(key);
  }

  undeploy(name: string): void {
    this.#deployed.delete(runtimeKeyText(keyOf(name)));
    this.pools.look(keyOf(name));
  }

  /** Somebody decides a size, or nobody does any more. */
  target(name: string, size: number | undefined, change: Partial<PoolTarget> = {}): void {
    const text = runtimeKeyText(keyOf(name));
    if (size === undefined) this.#targets.delete(text);
    else this.#targets.set(text, { runtime: keyOf(name), size, ...change });
    this.pools.look(keyOf(name));
  }

  /** A session takes a warm sandbox; `heard`: the news of it arrives. */
  async claim(name: string, heard = true): Promise<Session | 'empty' | 'exists'> {
    const key = keyOf(name);
    const revision = this.#deployed.get(runtimeKeyText(key))?.runtime.revision ?? '';
    const bind = (sandbox: SandboxRef) => {
      const session = sessionIn(
        { kind: 'paused', sandbox, claimed: true },
        { id: `of-${sandbox.id}`, runtime: key },
      );
      return { session, dueAt: dueAt(session, 0) };
    };
    const session = await this.#inner.claim(key, revision, bind);
    if (typeof session === 'object' && heard && 'sandbox' in session.state) {
      this.pools.forget(session.state.sandbox.id);
      this.pools.look(key);
    }
    return session;
  }

  /** How many wait in the store's pool. */
  async waiting(name: string): Promise<number> {
    return (await this.#inner.entries()).filter(({ runtime }) => runtime.name === name).length;
  }

  startingOf(name: string): number {
    return this.driver.starting.filter((one) => one === name).length;
  }

  runtime(name: string): DeployedRuntime {
    const deployed = this.#deployed.get(runtimeKeyText(keyOf(name)));
    if (!deployed) throw new Error(`no runtime ${name}`);
    return deployed.runtime;
  }

  /** What was told last of a runtime's pool. */
  status(name: string): PoolStatus | undefined {
    const told = this.statuses.findLast((one) => one.name === name);
    if (!told) return undefined;
    const { name: _, ...status } = told;
    return status;
  }

  #deployments(): Deployments {
    return {
      find: (key) => this.#deployed.get(runtimeKeyText(key)),
      all: () => [...this.#deployed.values()],
      onChange: () => () => undefined,
      reportPool: ({ name }, status) => void this.statuses.push({ name, ...status }),
    };
  }

  #poolTargets(): PoolTargets {
    return {
      find: (key) => this.#targets.get(runtimeKeyText(key)),
      onChange: () => () => undefined,
    };
  }

  #watched(): SessionStore {
    return new Proxy(this.#inner, {
      get: (target, name) => {
        const operation: unknown = Reflect.get(target, name);
        if (typeof operation !== 'function') return operation;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          this.asked.push(String(name));
          if (this.storeAway) throw this.storeAway;
          return Reflect.apply(operation, target, args) as unknown;
        };
      },
    });
  }
}
