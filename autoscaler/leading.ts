// What an autoscaler does with the lead: decide what pools are to hold and publish it, at once, when what is deployed changed,
// and when messages may have been lost. Does not own when to lead (model/elector.ts) nor the decision (core/decide.ts).
// A publication that failed is tried again until it is done or the lead ends; each carries its term, so a late one changes nothing.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Leading } from '../model/elector.ts';
import { asPlatformError } from '../model/errors.ts';
import type { DeployedRuntime, PoolTarget, PoolTargetWrites } from '../model/platform.ts';
import { decide, sameTargets } from './core/decide.ts';

/** What is deployed, from memory. */
export interface DeployedRuntimes {
  /** Whether a controller has told yet. Until then nothing is decided. */
  known(): boolean;
  all(): readonly DeployedRuntime[];
  /** Told each time that it was told anew. */
  onRead(listener: () => void): Cancel;
}

export interface LeadingDeps {
  readonly runtimes: DeployedRuntimes;
  readonly openTargets: (term: number) => PoolTargetWrites;
  /** Told when messages may have been lost. */
  readonly onGap: (listener: () => void) => Cancel;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How soon a publication that failed is tried again (ms). */
const againMs = 500;

class Lead implements Leading {
  readonly #deps: LeadingDeps;
  readonly #writes: PoolTargetWrites;
  readonly #stops: Cancel[] = [];
  #published: readonly PoolTarget[] | undefined;
  #publishing: Promise<void> = Promise.resolve();
  #busy = false;
  #gaps = 0;
  /** Grows with each wish to publish, so that one that came while publishing is not lost. */
  #wish = 0;
  #again: Cancel = () => undefined;
  #ended = false;

  constructor(deps: LeadingDeps, term: number) {
    this.#deps = deps;
    this.#writes = deps.openTargets(term);
    this.#stops.push(
      deps.runtimes.onRead(() => this.#look()),
      // What was published may be gone with the store.
      deps.onGap(() => this.#lookAnew()),
    );
    this.#look();
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const stop of this.#stops) stop();
    this.#again();
    await this.#publishing;
  }

  #lookAnew(): void {
    this.#gaps += 1;
    this.#published = undefined;
    this.#look();
  }

  #look(): void {
    this.#wish += 1;
    if (this.#busy || this.#ended) return;
    this.#busy = true;
    this.#publishing = this.#publish();
  }

  async #publish(): Promise<void> {
    const { runtimes, log, clock } = this.#deps;
    let done = 0;
    try {
      while (done !== this.#wish && !this.#ended && runtimes.known()) {
        done = this.#wish;
        await this.#tell(decide(runtimes.all()));
      }
    } catch (fault) {
      if (asPlatformError(fault).code === 'NOT_LEADER') return;
      log('what pools are to hold could not be told; trying again', { fault });
      this.#again();
      this.#again = clock.after(againMs, () => this.#look());
    } finally {
      this.#busy = false;
    }
  }

  async #tell(targets: readonly PoolTarget[]): Promise<void> {
    if (this.#published && sameTargets(this.#published, targets)) return;
    const gaps = this.#gaps;
    await this.#writes.replace(targets);
    // What was told before a gap may be gone with the store.
    if (gaps === this.#gaps) this.#published = targets;
  }
}

/** What the elector calls with each new term. */
export const createLeading =
  (deps: LeadingDeps): ((term: number) => Promise<Leading>) =>
  async (term) =>
    new Lead(deps, term);
