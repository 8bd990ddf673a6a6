// Demand and supply as texts: arrays, runtimes of one namespace together, so that ten thousand of them stay small.
// Programs of another version may be at work on the same Redis, so what is read is looked at: a text that is not what it should be
// answers undefined, a row that is not is left out, and what follows the cells that are known is not looked at.
import type { DemandReport, PoolSupply, RuntimeDemand } from '../../model/demand.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';

type Cells = readonly unknown[];

const listOf = (value: unknown): Cells => (Array.isArray(value) ? value : []);

const parsed = (text: string): Cells => {
  try {
    return listOf(JSON.parse(text));
  } catch {
    return [];
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isSpan = (value: unknown): value is number => Number.isFinite(value) && Number(value) >= 0;

/** Milliseconds to a tenth: what a clock says beyond that is longer than the rest of the row. */
const short = (ms: number): number => Math.round(ms * 10) / 10;

/** `[kind, namespace, [[name, …cells], …]]` for each namespace. */
function packed<T extends { readonly runtime: RuntimeKey }>(
  rows: readonly T[],
  cellsOf: (row: T) => Cells,
): Cells {
  const groups = new Map<string, [string, string, Cells[]]>();
  for (const row of rows) {
    const { kind, namespace, name } = row.runtime;
    const id = `${kind}/${namespace}`;
    const group = groups.get(id) ?? [kind, namespace, []];
    groups.set(id, group);
    group[2].push([name, ...cellsOf(row)]);
  }
  return [...groups.values()];
}

/** Rows of `packed` that `rowOf` understands. */
function unpacked<T>(groups: unknown, rowOf: (runtime: RuntimeKey, cells: Cells) => T | undefined): T[] {
  return listOf(groups).flatMap((group) => {
    const [kind, namespace, rows] = listOf(group);
    if ((kind !== 'AgentRuntime' && kind !== 'CodeInterpreter') || typeof namespace !== 'string') return [];
    return listOf(rows).flatMap((row) => {
      const [name, ...cells] = listOf(row);
      const read = typeof name === 'string' ? rowOf({ kind, namespace, name }, cells) : undefined;
      return read ? [read] : [];
    });
  });
}

/** What a program saw, for the channel `demand`. */
export const demandText = ({ from, demands }: DemandReport): string =>
  JSON.stringify([
    from,
    packed(demands, (row) => [row.arrivals, row.coldStarts, short(row.waitedMs), row.served, row.inFlight]),
  ]);

const demandOf = (runtime: RuntimeKey, cells: Cells): RuntimeDemand | undefined => {
  const [arrivals, coldStarts, waitedMs, served, inFlight] = cells;
  if (!isCount(arrivals) || !isCount(coldStarts) || !isSpan(waitedMs)) return undefined;
  if (!isCount(served) || !isCount(inFlight)) return undefined;
  return { runtime, arrivals, coldStarts, waitedMs, served, inFlight };
};

/** `demandText` read back. */
export const readDemand = (text: string): DemandReport | undefined => {
  const [from, groups] = parsed(text);
  return typeof from === 'string' && Array.isArray(groups)
    ? { from, demands: unpacked(groups, demandOf) }
    : undefined;
};

/** A part of a supply report. */
export interface SupplyPart {
  readonly from: string;
  readonly nodes: number;
  readonly all: boolean;
  /** Which report of this source, which part of it, counted from 0, and how many parts it has. */
  readonly report: number;
  readonly part: number;
  readonly parts: number;
  readonly pools: readonly PoolSupply[];
}

/** A part, for the channel `supply`. */
export const supplyText = ({ from, nodes, all, report, part, parts, pools }: SupplyPart): string =>
  JSON.stringify([
    from,
    nodes,
    all ? 1 : 0,
    report,
    part,
    parts,
    packed(pools, ({ ready, starting, startUps, failures, trouble }) => [
      ...[ready, starting, startUps.map(short), failures],
      ...(trouble === undefined ? [] : [trouble]),
    ]),
  ]);

const supplyOf = (runtime: RuntimeKey, cells: Cells): PoolSupply | undefined => {
  const [ready, starting, startUps, failures, trouble] = cells;
  if (!isCount(ready) || !isCount(starting) || !isCount(failures) || !Array.isArray(startUps))
    return undefined;
  return {
    ...{ runtime, ready, starting, startUps: startUps.filter(isSpan), failures },
    ...(typeof trouble === 'string' && { trouble }),
  };
};

/** `supplyText` read back. */
export const readSupply = (text: string): SupplyPart | undefined => {
  const [from, nodes, all, report, part, parts, groups] = parsed(text);
  if (typeof from !== 'string' || !isCount(nodes) || !Array.isArray(groups)) return undefined;
  if (!isCount(report) || !isCount(part) || !isCount(parts)) return undefined;
  return { from, nodes, all: all === 1, report, part, parts, pools: unpacked(groups, supplyOf) };
};
