// Owns: that the operations on one sandbox follow one another. Does not own what they do.

export interface Serial {
  /** Runs after all that was given before has settled; at once when nothing is under way. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createSerial(): Serial {
  let last: Promise<unknown> | undefined;
  return {
    run<T>(work: () => Promise<T>): Promise<T> {
      const mine = last === undefined ? work() : last.then(work, work);
      const settled: Promise<unknown> = mine.then(clear, clear);
      function clear(): void {
        if (last === settled) last = undefined;
      }
      last = settled;
      return mine;
    },
  };
}
