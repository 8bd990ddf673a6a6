// Saves what scalers have learned, some runtimes with each round, so that each is saved about once a minute.
// Does not own what they have learned. One save at a time; what could not be saved is saved with a later one.
import type { Clock } from '../model/clock.ts';
import { asPlatformError } from '../model/errors.ts';
import type { Rounds } from './rounds.ts';
import type { ScalerMemory } from './scaler-memory.ts';

export interface SavingDeps {
  readonly rounds: Rounds;
  readonly memory: Pick<ScalerMemory, 'save'>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Within this time each runtime has its turn (ms). */
const wholeMs = 60_000;

export class Saving {
  readonly #deps: SavingDeps;
  /** Runtimes whose turn is still to come. */
  #left: string[] = [];
  /** How many runtimes' turns are due, with fractions. */
  #due = 0;
  /** Of whom there may be a row: it goes with them. */
  readonly #rows: Set<string>;
  #lastAt: number;
  #underway: Promise<void> = Promise.resolve();
  #busy = false;
  #ended = false;

  constructor(deps: SavingDeps) {
    this.#deps = deps;
    this.#rows = new Set(deps.rounds.remembered);
    this.#lastAt = deps.clock.monotonic();
  }

  /** Saves those whose turn it is. */
  look(): void {
    const { clock, rounds } = this.#deps;
    const at = clock.monotonic();
    this.#due = Math.min(rounds.sized.size, this.#due + (rounds.sized.size * (at - this.#lastAt)) / wholeMs);
    this.#lastAt = at;
    if (this.#busy || this.#ended) return;
    const turns = Math.floor(this.#due);
    this.#due -= turns;
    this.#save(this.#next(turns));
  }

  /** Saves everything that was learned since it was saved last. Never rejects. */
  async all(): Promise<void> {
    await this.#underway;
    if (!this.#ended) this.#save([...this.#deps.rounds.sized.keys()]);
    await this.#underway;
  }

  /** What was saved may be gone with the store. */
  anew(): void {
    for (const sized of this.#deps.rounds.sized.values()) sized.unsaved();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#underway;
  }

  #save(turns: readonly string[]): void {
    const { sized } = this.#deps.rounds;
    const changed = new Map<string, string>();
    for (const text of turns) {
      const learned = sized.get(text)?.learned();
      if (learned !== undefined) changed.set(text, learned);
    }
    const gone = [...this.#rows].filter((text) => !sized.has(text));
    if (changed.size + gone.length === 0) return;
    this.#busy = true;
    this.#underway = this.#write(changed, gone).finally(() => (this.#busy = false));
  }

  async #write(changed: ReadonlyMap<string, string>, gone: readonly string[]): Promise<void> {
    const { memory, rounds, log } = this.#deps;
    try {
      await memory.save(changed, gone);
      for (const text of changed.keys()) this.#rows.add(text);
      for (const text of gone) this.#rows.delete(text);
    } catch (fault) {
      for (const text of changed.keys()) rounds.sized.get(text)?.unsaved();
      if (asPlatformError(fault).code === 'NOT_LEADER') this.#ended = true;
      else log('what was learned about runtimes could not be saved; trying again', { fault });
    }
  }

  #next(turns: number): readonly string[] {
    if (this.#left.length === 0) this.#left = [...this.#deps.rounds.sized.keys()];
    return turns === 0 ? [] : this.#left.splice(-turns);
  }
}
