// What a pool's sandboxes are worth where a policy does not say: from how many sessions come and how long a start-up takes.
// Sessions that come independently of each other at the rate seen lately: while one replacement starts, Poisson many come. The k-th
// sandbox saves a cold start whenever k or more do (Palm, Analysis of the Erlang Traffic Formulae, 1957, on spare parts).
import type { Signals } from './signals.ts';

/** What came so long ago counts a third as much as what comes now: for what usually comes, and for a burst (ms). */
const usualMs = 30_000;
const burstMs = 4_000;
/** How much a start-up that was seen changes what the next is believed to take. */
const lastStartUp = 0.1;
const priorStartUpMs = 2_000;

export interface WorthState {
  /** New sessions a second, usually and of late. */
  readonly usual: number;
  readonly late: number;
  readonly startUpMs: number;
}

/** How likely so many or more come where `mean` come on average. */
function chancesOf(mean: number): (k: number) => number {
  const atLeast = [1];
  let log = -mean;
  return (k) => {
    for (let count = atLeast.length; count <= k; count += 1) {
      atLeast.push(Math.max(0, (atLeast[count - 1] ?? 0) - Math.exp(log)));
      log += Math.log(mean / count);
    }
    return atLeast[k] ?? 0;
  };
}

export class Worth {
  #usual: number;
  #late: number;
  #startUpMs: number;

  constructor(state?: WorthState) {
    this.#usual = state?.usual ?? 0;
    this.#late = state?.late ?? 0;
    this.#startUpMs = state?.startUpMs ?? priorStartUpMs;
  }

  state(): WorthState {
    return { usual: this.#usual, late: this.#late, startUpMs: this.#startUpMs };
  }

  /** Takes in what one round saw, `passed` ms after the one before. */
  see({ arrivals, startUps }: Signals, passed: number): void {
    this.#usual = faded(this.#usual, arrivals, passed, usualMs);
    this.#late = faded(this.#late, arrivals, passed, burstMs);
    for (const ms of startUps) this.#startUpMs += lastStartUp * (ms - this.#startUpMs);
  }

  /** What usually comes, as far as the last seconds do not say otherwise. */
  get #rate(): number {
    const [least, most] = allowedBy(this.#late);
    return Math.min(Math.max(this.#usual, least), most);
  }

  /** `Decision.worth` of this moment. */
  get each(): (k: number) => number {
    const rate = this.#rate;
    const seconds = Math.max(1, this.#startUpMs) / 1_000;
    const chances = chancesOf(rate * seconds);
    return (k) => (rate === 0 ? 0 : chances(k) / seconds);
  }
}

/**
 * Between which rates a rate lies of which `late` was seen, in 95 of 100 cases: two standard deviations of a Poisson process that
 * fades, less one session, which is no burst, and three more, for none may be seen of a rate of three (the rule of three).
 */
function allowedBy(late: number): readonly [least: number, most: number] {
  const deviation = Math.sqrt((late * 1_000) / (2 * burstMs));
  return [late - 2 * deviation - 1_000 / burstMs, late + 2 * deviation + 3_000 / burstMs];
}

/** A rate per second that fades over `memory` ms. */
const faded = (rate: number, arrivals: number, passed: number, memory: number): number =>
  rate * Math.exp(-passed / memory) + (arrivals * 1_000) / memory;
