// How many sandboxes may be starting at once. All at once would keep the processors from the platform itself: a controller that
// cannot bid for its lead loses it, and whoever takes it over finds as many to start. Does not own a start.
// A start that takes long gives its place away: an agent that never gets ready holds up nobody. Who asked first goes first.
import os from 'node:os';
import type { Clock } from '../../model/clock.ts';

/** A process needs its processor for the first moments only. */
const placesOfEachProcessor = 4;
const heldMs = 5_000;

/** Gives a place back; calling it again does nothing. */
export type LeavePlace = () => void;

export class StartPlaces {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(clock: Pick<Clock, 'after'>, most = placesOfEachProcessor * os.availableParallelism()) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Resolves with a place, or with one that does not count when `signal` comes first: whoever asked looks at that. */
  async enter(signal: AbortSignal): Promise<LeavePlace> {
    if (this.#taken < this.#most) this.#taken += 1;
    else if (!(await this.#turn(signal))) return () => undefined;
    return this.#leaving();
  }

  /** A place goes from hand to hand. */
  #leaving(): LeavePlace {
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      cancel();
      const [next] = this.#waiting;
      if (next) next();
      else this.#taken -= 1;
    };
    const cancel = this.#clock.after(heldMs, leave);
    return leave;
  }

  /** True with a place in hand, false when `signal` came first. */
  #turn(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (given: boolean): void => {
      this.#waiting.delete(come);
      signal.removeEventListener('abort', onAbort);
      resolve(given);
    };
    const come = (): void => end(true);
    const onAbort = (): void => end(false);
    this.#waiting.add(come);
    signal.addEventListener('abort', onAbort, { once: true });
    return promise;
  }
}
