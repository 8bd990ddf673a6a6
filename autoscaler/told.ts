// What was published of each runtime, and what is news beside it. Pure.
// A size is news at once. The numbers behind it change with every round: they are news every few seconds, while sessions come.
import type { PoolTarget } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';

interface Row {
  readonly target: PoolTarget;
  /** When it was published (ms, never going back). */
  readonly at: number;
}

/** When new sessions of each runtime came last. */
type Arrivals = ReadonlyMap<string, { readonly arrivedAt: number }>;

/** How often the reasons of a size are told anew while they alone change (ms): while sessions come, and of a pool that waits for some. */
const reasonsMs = 10_000;
const waitingReasonsMs = 60_000;

export class Told {
  #rows = new Map<string, Row>();

  /** Everything was published. */
  replace(targets: ReadonlyMap<string, PoolTarget>, at: number): void {
    this.#rows = new Map([...targets].map(([text, target]) => [text, { target, at }]));
  }

  /** Some were published, and some taken away. */
  update(changed: readonly PoolTarget[], gone: readonly RuntimeKey[], at: number): void {
    for (const target of changed) this.#rows.set(runtimeKeyText(target.runtime), { target, at });
    for (const key of gone) this.#rows.delete(runtimeKeyText(key));
  }

  /** What is not known to others yet. */
  news(targets: ReadonlyMap<string, PoolTarget>, at: number, arrivals: Arrivals): readonly PoolTarget[] {
    const changed: PoolTarget[] = [];
    for (const [text, target] of targets) {
      const row = this.#rows.get(text);
      if (!row || isNews(row, target, at, arrivals.get(text)?.arrivedAt ?? -Infinity)) changed.push(target);
    }
    return changed;
  }

  /** Those that were published and are not among `there`. */
  gone(there: { has(runtime: string): boolean }): readonly RuntimeKey[] {
    return [...this.#rows].filter(([text]) => !there.has(text)).map(([, { target }]) => target.runtime);
  }
}

function isNews(row: Row, target: PoolTarget, at: number, arrivedAt: number): boolean {
  const { target: before, at: toldAt } = row;
  if (before.size !== target.size || before.wanted !== target.wanted) return true;
  const passed = at - toldAt;
  if (before.why === target.why || passed < reasonsMs) return false;
  if (before.why?.rule !== target.why?.rule || arrivedAt >= toldAt) return true;
  return target.size > 0 && passed >= waitingReasonsMs;
}
