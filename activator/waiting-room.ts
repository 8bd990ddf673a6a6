// Counts what is in hand and what waits, per session, per runtime and in all. The limits are core/admission.ts.
import type { RuntimeKey } from '../model/sandbox.ts';
import { mayEnter, mayWait, type Admission, type Limits } from './core/admission.ts';
import type { Target } from './core/route.ts';

export class WaitingRoom {
  readonly #limits: Limits;
  readonly #sessions = new Map<string, number>();
  readonly #runtimes = new Map<string, { readonly key: RuntimeKey; waiting: number }>();
  inHand = 0;
  waiting = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  mayEnter(): Admission {
    return mayEnter(this.#limits, this.inHand);
  }

  /** Takes a place, if there is one. A request that has no session yet waits for its runtime only. */
  enter(sessionId: string | undefined, target: Target): Admission {
    const admission = mayWait(this.#limits, {
      forSession: sessionId === undefined ? 0 : (this.#sessions.get(sessionId) ?? 0),
      forRuntime: this.#runtimes.get(target.text)?.waiting ?? 0,
      inAll: this.waiting,
    });
    if (admission === 'go') this.#add(sessionId, target, 1);
    return admission;
  }

  /** Gives the place back; exactly once for each that was taken. */
  leave(sessionId: string | undefined, target: Target): void {
    this.#add(sessionId, target, -1);
  }

  /** How many wait for sandboxes of each runtime that somebody waits for. */
  byRuntime(): Iterable<readonly [RuntimeKey, number]> {
    return [...this.#runtimes.values()].map(({ key, waiting }) => [key, waiting] as const);
  }

  #add(sessionId: string | undefined, { key, text }: Target, by: 1 | -1): void {
    this.waiting += by;
    if (sessionId !== undefined) addTo(this.#sessions, sessionId, by);
    const waiting = (this.#runtimes.get(text)?.waiting ?? 0) + by;
    if (waiting === 0) this.#runtimes.delete(text);
    else this.#runtimes.set(text, { key, waiting });
  }
}

function addTo(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
