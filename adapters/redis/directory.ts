// What is deployed: the leading controller publishes it, everybody else finds it in memory.
// Does not own the objects that users deployed (resources.ts). Invariant: as long as it is not known what is deployed,
// nothing is said to be not deployed.
import type { Cancel } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { DeployedRuntime, RuntimeDirectory, Runtimes } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { RedisBus } from './bus.ts';
import type { Fence, RedisLink } from './link.ts';
import { readRuntime } from './messages.ts';
import { tablePublisher, type Rows } from './published.ts';
import { TableReader } from './table-reader.ts';

/** The writing end, for the leader of `fence`. */
export function redisRuntimeDirectory(link: RedisLink, fence: Fence): RuntimeDirectory {
  const table = tablePublisher(link, fence, 'runtimes');
  return {
    publish: (runtimes) =>
      table.replace(
        new Map(runtimes.map((runtime) => [runtimeKeyText(runtime.key), JSON.stringify(runtime)])),
      ),
  };
}

export interface RedisRuntimes extends Runtimes {
  /** Throws STORE_UNAVAILABLE while no controller has ever told what is deployed. */
  find(...key: Parameters<Runtimes['find']>): DeployedRuntime | undefined;
  /** Resolves when Redis has answered once; call it before the first `find`. */
  start(): Promise<void>;
  /** Whether anybody has told yet what is deployed. */
  known(): boolean;
  /** Everything that is deployed; empty while nobody has told. */
  all(): readonly DeployedRuntime[];
  /** Told each time that it was told anew, or looked at again. */
  onRead(listener: () => void): Cancel;
  stop(): void;
}

export interface ReaderOptions {
  readonly link: RedisLink;
  readonly bus: Pick<RedisBus, 'onMessage' | 'onGap'>;
  readonly onFault: (fault: unknown) => void;
}

class KnownRuntimes implements RedisRuntimes {
  readonly #reader: TableReader;
  readonly #onFault: (fault: unknown) => void;
  readonly #runtimes = new Map<string, DeployedRuntime>();
  readonly #listeners = new Set<() => void>();
  #known = false;

  constructor({ link, bus, onFault }: ReaderOptions) {
    this.#onFault = onFault;
    const onRows = (changed: Rows, gone: readonly string[]): void => this.#take(changed, gone);
    this.#reader = new TableReader({ link, bus, table: 'runtimes', onRows, onFault });
  }

  start(): Promise<void> {
    return this.#reader.start();
  }

  stop(): void {
    this.#reader.stop();
  }

  known(): boolean {
    return this.#known;
  }

  all(): readonly DeployedRuntime[] {
    return [...this.#runtimes.values()];
  }

  onRead(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  find(key: RuntimeKey): DeployedRuntime | undefined {
    if (this.#known) return this.#runtimes.get(runtimeKeyText(key));
    throw new PlatformError(
      'STORE_UNAVAILABLE',
      'it is not known yet what is deployed; a controller has to tell',
      { reason: 'unprepared' },
    );
  }

  /** A runtime that did not change stays the same object. */
  #take(changed: Rows, gone: readonly string[]): void {
    const strange: string[] = [];
    for (const key of gone) this.#runtimes.delete(key);
    for (const [key, text] of changed) {
      const runtime = readRuntime(text);
      if (runtime) this.#runtimes.set(key, runtime);
      else this.#runtimes.delete(key);
      if (!runtime) strange.push(key);
    }
    if (strange.length > 0)
      this.#onFault(new Error(`not understood what is deployed as ${strange.join(', ')}`));
    this.#known = true;
    for (const tell of [...this.#listeners]) tell();
  }
}

/** The reading end. */
export const redisRuntimes = (options: ReaderOptions): RedisRuntimes => new KnownRuntimes(options);
