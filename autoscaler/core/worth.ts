// What a pool's sandboxes are worth where a policy does not say: from how many sessions come and how long a start-up takes.
// Sessions that come independently of each other at the rate seen lately: while one replacement starts, Poisson many come. The k-th
// sandbox saves a cold start whenever k or more do (Palm, Analysis of the Erlang Traffic Formulae, 1957, on spare parts).
import type { Signals } from './signals.ts';

/** What came so long ago counts a third as much as what comes now (ms). */
const memoryMs = 20_000;
/** How much a start-up that was seen changes what the next is believed to take. */
const lastStartUp = 0.1;
const priorStartUpMs = 2_000;

export interface WorthState {
  /** New sessions a second. */
  readonly rate: number;
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
  #rate: number;
  #startUpMs: number;

  constructor(state?: WorthState) {
    this.#rate = state?.rate ?? 0;
    this.#startUpMs = state?.startUpMs ?? priorStartUpMs;
  }

  state(): WorthState {
    return { rate: this.#rate, startUpMs: this.#startUpMs };
  }

  /** Takes in what one round saw, `passed` ms after the one before. */
  see({ arrivals, startUps }: Signals, passed: number): void {
    this.#rate = this.#rate * Math.exp(-passed / memoryMs) + (arrivals * 1_000) / memoryMs;
    for (const ms of startUps) this.#startUpMs += lastStartUp * (ms - this.#startUpMs);
  }

  /** `Decision.worth` of this moment. */
  get each(): (k: number) => number {
    const seconds = Math.max(1, this.#startUpMs) / 1_000;
    const chances = chancesOf(this.#rate * seconds);
    return (k) => (this.#rate === 0 ? 0 : chances(k) / seconds);
  }
}
