// How many events of a run are dealt with so far: handled, or among the dead letters. Looks only when it is told to.
import type { History } from '../history.ts';
import type { Stage } from '../stage.ts';
import { readDead, readHandled } from './ledger.ts';

/** Dead letters are few, and asked for seldom (ms). */
const deadEveryMs = 3_000;

export class Settled {
  readonly #stage: Stage;
  readonly #history: History;
  #ids = new Set<string>();
  #handlings = 0;
  #changedAt = performance.now();
  #deadAt = -Infinity;

  constructor(stage: Stage, history: History) {
    this.#stage = stage;
    this.#history = history;
  }

  /** Events, each once. */
  get count(): number {
    return this.#ids.size;
  }

  /** For how long nothing was handled, repeats included (ms). */
  get quietMs(): number {
    return performance.now() - this.#changedAt;
  }

  async look(): Promise<void> {
    const ids = readHandled(this.#stage.dataDir).flatMap(({ handlings }) => handlings.map(({ id }) => id));
    for (const id of [...ids, ...(await this.#dead())]) this.#ids.add(id);
    if (ids.length !== this.#handlings) this.#changed();
    this.#handlings = ids.length;
  }

  #changed(): void {
    this.#changedAt = performance.now();
    this.#history.write({ t: 'settled', events: this.count });
  }

  async #dead(): Promise<readonly string[]> {
    const now = performance.now();
    const controller = this.#stage.programs.controllers.find(({ alive }) => alive);
    if (now - this.#deadAt < deadEveryMs || !controller) return [];
    this.#deadAt = now;
    return ((await readDead(controller)) ?? []).map(({ id }) => id);
  }
}
