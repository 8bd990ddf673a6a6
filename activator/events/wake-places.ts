// How many events may wait for sleeping or new sandboxes at once, for each runtime: a storm of events for sleeping sessions wakes
// them a few at a time, and callers over HTTP find room. A runtime whose sandboxes do not start holds up no other's.
// Does not own wakes. Who asked first is let in first.

/** Gives a place back; calling it again does nothing. */
export type LeavePlace = () => void;

/** Told of each place that is taken and left. */
export interface WakeCounter {
  readonly waking: () => void;
  readonly awake: () => void;
}

interface Line {
  taken: number;
  readonly waiting: Set<() => void>;
}

export class WakePlaces {
  readonly #most: number;
  readonly #counter: WakeCounter | undefined;
  readonly #lines = new Map<string, Line>();

  /** `most`: of one runtime. */
  constructor(most: number, counter?: WakeCounter) {
    this.#most = most;
    this.#counter = counter;
  }

  /** Resolves with a place, or with undefined when `signal` comes first. */
  async enter(runtime: string, signal: AbortSignal): Promise<LeavePlace | undefined> {
    const line = this.#lines.get(runtime) ?? { taken: 0, waiting: new Set() };
    this.#lines.set(runtime, line);
    if (line.taken >= this.#most) await this.#wait(line, signal);
    else line.taken += 1;
    if (!signal.aborted) return this.#leaving(runtime, line);
    this.#leave(runtime, line);
    return undefined;
  }

  /** Until a place is handed over. An abort hands over one that is none, to keep the count. */
  #wait(line: Line, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      line.waiting.delete(handed);
      line.taken += 1;
      resolve();
    };
    const handed = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    line.waiting.add(handed);
    signal.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  #leaving(runtime: string, line: Line): LeavePlace {
    let left = false;
    this.#counter?.waking();
    return () => {
      if (left) return;
      left = true;
      this.#counter?.awake();
      this.#leave(runtime, line);
    };
  }

  #leave(runtime: string, line: Line): void {
    const [next] = line.waiting;
    if (next !== undefined && line.taken <= this.#most) {
      // The place goes from hand to hand.
      line.waiting.delete(next);
      return next();
    }
    line.taken -= 1;
    if (line.taken === 0 && line.waiting.size === 0) this.#lines.delete(runtime);
  }
}
