// Everything around one autoscaler, with the hands of the test in it: what is deployed, what is reported, what it publishes.
import { Autoscaler } from '../../autoscaler/autoscaler.ts';
import type { Lead } from '../../autoscaler/leading.ts';
import type { BudgetSettings } from '../../autoscaler/limits.ts';
import type { ScalingMode } from '../../autoscaler/sized.ts';
import type { DemandReport, SupplyReport } from '../../model/demand.ts';
import type { DeployedRuntime, PoolTarget, PoolTargetWrites } from '../../model/platform.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { noMaximum, type Scaling, type TargetPolicy } from '../../model/scaling.ts';
import { manualClock, settle } from './manual-clock.ts';

export const keyOf = (name: string, namespace = 'default'): RuntimeKey => ({
  kind: 'AgentRuntime',
  namespace,
  name,
});

/** A runtime of which nothing is decided but its `warmPoolSize`. */
export const plain = (name: string, warmPoolSize: number, namespace?: string): DeployedRuntime => ({
  key: keyOf(name, namespace),
  revision: 'r1',
  labels: {},
  policy: { pauseAfterMs: null, suspendAfterMs: null, sessionTimeoutMs: 1_000, maxSessionDurationMs: 1_000 },
  warmPoolSize,
});

/** A runtime of class `target` at 99 %. */
export const sized = (
  name: string,
  policy: Partial<TargetPolicy> = {},
  {
    warmPoolSize = 0,
    namespace,
    ...scaling
  }: Partial<Scaling> & Partial<DeployedRuntime> & { namespace?: string } = {},
): DeployedRuntime => ({
  ...plain(name, warmPoolSize, namespace),
  scaling: {
    policy: { class: 'target', warmStarts: 0.99, min: 0, max: noMaximum, ...policy },
    schedule: scaling.schedule ?? [],
    dryRun: scaling.dryRun ?? false,
  },
});

export interface ScalerLabOptions {
  readonly mode?: ScalingMode;
  readonly budget?: BudgetSettings;
  /** What is answered whenever the memory is asked. */
  readonly memoryFault?: Error;
}

export class ScalerLab {
  readonly clock = manualClock();
  /** `term all: name=size …` of each replacement that the store took, `term: name=size … -name …` of each update. */
  readonly told: string[] = [];
  readonly targets = new Map<string, PoolTarget>();
  readonly rows: Map<string, string>;
  readonly logged: string[] = [];
  fault: Error | undefined;
  memoryFault: Error | undefined;
  readonly #autoscaler: Autoscaler;
  readonly #listeners = { read: new Set<() => void>(), gap: new Set<() => void>() };
  readonly #demand = new Set<(report: DemandReport) => void>();
  readonly #supply = new Set<(report: SupplyReport) => void>();
  #runtimes: readonly DeployedRuntime[] | undefined;
  #held: Promise<void> | undefined;

  constructor(
    rows: ReadonlyMap<string, string>,
    { mode = 'on', budget = {}, memoryFault }: ScalerLabOptions,
  ) {
    this.rows = new Map(rows);
    this.memoryFault = memoryFault;
    this.#autoscaler = new Autoscaler({
      ...{ mode, budget, clock: this.clock, ...this.#ports() },
      log: (message) => void this.logged.push(message),
    });
    this.#autoscaler.start();
  }

  lead(term: number): Promise<Lead> {
    const lead = this.#autoscaler.lead(term);
    return settle().then(() => lead);
  }

  async deploy(...runtimes: readonly DeployedRuntime[]): Promise<void> {
    this.#runtimes = runtimes;
    for (const tell of this.#listeners.read) tell();
    await settle();
  }

  async gap(): Promise<void> {
    for (const tell of this.#listeners.gap) tell();
    await settle();
  }

  /** All pools: how many are ready in each. */
  async stands(ready: Readonly<Record<string, number>>): Promise<void> {
    const pools = Object.entries(ready).map(([name, count]) => ({
      ...{ runtime: keyOf(name), ready: count, starting: 0, startUps: [], failures: 0 },
    }));
    for (const tell of this.#supply) tell({ from: 'controller', nodes: 1, all: true, pools });
    await settle();
  }

  /** New sessions since the last report. */
  async came(
    arrivals: Readonly<Record<string, number>>,
    { coldStarts = 0, from = 'activator' } = {},
  ): Promise<void> {
    const demands = Object.entries(arrivals).map(([name, count]) => ({
      ...{ runtime: keyOf(name), arrivals: count, coldStarts, waitedMs: 0, served: 0, inFlight: 0 },
    }));
    for (const tell of this.#demand) tell({ from, demands });
    await settle();
  }

  seconds(count: number): Promise<void> {
    return this.clock.advance(count * 1_000);
  }

  /** Publications take until they are let go. */
  hold(): { letGo(): Promise<void> } {
    const held = Promise.withResolvers<void>();
    this.#held = held.promise;
    return {
      letGo: async () => {
        this.#held = undefined;
        held.resolve();
        await settle();
      },
    };
  }

  /** What is published now. */
  sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.targets.values()].map(({ runtime, size }) => [runtime.name, size]));
  }

  #ports() {
    const listen = <T>(listeners: Set<T>, listener: T) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    return {
      runtimes: {
        known: () => this.#runtimes !== undefined,
        all: () => this.#runtimes ?? [],
        onRead: (listener: () => void) => listen(this.#listeners.read, listener),
      },
      demand: { onDemand: (listener: (report: DemandReport) => void) => listen(this.#demand, listener) },
      supply: { onSupply: (listener: (report: SupplyReport) => void) => listen(this.#supply, listener) },
      onGap: (listener: () => void) => listen(this.#listeners.gap, listener),
      openTargets: (term: number) => this.#writes(term),
      ...this.#memory(),
    };
  }

  #memory() {
    const reached = (): void => {
      if (this.memoryFault) throw this.memoryFault;
    };
    const save = async (changed: ReadonlyMap<string, string>, gone: readonly string[]): Promise<void> => {
      reached();
      for (const [text, row] of changed) this.rows.set(text, row);
      for (const text of gone) this.rows.delete(text);
    };
    const load = async (): Promise<ReadonlyMap<string, string>> => {
      reached();
      return new Map(this.rows);
    };
    return { memory: { load }, openMemory: () => ({ save }) };
  }

  #writes(term: number): PoolTargetWrites {
    const reached = async (): Promise<void> => {
      await this.#held;
      await Promise.resolve();
      if (this.fault) throw this.fault;
    };
    return {
      replace: async (targets) => {
        await reached();
        this.targets.clear();
        this.#take(`${term} all:`, targets, []);
      },
      update: async (changed, gone) => {
        await reached();
        this.#take(`${term}:`, changed, gone);
      },
    };
  }

  #take(how: string, changed: readonly PoolTarget[], gone: readonly RuntimeKey[]): void {
    for (const target of changed) this.targets.set(target.runtime.name, target);
    for (const { name } of gone) this.targets.delete(name);
    const words = changed.map(({ runtime, size }) => `${runtime.name}=${size}`);
    this.told.push([how, ...words, ...gone.map(({ name }) => `-${name}`)].join(' '));
  }
}

/** `rows`: what scalers have learned earlier. */
export const scalerLab = (
  rows: ReadonlyMap<string, string> = new Map(),
  options: ScalerLabOptions = {},
): ScalerLab => new ScalerLab(rows, options);
