// How large warm pools are to be: the leading autoscaler publishes it, controllers find it in memory.
// Does not own the decision (autoscaler/core). A runtime without a target keeps its own size.
import type { Cancel } from '../../model/clock.ts';
import type { PoolTarget, PoolTargets, PoolTargetWrites } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { ReaderOptions } from './directory.ts';
import type { Fence, RedisLink } from './link.ts';
import { readTarget } from './messages.ts';
import { tablePublisher, type Rows } from './published.ts';
import { TableReader } from './table-reader.ts';

/** The writing end, for the leader of `fence`. What `update` changes is in the message; `replace` makes everybody read all of it. */
export function redisPoolTargetWrites(link: RedisLink, fence: Fence): PoolTargetWrites {
  const table = tablePublisher(link, fence, 'targets');
  const rowsOf = (targets: readonly PoolTarget[]): Rows =>
    new Map(targets.map((target) => [runtimeKeyText(target.runtime), JSON.stringify(target)]));
  return {
    replace: (targets) => table.replace(rowsOf(targets)),
    update: (changed, gone) => table.update(rowsOf(changed), gone.map(runtimeKeyText)),
  };
}

export interface RedisPoolTargets extends PoolTargets {
  /** Resolves when Redis has answered once. */
  start(): Promise<void>;
  stop(): void;
}

class KnownTargets implements RedisPoolTargets {
  readonly #reader: TableReader;
  readonly #onFault: (fault: unknown) => void;
  /** By the name of the row, which programs of other versions may give otherwise. */
  readonly #rows = new Map<string, PoolTarget>();
  readonly #targets = new Map<string, PoolTarget>();
  readonly #listeners = new Set<(runtime: RuntimeKey) => void>();

  constructor({ link, bus, onFault }: ReaderOptions) {
    this.#onFault = onFault;
    const onRows = (changed: Rows, gone: readonly string[]): void => this.#take(changed, gone);
    this.#reader = new TableReader({ link, bus, table: 'targets', onRows, onFault });
  }

  start(): Promise<void> {
    return this.#reader.start();
  }

  stop(): void {
    this.#reader.stop();
  }

  find(runtime: RuntimeKey): PoolTarget | undefined {
    return this.#targets.get(runtimeKeyText(runtime));
  }

  onChange(listener: (runtime: RuntimeKey) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take(changed: Rows, gone: readonly string[]): void {
    const touched = new Map<string, RuntimeKey>();
    for (const row of [...gone, ...changed.keys()]) {
      const before = this.#rows.get(row);
      if (!before) continue;
      const key = runtimeKeyText(before.runtime);
      this.#rows.delete(row);
      this.#targets.delete(key);
      touched.set(key, before.runtime);
    }
    for (const [row, text] of changed) {
      const target = readTarget(text);
      if (!target) continue;
      const key = runtimeKeyText(target.runtime);
      this.#rows.set(row, target);
      this.#targets.set(key, target);
      touched.set(key, target.runtime);
    }
    for (const runtime of touched.values()) this.#tell(runtime);
  }

  /** A listener that throws does not keep the others from hearing. */
  #tell(runtime: RuntimeKey): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(runtime);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }
}

/** The reading end. */
export const redisPoolTargets = (options: ReaderOptions): RedisPoolTargets => new KnownTargets(options);
