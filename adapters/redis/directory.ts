// What is deployed: the leading controller publishes it, everybody else finds it in memory.
// Does not own the objects that users deployed (resources.ts). Invariant: as long as it is not known what is deployed,
// nothing is said to be not deployed.
import type { Cancel } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { DeployedRuntime, RuntimeDirectory, Runtimes } from '../../model/platform.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { RedisBus } from './bus.ts';
import type { Fence, RedisLink } from './link.ts';
import { readRuntime } from './messages.ts';
import { TableReader, tablePublisher } from './published.ts';

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
  /** Told each time that the table was read. */
  onRead(listener: () => void): Cancel;
  stop(): void;
}

export interface ReaderOptions {
  readonly link: RedisLink;
  readonly bus: Pick<RedisBus, 'onMessage' | 'onGap'>;
  readonly onFault: (fault: unknown) => void;
}

/** The reading end. */
export function redisRuntimes({ link, bus, onFault }: ReaderOptions): RedisRuntimes {
  let runtimes: ReadonlyMap<string, DeployedRuntime> | undefined;
  const listeners = new Set<() => void>();
  const onRows = (rows: ReadonlyMap<string, string>): void => {
    const read = [...rows].map(([key, text]) => [key, readRuntime(text)] as const);
    const strange = read.filter(([, runtime]) => !runtime).map(([key]) => key);
    if (strange.length > 0) onFault(new Error(`not understood what is deployed as ${strange.join(', ')}`));
    runtimes = new Map(read.flatMap(([key, runtime]) => (runtime ? [[key, runtime]] : [])));
    for (const tell of [...listeners]) tell();
  };
  const reader = new TableReader({ link, bus, table: 'runtimes', onRows, onFault });
  return {
    start: () => reader.start(),
    stop: () => reader.stop(),
    known: () => runtimes !== undefined,
    all: () => [...(runtimes?.values() ?? [])],
    onRead(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    find(key) {
      if (runtimes) return runtimes.get(runtimeKeyText(key));
      throw new PlatformError(
        'STORE_UNAVAILABLE',
        'it is not known yet what is deployed; a controller has to tell',
        { reason: 'unprepared' },
      );
    },
  };
}
