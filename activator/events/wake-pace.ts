// When the next of many wakes may begin, so that a storm of events for sleeping sessions leaves the machine to callers over HTTP: while
// wakes make this program late, the pauses between them grow; while they do not, there are none to speak of. Where sandboxes run
// elsewhere nothing makes it late. Does not own how many wake at once (wake-places.ts). Who asked first begins first.
import type { Clock } from '../../model/clock.ts';

/** Pauses between wakes (ms). A machine that is always late for other reasons still gets so many wakes a second as the longest allows. */
const [shortestMs, longestMs] = [1, 20];
/** On a machine that has time a timer is less late (ms). */
const tolerableMs = 0.5;
/** Pauses grow faster than they shrink: whoever tries how much the machine bears does so at the cost of callers. */
const [growth, shrinkage] = [2, 0.9];

export class WakePace {
  readonly #clock: Clock;
  #pauseMs = shortestMs;
  #line: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a wake may begin. */
  turn(): Promise<void> {
    const turn = this.#line;
    this.#line = turn.then(() => this.#pause());
    return turn;
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = this.#clock.monotonic() + this.#pauseMs;
    this.#clock.after(this.#pauseMs, resolve);
    await promise;
    const isLate = this.#clock.monotonic() - end > tolerableMs;
    const pauseMs = this.#pauseMs * (isLate ? growth : shrinkage);
    this.#pauseMs = Math.min(longestMs, Math.max(shortestMs, pauseMs));
  }
}
