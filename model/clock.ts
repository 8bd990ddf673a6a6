// Time as a port: nothing that decides reads a clock; shells are handed one of these.
// `now` is wall time (ms since the epoch) because deadlines are stored and outlive a process.

/** Stops what was scheduled; calling it again, or after it ran, does nothing. */
export type Cancel = () => void;

/** The only way a shell learns the time or waits. All durations are milliseconds. */
export interface Clock {
  now(): number;
  /** Milliseconds with fractions since some moment, never going back: for telling how long something took. */
  monotonic(): number;
  after(delayMs: number, run: () => void): Cancel;
  every(periodMs: number, run: () => void): Cancel;
}
