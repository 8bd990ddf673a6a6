// What an autoscaler does with the lead: it publishes what pools are to hold, and saves what scalers have learned.
// Does not own when to lead (model/elector.ts) nor what is decided (rounds.ts).
// Everything is published when the lead begins, after a gap and after a failure; otherwise what is news. A publication that failed
// is tried again until it is done or the lead ends; each carries its term, so a late one changes nothing.
// Invariant: nothing that another leader published is taken away before all is known that this one has to say.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Leading } from '../model/elector.ts';
import { asPlatformError } from '../model/errors.ts';
import type { PoolTarget, PoolTargetWrites } from '../model/platform.ts';
import type { Rounds } from './rounds.ts';
import { Saving } from './saving.ts';
import type { ScalerMemory } from './scaler-memory.ts';
import { Told } from './told.ts';

export interface LeadDeps {
  readonly rounds: Rounds;
  readonly targets: PoolTargetWrites;
  readonly memory: Pick<ScalerMemory, 'save'>;
  /** Whether it is known what is deployed. */
  readonly ready: () => boolean;
  /** Told after each round: of which runtimes it was, or of all. */
  readonly onDecided: (listener: (runtimes?: readonly string[]) => void) => Cancel;
  /** Told when messages may have been lost. */
  readonly onGap: (listener: () => void) => Cancel;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How soon a publication that failed is tried again (ms). */
const againMs = 500;

export class Lead implements Leading {
  readonly #deps: LeadDeps;
  readonly #stops: readonly Cancel[];
  readonly #told = new Told();
  readonly #saving: Saving;
  /** Whether what others find may be anything: then all is published. */
  #anew = true;
  #publishing: Promise<void> = Promise.resolve();
  #busy = false;
  /** Grows with each wish to publish, so that one that came while publishing is not lost. */
  #wish = 0;
  /** What the wishes were about: all, or some. */
  #all = true;
  #some = new Set<string>();
  #gaps = 0;
  #again: Cancel = () => undefined;
  #ended = false;

  constructor(deps: LeadDeps) {
    this.#deps = deps;
    this.#saving = new Saving(deps);
    this.#stops = [
      deps.onDecided((runtimes) => {
        this.#look(runtimes);
        // Rounds in between are many, and what was learned has time.
        if (runtimes === undefined) this.#saving.look();
      }),
      // What was published may be gone with the store.
      deps.onGap(() => this.#lookAnew()),
    ];
    this.#look();
  }

  /** Saves all that was learned, before an orderly end. Never rejects. */
  save(): Promise<void> {
    return this.#saving.all();
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const stop of this.#stops) stop();
    this.#again();
    await Promise.all([this.#publishing, this.#saving.end()]);
  }

  #lookAnew(): void {
    this.#gaps += 1;
    this.#anew = true;
    this.#saving.anew();
    this.#look();
  }

  #look(runtimes?: readonly string[]): void {
    this.#wish += 1;
    this.#all ||= runtimes === undefined;
    for (const text of runtimes ?? []) this.#some.add(text);
    if (this.#busy || this.#ended) return;
    this.#busy = true;
    this.#publishing = this.#publish();
  }

  async #publish(): Promise<void> {
    const { log, clock, ready } = this.#deps;
    let done = 0;
    try {
      while (done !== this.#wish && !this.#ended && ready()) {
        done = this.#wish;
        await this.#tell();
      }
    } catch (fault) {
      if (asPlatformError(fault).code === 'NOT_LEADER') return void (this.#ended = true);
      log('what pools are to hold could not be told; trying again', { fault });
      this.#anew = true;
      this.#again();
      this.#again = clock.after(againMs, () => this.#look());
    } finally {
      this.#busy = false;
    }
  }

  /** Until it is known of every runtime what its pool is to hold, what another leader published of the others stays. */
  async #tell(): Promise<void> {
    const { rounds } = this.#deps;
    const about = this.#all || this.#anew ? undefined : [...this.#some];
    this.#all = false;
    this.#some.clear();
    const now = rounds.targets(about);
    if (this.#anew && rounds.complete) await this.#replace(now);
    else await this.#update(now, about === undefined);
  }

  async #replace(now: ReadonlyMap<string, PoolTarget>): Promise<void> {
    const gaps = this.#gaps;
    const at = this.#deps.clock.monotonic();
    await this.#deps.targets.replace([...now.values()]);
    this.#told.replace(now, at);
    // What was told before a gap may be gone with the store.
    this.#anew = gaps !== this.#gaps;
  }

  async #update(now: ReadonlyMap<string, PoolTarget>, all: boolean): Promise<void> {
    const { rounds, targets, clock } = this.#deps;
    const at = clock.monotonic();
    const changed = this.#told.news(now, at, rounds.sized);
    const gone = all ? this.#told.gone(rounds.sized) : [];
    if (changed.length + gone.length === 0) return;
    await targets.update(changed, gone);
    this.#told.update(changed, gone, at);
  }
}
