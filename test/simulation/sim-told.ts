// What one program knows of what the leaders tell: read at the start, on a message, and after a gap; tried again until it is read.
import type { Cancel } from '../../model/clock.ts';
import type { DeployedRuntime, PoolTarget, PoolTargets, Runtimes } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { SimBus } from './sim-bus.ts';
import type { SimProcess } from './sim-process.ts';
import type { StoreServer } from './store-server.ts';
import type { Wire } from './wire.ts';

const retryMs = 500;

export interface ToldDeps {
  readonly process: SimProcess;
  readonly bus: SimBus;
  readonly wire: Wire;
  readonly server: StoreServer;
}

/** A list that the store keeps, as it was when it was last read. */
class Told<T> {
  read: readonly T[] | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #fetch: () => Promise<readonly T[]>;
  readonly #process: SimProcess;
  #reading = false;
  #again = false;

  constructor({ process, bus, wire }: ToldDeps, channel: 'runtimes' | 'targets', fetch: () => readonly T[]) {
    this.#process = process;
    this.#fetch = () => wire.call(channel, async () => fetch());
    bus.on(channel, () => this.#look());
    bus.onGap(() => this.#look());
    this.#look();
  }

  onRead(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #look(): void {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#again = false;
    void this.#fetch()
      .then(
        (read) => this.#took(read),
        () => void this.#process.later(retryMs, () => this.#look()),
      )
      .finally(() => {
        this.#reading = false;
        if (this.#again) this.#look();
      });
  }

  #took(read: readonly T[]): void {
    // What is empty was not told yet, or is gone with the store: the leader tells it anew.
    if (read.length === 0) return;
    this.read = read;
    for (const listener of [...this.#listeners]) listener();
  }
}

export class ToldRuntimes implements Runtimes {
  readonly #told: Told<DeployedRuntime>;

  constructor(deps: ToldDeps) {
    this.#told = new Told(deps, 'runtimes', () => deps.server.shelf.runtimes);
  }

  find(key: RuntimeKey): DeployedRuntime | undefined {
    const text = runtimeKeyText(key);
    return this.#told.read?.find((one) => runtimeKeyText(one.key) === text);
  }

  known(): boolean {
    return this.#told.read !== undefined;
  }

  all(): readonly DeployedRuntime[] {
    return this.#told.read ?? [];
  }

  onRead(listener: () => void): Cancel {
    return this.#told.onRead(listener);
  }
}

export class ToldTargets implements PoolTargets {
  readonly #told: Told<PoolTarget>;

  constructor(deps: ToldDeps) {
    this.#told = new Told(deps, 'targets', () => deps.server.shelf.targets);
  }

  find(runtime: RuntimeKey): PoolTarget | undefined {
    const text = runtimeKeyText(runtime);
    return this.#told.read?.find((one) => runtimeKeyText(one.runtime) === text);
  }

  onChange(listener: (runtime: RuntimeKey) => void): Cancel {
    return this.#told.onRead(() => {
      for (const { runtime } of this.#told.read ?? []) listener(runtime);
    });
  }
}
