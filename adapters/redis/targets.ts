// How large warm pools are to be: the leading autoscaler publishes it, controllers find it in memory.
// Does not own the decision (autoscaler/core). A runtime without a target keeps its own size.
import type { PoolTarget, PoolTargets, PoolTargetWrites } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { ReaderOptions } from './directory.ts';
import type { Fence, RedisLink } from './link.ts';
import { readTarget } from './messages.ts';
import { TableReader, tablePublisher } from './published.ts';

/** The writing end, for the leader of `fence`. */
export function redisPoolTargetWrites(link: RedisLink, fence: Fence): PoolTargetWrites {
  const table = tablePublisher(link, fence, 'targets');
  const rowOf = (target: PoolTarget): [string, string] => [
    JSON.stringify(target.runtime),
    JSON.stringify(target),
  ];
  return {
    replace: (targets) => table.replace(new Map(targets.map(rowOf))),
    update: (changed, gone) =>
      table.update(
        new Map(changed.map(rowOf)),
        gone.map((key) => JSON.stringify(key)),
      ),
  };
}

export interface RedisPoolTargets extends PoolTargets {
  /** Resolves when Redis has answered once. */
  start(): Promise<void>;
  stop(): void;
}

type Targets = ReadonlyMap<string, PoolTarget>;

const readTargets = (rows: ReadonlyMap<string, string>): Targets =>
  new Map(
    [...rows].flatMap(([, text]) => {
      const target = readTarget(text);
      return target ? [[runtimeKeyText(target.runtime), target]] : [];
    }),
  );

const changedBetween = (before: Targets, after: Targets): readonly RuntimeKey[] =>
  [...new Map([...before, ...after])]
    .filter(([key]) => JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key)))
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
    find: (runtime) => targets.get(runtimeKeyText(runtime)),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
