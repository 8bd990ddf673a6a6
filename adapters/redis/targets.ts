// How large warm pools are to be: the leading autoscaler publishes it, controllers find it in memory.
// Does not own the decision (autoscaler/core). A runtime without a target keeps its own size.
import type { PoolTargets, PoolTargetWrites } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { ReaderOptions } from './directory.ts';
import type { Fence, RedisLink } from './link.ts';
import { readKey } from './messages.ts';
import { TableReader, tablePublisher } from './published.ts';

/** The writing end, for the leader of `fence`. */
export function redisPoolTargetWrites(link: RedisLink, fence: Fence): PoolTargetWrites {
  const publish = tablePublisher(link, fence, 'targets');
  return {
    publish: (targets) =>
      publish(new Map(targets.map(({ runtime, size }) => [JSON.stringify(runtime), String(size)]))),
  };
}

export interface RedisPoolTargets extends PoolTargets {
  /** Resolves when Redis has answered once. */
  start(): Promise<void>;
  stop(): void;
}

interface Target {
  readonly runtime: RuntimeKey;
  readonly size: number;
}
type Targets = ReadonlyMap<string, Target>;

const readTargets = (rows: ReadonlyMap<string, string>): Targets =>
  new Map(
    [...rows].flatMap(([text, size]) => {
      const runtime = readKey(text);
      return runtime && /^\d+$/.test(size)
        ? [[runtimeKeyText(runtime), { runtime, size: Number(size) }]]
        : [];
    }),
  );

const changedBetween = (before: Targets, after: Targets): readonly RuntimeKey[] =>
  [...new Map([...before, ...after])]
    .filter(([key]) => before.get(key)?.size !== after.get(key)?.size)
    .map(([, { runtime }]) => runtime);

/** The reading end. */
export function redisPoolTargets({ link, bus, onFault }: ReaderOptions): RedisPoolTargets {
  let targets: Targets = new Map();
  const listeners = new Set<(runtime: RuntimeKey) => void>();
  const onRows = (rows: ReadonlyMap<string, string>): void => {
    const before = targets;
    targets = readTargets(rows);
    for (const runtime of changedBetween(before, targets)) for (const tell of [...listeners]) tell(runtime);
  };
  const reader = new TableReader({ link, bus, table: 'targets', onRows, onFault });
  return {
    start: () => reader.start(),
    stop: () => reader.stop(),
    find: (runtime) => targets.get(runtimeKeyText(runtime))?.size,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
