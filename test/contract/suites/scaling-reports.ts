// What every way of telling the autoscaler promises: a report arrives at everybody who listens, whole and as it was told,
// spans to a tenth of a millisecond.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type {
  DemandFeed,
  DemandReport,
  DemandReports,
  PoolSupply,
  RuntimeDemand,
  SupplyFeed,
  SupplyReport,
  SupplyReports,
} from '../../../model/demand.ts';
import type { RuntimeKey } from '../../../model/sandbox.ts';
import { until } from '../../support/until.ts';

export interface OpenReports {
  /** Where programs tell. */
  readonly demand: DemandReports;
  readonly supply: SupplyReports;
  /** Where an autoscaler listens, in another program where there are several. */
  readonly heard: DemandFeed & SupplyFeed;
  /** Resolves when every listener that was handed over is heard of. */
  readonly listening: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const keyOf = (name: string, namespace = 'default'): RuntimeKey => ({
  kind: 'AgentRuntime',
  namespace,
  name,
});
const demandOf = (name: string, arrivals = 1, namespace = 'default'): RuntimeDemand => ({
  runtime: keyOf(name, namespace),
  arrivals,
  coldStarts: 0,
  waitedMs: 12.5,
  served: 1,
  inFlight: 3,
});
const supplyOf = (name: string, change: Partial<PoolSupply> = {}): PoolSupply => ({
  runtime: keyOf(name),
  ready: 2,
  starting: 1,
  startUps: [1_500, 0.3],
  failures: 0,
  ...change,
});
const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** Registers the tests for one adapter; nobody listens yet to what `open` gives. */
export function scalingReportsContract(open: () => Promise<OpenReports>): void {
  let opened: OpenReports;
  let demands: DemandReport[];
  let supplies: SupplyReport[];
  beforeEach(async () => {
    [demands, supplies] = [[], []];
    opened = await open();
  });
  afterEach(() => opened.close());

  const hear = async () => {
    opened.heard.onDemand((report) => demands.push(report));
    opened.heard.onSupply((report) => supplies.push(report));
    await opened.listening();
  };

  describe('demand', () => {
    test('arrives as it was told, in the order of telling', async () => {
      await hear();
      const interpreter: RuntimeDemand = {
        runtime: { kind: 'CodeInterpreter', namespace: 'other', name: 'ö"\\\n' },
        ...{ arrivals: 7, coldStarts: 6, waitedMs: 0, served: 0, inFlight: 0 },
      };
      const told: DemandReport[] = [
        { from: 'one', demands: [demandOf('a'), demandOf('b', 2), interpreter] },
        { from: 'two', demands: [demandOf('a', 4)] },
        { from: 'one', demands: [] },
      ];
      for (const report of told) await opened.demand.report(report);
      await until(() => demands.length === told.length);
      expect(demands).toEqual(told);
    });

    test('of ten thousand runtimes is one report', async () => {
      await hear();
      const report = { from: 'one', demands: times(10_000, (n) => demandOf(`runtime-${n}`, n)) };
      await opened.demand.report(report);
      await until(() => demands.length > 0);
      expect(demands).toEqual([report]);
    });

    test('runtimes of one name in several namespaces stay apart', async () => {
      await hear();
      const spaces = ['x', 'y', 'z'].map((namespace, n) => demandOf('a', n, namespace));
      await opened.demand.report({ from: 'one', demands: spaces });
      await until(() => demands.length > 0);
      expect(demands[0]?.demands).toEqual(spaces);
    });

    test('reaches everybody who listens; who stopped hears nothing, and one that throws keeps nobody from hearing', async () => {
      opened.heard.onDemand(() => {
        throw new Error('fell over');
      });
      const stop = opened.heard.onDemand(() => demands.push({ from: 'stopped', demands: [] }));
      stop();
      await hear();
      await opened.demand.report({ from: 'one', demands: [] });
      await until(() => demands.length > 0);
      expect(demands).toEqual([{ from: 'one', demands: [] }]);
    });

    test('that nobody listens to is told without a fault', async () => {
      expect(await opened.demand.report({ from: 'one', demands: [demandOf('a')] })).toBeUndefined();
    });
  });

  describe('supply', () => {
    test('arrives as it was told, in the order of telling', async () => {
      await hear();
      const told: SupplyReport[] = [
        { from: 'c', nodes: 3, all: true, pools: [supplyOf('a'), supplyOf('b', { startUps: [] })] },
        { from: 'c', nodes: 3, all: false, pools: [supplyOf('a', { failures: 2, trouble: 'no "image"' })] },
        { from: 'c', nodes: 4, all: false, pools: [] },
        { from: 'd', nodes: 0, all: true, pools: [] },
      ];
      for (const report of told) await opened.supply.report(report);
      await until(() => supplies.length === told.length);
      expect(supplies).toEqual(told);
    });

    test('of all pools arrives as all pools, however many there are', async () => {
      await hear();
      const sizes = [999, 1_000, 1_001, 10_000];
      const told = sizes.map((size) => ({
        ...{ from: 'c', nodes: 1, all: true },
        pools: times(size, (n) => supplyOf(`runtime-${n}`, { ready: n })),
      }));
      for (const report of told) await opened.supply.report(report);
      await until(() => supplies.length === told.length);
      expect(supplies).toEqual(told);
    });

    test('of very many changed pools arrives, each once', async () => {
      await hear();
      const pools = times(2_500, (n) => supplyOf(`runtime-${n}`));
      await opened.supply.report({ from: 'c', nodes: 1, all: false, pools });
      await opened.supply.report({ from: 'c', nodes: 2, all: false, pools: [] });
      await until(() => supplies.at(-1)?.nodes === 2);
      expect(supplies.flatMap((report) => report.pools)).toEqual(pools);
      expect(supplies.some(({ all }) => all)).toBe(false);
    });
  });
}
