// Time that never goes back. A clock that is set back, or that a new leader reads differently, makes no time pass;
// the seconds after it count as usual.

export class SteadyTime {
  #last: number | undefined;
  #elapsed: number;

  /** `elapsed`: milliseconds that had passed when its state was written down. */
  constructor(elapsed = 0) {
    this.#elapsed = elapsed;
  }

  /** Milliseconds that have passed since the first call, none of them twice. */
  at(now: number): number {
    if (this.#last !== undefined && now > this.#last) this.#elapsed += now - this.#last;
    this.#last = now;
    return this.#elapsed;
  }

  get elapsed(): number {
    return this.#elapsed;
  }
}
