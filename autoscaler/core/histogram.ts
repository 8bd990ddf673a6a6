// A distribution of counts that forgets: how often what came was in each bin, old observations weighing less.
// Owns no prior and no meaning. What is not yet seen has weight 0.
import { binCount, binOf } from './log-bins.ts';

/** Weights are brought down before they lose digits. */
const largest = 2 ** 16;

export class Histogram {
  readonly #bins = new Array<number>(binCount).fill(0);
  readonly #growth: number;
  /** What the next observation counts; it grows instead of all that went before shrinking. */
  #unit = 1;
  #sum = 0;

  /** An observation weighs half after `halfLife` later ones. */
  constructor(halfLife: number) {
    this.#growth = 2 ** (1 / halfLife);
  }

  /** `times`: so many observations of the same. */
  add(count: number, times = 1): void {
    const bin = binOf(count);
    this.#unit *= this.#growth ** times;
    this.#bins[bin] = (this.#bins[bin] ?? 0) + this.#unit * times;
    this.#sum += this.#unit * times;
    if (this.#unit > largest) this.#settle();
  }

  /** How many observations there are, in the newest one's weight. */
  get weight(): number {
    return this.#sum / this.#unit;
  }

  at(bin: number): number {
    return (this.#bins[bin] ?? 0) / this.#unit;
  }

  /** Weights of all bins. */
  weights(): readonly number[] {
    return Array.from(this.#bins, (weight) => weight / this.#unit);
  }

  /** Replaces what was seen. */
  restore(weights: ArrayLike<number>): void {
    this.#unit = 1;
    this.#sum = 0;
    for (let bin = 0; bin < binCount; bin += 1) {
      this.#bins[bin] = weights[bin] ?? 0;
      this.#sum += this.#bins[bin] ?? 0;
    }
  }

  #settle(): void {
    this.restore(this.weights());
  }
}
