// Owns: the words for what this host does not give. Pure.
import type { Controller } from './cgroup-plan.ts';
import type { Detected } from './detect.ts';

export interface HostFacts {
  readonly detected: Detected;
  /** Undefined when no cgroup can be made. */
  readonly controllers: ReadonlySet<Controller> | undefined;
  readonly canFreeze: boolean;
  readonly hasSwap: boolean;
}

const limitNames = { memory: 'memory', cpu: 'CPU', pids: 'process' } as const;

/** One sentence per missing thing, the gravest first. */
export function lacksOf({ detected, controllers, canFreeze, hasSwap }: HostFacts): string[] {
  const missing = (['memory', 'cpu', 'pids'] as const).filter((name) => !controllers?.has(name));
  const because =
    controllers === undefined ? 'no cgroup can be made here' : 'this host does not delegate that controller';
  return [
    ...detected.refused,
    ...detected.tier.lacks,
    ...missing.map((name) => `no ${limitNames[name]} limit: ${because}`),
    ...(canFreeze ? [] : ['no freezer: pausing stops processes one by one']),
    ...(hasSwap ? [] : ['no swap: a paused sandbox keeps its memory in RAM']),
    'no disk quota',
  ];
}
