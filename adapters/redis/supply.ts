// How pools stand, on its way from the leading controller to every autoscaler: messages of a bounded size.
// A report of all pools that takes several messages is put together again; of one that lost some of them the rest is told as what
// changed, so that nothing is taken for empty that was only not heard of. Nothing is kept.
import type { Cancel } from '../../model/clock.ts';
import type { PoolSupply, SupplyFeed, SupplyReport, SupplyReports } from '../../model/demand.ts';
import type { ScalingWire } from './demand.ts';
import { readSupply, supplyText, type SupplyPart } from './report-texts.ts';
import { reportSender } from './reports.ts';
import { understanding } from './understanding.ts';

/** Pools in one message at most: about 50 kB. */
const POOLS_AT_ONCE = 1_000;

function partsOf(report: SupplyReport, number: number): readonly SupplyPart[] {
  const parts = Math.max(1, Math.ceil(report.pools.length / POOLS_AT_ONCE));
  return Array.from({ length: parts }, (_, part) => ({
    ...report,
    ...{ report: number, part, parts },
    pools: report.pools.slice(part * POOLS_AT_ONCE, (part + 1) * POOLS_AT_ONCE),
  }));
}

/** Puts parts together. One report is awaited at a time: only one controller leads. */
class Assembly {
  readonly #listener: (report: SupplyReport) => void;
  #last: SupplyPart | undefined;
  #pools: PoolSupply[] = [];

  constructor(listener: (report: SupplyReport) => void) {
    this.#listener = listener;
  }

  take(part: SupplyPart): void {
    if (!this.#continues(part)) this.#giveUp();
    if (!part.all || (part.part > 0 && !this.#last)) return this.#tell(part, part.pools, false);
    this.#last = part;
    this.#pools.push(...part.pools);
    if (part.part + 1 >= part.parts) this.#done(part);
  }

  #continues({ from, all, report, part, parts }: SupplyPart): boolean {
    const last = this.#last;
    if (!last || !all) return false;
    return last.from === from && last.report === report && last.parts === parts && last.part + 1 === part;
  }

  /** What is missing will not come any more: messages keep their order. */
  #giveUp(): void {
    const [last, pools] = [this.#last, this.#pools];
    this.#forget();
    if (last) this.#tell(last, pools, false);
  }

  #done(part: SupplyPart): void {
    const pools = this.#pools;
    this.#forget();
    this.#tell(part, pools, true);
  }

  #forget(): void {
    this.#last = undefined;
    this.#pools = [];
  }

  #tell({ from, nodes }: SupplyPart, pools: readonly PoolSupply[], all: boolean): void {
    this.#listener({ from, nodes, all, pools });
  }
}

/** Both ends; only who listens subscribes. */
export function redisSupply({ link, bus, onFault }: ScalingWire): SupplyReports & SupplyFeed {
  const send = reportSender(link, 'supply');
  let reports = 0;
  return {
    report: (report) => send(partsOf(report, (reports += 1)).map(supplyText)),
    onSupply(listener: (report: SupplyReport) => void): Cancel {
      const read = understanding('supply', readSupply, onFault);
      const assembly = new Assembly(listener);
      return bus.onMessage('supply', (text) => {
        const part = read(text);
        if (part) assembly.take(part);
      });
    },
  };
}
