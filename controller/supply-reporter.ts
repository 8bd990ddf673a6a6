// Tells the autoscaler how pools stand and what start-ups are like: what changed soon, everything now and then.
// Does not own pools (pools.ts), measuring (measured-driver.ts), nor how a report travels (the port SupplyReports).
import type { Cancel, Clock } from '../model/clock.ts';
import type { PoolSupply, SupplyReports } from '../model/demand.ts';
import { Paced } from '../model/paced.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';

export interface SupplyReporterDeps {
  readonly reports: SupplyReports;
  /** Which run of which program this is; no other ever has the same. */
  readonly from: string;
  readonly clock: Pick<Clock, 'monotonic' | 'after' | 'every'>;
  /** Machines that sandboxes are on, at this moment. */
  readonly nodes: () => number;
  readonly log?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How a pool stands, without what start-ups were like. */
export type PoolStand = Pick<PoolSupply, 'runtime' | 'ready' | 'starting' | 'trouble'>;

const reportMs = 250;
const againMs = 1_000;
/** Whoever has just begun to listen knows everything after so long (ms). */
const allMs = 10_000;

interface Standing {
  stand: PoolStand;
  startUps: number[];
  failures: number;
}

const isEmpty = ({ stand, startUps, failures }: Standing): boolean =>
  stand.ready === 0 &&
  stand.starting === 0 &&
  stand.trouble === undefined &&
  startUps.length === 0 &&
  failures === 0;

const isSame = (one: PoolStand, other: PoolStand): boolean =>
  one.ready === other.ready && one.starting === other.starting && one.trouble === other.trouble;

export class SupplyReporter {
  readonly #deps: SupplyReporterDeps;
  readonly #paced: Paced;
  readonly #standings = new Map<string, Standing>();
  /** Pools that changed since they were told of. */
  readonly #changed = new Set<string>();
  #all = true;
  #stopTelling: Cancel = () => undefined;
  #failing = false;

  constructor(deps: SupplyReporterDeps) {
    this.#deps = deps;
    this.#paced = new Paced({
      ...{ clock: deps.clock, everyMs: reportMs, againMs },
      work: () => this.#report(),
      onFault: (fault) => this.#failed(fault),
    });
  }

  /** How a pool stands now. */
  stands(stand: PoolStand): void {
    const standing = this.#of(stand.runtime);
    if (isSame(standing.stand, stand)) return;
    standing.stand = stand;
    this.#tell(stand.runtime);
  }

  /** A sandbox of the runtime's newest revision was started, warm or cold, in so long (ms). */
  started(runtime: RuntimeKey, ms: number): void {
    this.#of(runtime).startUps.push(ms);
    this.#tell(runtime);
  }

  /** A sandbox of the runtime's newest revision did not start. */
  failed(runtime: RuntimeKey): void {
    this.#of(runtime).failures += 1;
    this.#tell(runtime);
  }

  /** Tells everything from now on. */
  start(): void {
    this.#stopTelling = this.#deps.clock.every(allMs, () => this.tellAll());
    this.tellAll();
  }

  /** Somebody may have missed something. */
  tellAll(): void {
    this.#all = true;
    this.#paced.ask();
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#stopTelling();
    this.#paced.stop();
  }

  #of(runtime: RuntimeKey): Standing {
    const text = runtimeKeyText(runtime);
    const known = this.#standings.get(text);
    if (known) return known;
    const fresh = { stand: { runtime, ready: 0, starting: 0 }, startUps: [], failures: 0 };
    this.#standings.set(text, fresh);
    return fresh;
  }

  #tell(runtime: RuntimeKey): void {
    this.#changed.add(runtimeKeyText(runtime));
    this.#paced.ask();
  }

  async #report(): Promise<void> {
    const all = this.#all;
    if (!all && this.#changed.size === 0) return;
    const told = all ? [...this.#standings.keys()] : [...this.#changed];
    const pools = told.flatMap((text) => this.#take(text, all));
    this.#all = false;
    this.#changed.clear();
    const { reports, from, nodes } = this.#deps;
    try {
      await reports.report({ from, nodes: nodes(), all, pools });
      this.#failing = false;
    } catch (fault) {
      this.#giveBack(pools);
      // Part of it may have been heard.
      this.#all = true;
      throw fault;
    }
  }

  /** What is to be told of one pool, which has been told then. Of one that is empty nothing, where all are told. */
  #take(text: string, all: boolean): readonly PoolSupply[] {
    const standing = this.#standings.get(text);
    if (!standing) return [];
    const { stand, startUps, failures } = standing;
    const empty = isEmpty(standing);
    if (empty) this.#standings.delete(text);
    standing.startUps = [];
    standing.failures = 0;
    return empty && all ? [] : [{ ...stand, startUps, failures }];
  }

  #giveBack(pools: readonly PoolSupply[]): void {
    for (const { runtime, startUps, failures } of pools) {
      const standing = this.#of(runtime);
      standing.startUps.unshift(...startUps);
      standing.failures += failures;
    }
  }

  /** Said once, however long it lasts. */
  #failed(fault: unknown): void {
    if (!this.#failing) this.#deps.log?.('how pools stand could not be told; trying on', { fault });
    this.#failing = true;
  }
}
