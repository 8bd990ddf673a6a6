// What was published of each runtime, and what is news beside it. Pure.
// A size is news at once. The numbers behind it change with every round: they are news every few seconds, while sessions come.
import type { PoolTarget } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';

interface Row {
  readonly target: PoolTarget;
  /** When it was published (ms, never going back). */
  readonly at: number;
}

/** Who knows when new sessions of a runtime came last. */
export interface Arrivals {
  readonly sized: ReadonlyMap<string, { readonly arrivedAt: number }>;
}

export interface News {
  readonly changed: readonly PoolTarget[];
  readonly gone: readonly RuntimeKey[];
}

/** How often the reasons of a size are told anew while they alone change (ms). */
const reasonsMs = 10_000;

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
  news(targets: ReadonlyMap<string, PoolTarget>, at: number, { sized }: Arrivals): News {
    const changed: PoolTarget[] = [];
    for (const [text, target] of targets) {
      const row = this.#rows.get(text);
      if (!row || isNews(row, target, at, sized.get(text)?.arrivedAt ?? -Infinity)) changed.push(target);
    }
    const gone = [...this.#rows].filter(([text]) => !sized.has(text)).map(([, { target }]) => target.runtime);
    return { changed, gone };
  }
}

function isNews(
  { target: before, at: toldAt }: Row,
  target: PoolTarget,
  at: number,
  arrivedAt: number,
): boolean {
  if (before.size !== target.size || before.wanted !== target.wanted) return true;
  if (before.why === target.why || at - toldAt < reasonsMs) return false;
  return before.why?.rule !== target.why?.rule || arrivedAt >= toldAt;
}
