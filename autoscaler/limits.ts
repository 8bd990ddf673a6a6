// From the settings of the budget, and how many machines there are, to the limits of this round.
// Does not own how a budget is shared (core/budget.ts).
import type { Limit, Limits } from './core/budget.ts';

/** Undefined or absent: no limit. Memory in bytes. */
export interface BudgetSettings {
  readonly platform?: Limit;
  /** For each machine that sandboxes are on; all of them together, for pools are not bound to a machine. */
  readonly perNode?: Limit;
  readonly perNamespace?: Limit;
  /** For some namespaces, instead of `perNamespace`. */
  readonly namespaces?: ReadonlyMap<string, Limit>;
}

/** The lesser of both, in each; `nodes` times the second. */
function both(one: Limit = {}, perNode: Limit = {}, nodes: number): Limit {
  const lesser = (total: number | undefined, each: number | undefined): number =>
    Math.min(total ?? Infinity, each === undefined ? Infinity : each * nodes);
  return {
    idle: lesser(one.idle, perNode.idle),
    memoryBytes: lesser(one.memoryBytes, perNode.memoryBytes),
  };
}

const isNone = ({ idle = Infinity, memoryBytes = Infinity }: Limit): boolean =>
  idle === Infinity && memoryBytes === Infinity;

/** One limit as people are shown it; `namespace`: absent for all together, * for each that has none of its own. */
export interface LimitRow {
  readonly namespace?: string;
  readonly sandboxes?: number;
  readonly memoryBytes?: number;
}

/** No row where nothing is limited. */
function rowOf({ idle = Infinity, memoryBytes = Infinity }: Limit, namespace?: string): LimitRow[] {
  if (idle === Infinity && memoryBytes === Infinity) return [];
  return [
    {
      ...(namespace !== undefined && { namespace }),
      ...(idle < Infinity && { sandboxes: idle }),
      ...(memoryBytes < Infinity && { memoryBytes }),
    },
  ];
}

/** Every limit, for people. */
export const limitRows = ({ platform, perNamespace, namespaces }: Limits = {}): readonly LimitRow[] => [
  ...rowOf(platform ?? {}),
  ...rowOf(perNamespace ?? {}, '*'),
  ...[...(namespaces ?? [])].flatMap(([namespace, limit]) => rowOf(limit, namespace)),
];

/** Undefined when nothing is limited. */
export function limitsOn(settings: BudgetSettings, nodes: number): Limits | undefined {
  const { perNamespace = {}, namespaces = new Map<string, Limit>() } = settings;
  const platform = both(settings.platform, settings.perNode, nodes);
  if ([platform, perNamespace, ...namespaces.values()].every(isNone)) return undefined;
  return { platform, perNamespace, namespaces };
}
