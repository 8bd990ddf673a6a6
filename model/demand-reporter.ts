// Tells the autoscaler what this program saw: new sessions soon after they were opened, requests in hand once a second.
// Whoever opens a session only counts it; requests in hand are looked at when it is told, so a request costs nothing.
// Does not own the sums (demand-tally.ts) nor how a report travels (the port DemandReports).
import type { Cancel, Clock } from './clock.ts';
import { DemandTally, type DemandCounter, type Tallied } from './demand-tally.ts';
import type { DemandReports, RuntimeDemand } from './demand.ts';
import type { OpenedSession } from './open-session.ts';
import { Paced } from './paced.ts';
import { runtimeKeyText, type RuntimeKey } from './sandbox.ts';

export interface DemandReporterDeps {
  readonly reports: DemandReports;
  /** Which run of which program this is; no other ever has the same. */
  readonly from: string;
  readonly clock: Pick<Clock, 'monotonic' | 'after' | 'every'>;
  /** Requests in hand at this moment; a runtime that is not among them has none. */
  readonly inFlight: () => Iterable<readonly [RuntimeKey, number]>;
  readonly log?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const reportMs = 250;
/** A session that finds a sandbox ready is served within this time (ms), and told of once. */
const gatherMs = 20;
const lookMs = 1_000;
/** A runtime with requests in hand is told of again after so long (ms): a program that says nothing is taken for gone. */
const heartbeatMs = 5_000;

interface Told {
  readonly inFlight: number;
  readonly at: number;
}

type InHand = ReadonlyMap<string, readonly [RuntimeKey, number]>;

const nothing = { arrivals: 0, coldStarts: 0, waitedMs: 0, served: 0 };

export class DemandReporter implements DemandCounter {
  readonly #deps: DemandReporterDeps;
  readonly #tally = new DemandTally();
  readonly #paced: Paced;
  /** What was told last of requests in hand, where there were some. */
  readonly #told = new Map<string, Told & { readonly runtime: RuntimeKey }>();
  #stopLooking: Cancel = () => undefined;
  /** Whether the next report is to say what changed of requests in hand, too. */
  #look = false;
  #failing = false;

  constructor(deps: DemandReporterDeps) {
    this.#deps = deps;
    this.#paced = new Paced({
      ...{ clock: deps.clock, everyMs: reportMs, againMs: lookMs },
      work: () => this.#report(),
      onFault: (fault) => this.#failed(fault),
    });
  }

  opened(runtime: RuntimeKey, how: OpenedSession['how']): void {
    this.#tally.opened(runtime, how);
    this.#paced.ask(gatherMs);
  }

  served(runtime: RuntimeKey, waitedMs: number): void {
    this.#tally.served(runtime, waitedMs);
  }

  /** Looks at requests in hand from now on. */
  start(): void {
    this.#stopLooking = this.#deps.clock.every(lookMs, () => this.#lookNow());
  }

  /** Tells what is left to tell, and then nothing any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stopLooking();
    this.#look = true;
    await this.#paced.finish();
  }

  #lookNow(): void {
    this.#look = true;
    this.#paced.ask();
  }

  async #report(): Promise<void> {
    const inHand: InHand = new Map(
      [...this.#deps.inFlight()].map(([key, count]) => [runtimeKeyText(key), [key, count]]),
    );
    const taken = this.#tally.take();
    const demands = [...this.#counted(taken, inHand), ...(this.#look ? this.#changed(taken, inHand) : [])];
    this.#look = false;
    if (demands.length === 0) return;
    try {
      await this.#deps.reports.report({ from: this.#deps.from, demands });
    } catch (fault) {
      this.#tally.giveBack(taken.values());
      this.#look = true;
      throw fault;
    }
    this.#failing = false;
    this.#remember(demands);
  }

  #counted(taken: ReadonlyMap<string, Tallied>, inHand: InHand): readonly RuntimeDemand[] {
    return [...taken].map(([text, sums]) => ({ ...sums, inFlight: inHand.get(text)?.[1] ?? 0 }));
  }

  /** Runtimes of which only requests in hand are to be told: they changed, or were told long ago. */
  #changed(taken: ReadonlyMap<string, Tallied>, inHand: InHand): readonly RuntimeDemand[] {
    const before = this.#deps.clock.monotonic() - heartbeatMs;
    const isDue = (text: string, inFlight: number): boolean => {
      const told = this.#told.get(text);
      return told ? told.inFlight !== inFlight || told.at <= before : inFlight > 0;
    };
    const rest = [...this.#told].filter(([text]) => !inHand.has(text));
    const all = [...inHand, ...rest.map(([text, { runtime }]) => [text, [runtime, 0]] as const)];
    return all
      .filter(([text, [, inFlight]]) => !taken.has(text) && isDue(text, inFlight))
      .map(([, [runtime, inFlight]]) => ({ runtime, ...nothing, inFlight }));
  }

  #remember(demands: readonly RuntimeDemand[]): void {
    const at = this.#deps.clock.monotonic();
    for (const { runtime, inFlight } of demands) {
      const text = runtimeKeyText(runtime);
      if (inFlight > 0) this.#told.set(text, { runtime, inFlight, at });
      else this.#told.delete(text);
    }
  }

  /** Said once, however long it lasts. */
  #failed(fault: unknown): void {
    if (!this.#failing) this.#deps.log?.('new sessions could not be told of; trying on', { fault });
    this.#failing = true;
  }
}
