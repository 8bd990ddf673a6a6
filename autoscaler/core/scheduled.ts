// Sessions that a schedule says will come: how many of them a pool is to have ready now.
// Cron knows minutes: sessions come at the strike or within a minute after it, so what is not yet used is kept until then.
import type { Signals } from './signals.ts';

const keptMs = 60_000;

interface Times {
  /** How long a replacement takes, and how long until the next decision, about (ms). */
  readonly horizon: number;
  readonly round: number;
}

/** What strikes so soon may have struck before the next decision, which is not told of it any more. */
const soon = ({ round }: Times): number => 2 * round + 500;

export class Scheduled {
  /** Struck, and not yet used or given up. */
  #due: { left: number; readonly strikes: number }[] = [];

  /** Sandboxes to have ready for it, beside those for what comes anyway. */
  expected({ scheduled = [], arrivals }: Signals, elapsed: number, times: Times): number {
    if (this.#due.length > 0) this.#use(arrivals, elapsed);
    const known = [...this.#due];
    let sum = 0;
    for (const { inMs, sessions } of scheduled) {
      if (inMs > times.horizon + times.round) break;
      if (inMs > soon(times)) sum += sessions;
      else if (!this.#isKnown(known, elapsed + inMs, times))
        this.#due.push({ left: sessions, strikes: elapsed + inMs });
    }
    return this.#due.reduce((all, { left }) => all + left, sum);
  }

  /** Whether it was noted before; each note stands for one strike only. */
  #isKnown(known: { readonly strikes: number }[], strikes: number, times: Times): boolean {
    const at = known.findIndex((it) => Math.abs(it.strikes - strikes) < soon(times));
    if (at >= 0) known.splice(at, 1);
    return at >= 0;
  }

  #use(arrivals: number, elapsed: number): void {
    let came = arrivals;
    for (const due of this.#due) {
      const used = Math.min(due.left, came);
      due.left -= used;
      came -= used;
    }
    this.#due = this.#due.filter(({ strikes }) => strikes + keptMs > elapsed);
  }
}
