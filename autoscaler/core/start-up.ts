// How long a replacement takes, learned from the start-ups that were seen, tail included, and whether they succeed at all.
// Old start-ups weigh less: half their weight is gone after `halfLife` newer ones.
import { binCount, binOf } from './log-bins.ts';
import { packFine, short, unpackFine } from './pack.ts';

/** A start-up counts 1 when it is seen and half of it after so many more. */
const halfLife = 200;
const fading = 2 ** (-1 / halfLife);

/** Before anything was seen, one start-up of this length is believed in (ms). */
const priorMs = 2_000;
/** Durations are binned in steps of this (ms): from 10 ms exactly to hours within an eighth. */
const stepMs = 10;

/** First pause after a failed start-up, and the longest, as Kubernetes restarts a container that crashes (10 s to 5 min). */
const firstPauseMs = 10_000;
const longestPauseMs = 300_000;

export interface StartUpState {
  /** Packed. */
  readonly bins: string;
  readonly sums: string;
  readonly total: number;
  readonly sum: number;
  readonly failing: number;
  readonly pausedUntil: number;
}

const nothing: StartUpState = { bins: '', sums: '', total: 0, sum: 0, failing: 0, pausedUntil: 0 };

export class StartUps {
  readonly #bins: Float64Array;
  /** Milliseconds in each bin together, so that a bin answers with its own mean. */
  readonly #sums: Float64Array;
  #total: number;
  #sum: number;
  #failing: number;
  #pausedUntil: number;
  #tail: number | undefined;

  constructor({ bins, sums, total, sum, failing, pausedUntil }: StartUpState = nothing) {
    this.#bins = unpackFine(bins, binCount);
    this.#sums = unpackFine(sums, binCount);
    [this.#total, this.#sum, this.#failing, this.#pausedUntil] = [total, sum, failing, pausedUntil];
  }

  state(): StartUpState {
    const [failing, pausedUntil] = [this.#failing, this.#pausedUntil];
    const [total, sum] = [short(this.#total), short(this.#sum)];
    return { bins: packFine(this.#bins), sums: packFine(this.#sums), total, sum, failing, pausedUntil };
  }

  /** Takes in what one round saw. One success ends the back-off; failures in the same round do not begin it again. */
  see(durations: readonly number[], failures: number, elapsed: number): void {
    for (const ms of durations) this.#add(ms);
    if (durations.length > 0) {
      this.#failing = 0;
      this.#pausedUntil = 0;
    } else if (failures > 0 && elapsed >= this.#pausedUntil) {
      this.#pausedUntil = elapsed + Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failing);
      this.#failing += 1;
    }
  }

  #add(ms: number): void {
    const bin = binOf(ms / stepMs);
    for (let at = 0; at < binCount; at += 1) {
      this.#bins[at] = (this.#bins[at] ?? 0) * fading;
      this.#sums[at] = (this.#sums[at] ?? 0) * fading;
    }
    this.#total = this.#total * fading + 1;
    this.#sum = this.#sum * fading + ms;
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#sums[bin] = (this.#sums[bin] ?? 0) + ms;
    this.#tail = undefined;
  }

  /** Milliseconds that start-ups take on average; the prior counts as one of them. */
  get mean(): number {
    return this.#total < 1 ? priorMs : this.#sum / this.#total;
  }

  /** Milliseconds within which nine of ten start-ups were done. */
  get tail(): number {
    this.#tail ??= this.#quantile(0.9);
    return this.#tail;
  }

  /** How many rounds of failures lie behind, without a success between; 0 when start-ups succeed. */
  get failing(): number {
    return this.#failing;
  }

  /** Milliseconds until one more start-up is tried; 0 when nothing is held back. */
  pauseLeft(elapsed: number): number {
    return Math.max(0, this.#pausedUntil - elapsed);
  }

  /**
   * What may be there of `size` sandboxes, `ready` of which are. While start-ups fail nothing is started but one at a time, after a
   * pause that doubles: what cannot start is not there however much it is wanted. `rule` says so when it is less.
   */
  allowed(size: number, ready: number, elapsed: number): { readonly size: number; readonly rule?: string } {
    if (this.#failing === 0 || size <= ready) return { size };
    if (this.pauseLeft(elapsed) > 0) return { size: ready, rule: 'start-ups fail, waiting' };
    return { size: ready + 1, rule: 'start-ups fail, trying one' };
  }

  #quantile(share: number): number {
    if (this.#total < 1) return priorMs;
    let below = 0;
    for (let bin = 0; bin < binCount; bin += 1) {
      below += this.#bins[bin] ?? 0;
      if (below >= share * this.#total) return (this.#sums[bin] ?? 0) / (this.#bins[bin] ?? 1);
    }
    return this.mean;
  }
}
