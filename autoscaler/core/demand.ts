// How many new sessions come within the time that a replacement takes, given how many came lately: a distribution, learned.
// Load of late is told by two counters that fade, one over that time and one over sixteen times it; each in steps of a doubling.
// For each pair of steps there is a histogram of what came next, over a prior: the negative binomial (a Poisson rate that
// itself varies, as gamma) with the dispersion seen so far. So bursts are learned as they are, and what was never seen is not 0.
import { binCount, binOf, topOf } from './log-bins.ts';

/**
 * The chances of missing the next session for which sizes are kept: their odds go from 8 to 1 down to 1 to 32 000, in steps of √2.
 */
export const risks: readonly number[] = Array.from({ length: 37 }, (_, step) => {
  const odds = 2 ** (3 - step / 2);
  return odds / (1 + odds);
});

const levels = 16;
const lowest = 1 / 16;
/** The slow counter fades over so many times the horizon. */
export const slowTimes = 16;
/** The prior is at most as wide as the geometric distribution, which assumes least for its mean (Jaynes, 1957); more is for the histograms. */
const mostDispersion = 1;
/** The prior weighs as much as so many observations. */
const priorWeight = 2;
/** What came at the same slow level, whatever the fast one, weighs as much as so many observations. */
const parentWeight = 5;
/** An observation weighs half after so many later ones in the same histogram. */
const halfLife = 2_000;
const fading = 2 ** (-1 / halfLife);

/** What came after one pair of levels, or after one slow level whatever the fast one. */
interface Seen {
  weight: number;
  bins: number[];
  /** For each risk the size that keeps it; of a pair only. */
  sizes: number[];
}

type Kept = readonly [place: number, weight: number, bins: readonly number[], sizes: readonly number[]];

export interface DemandState {
  readonly fast: number;
  readonly slow: number;
  readonly at: number;
  readonly variance: number;
  readonly square: number;
  /** Place, weight and histogram of each pair of levels, and of each slow level. */
  readonly seen: readonly Kept[];
  readonly parents: readonly Kept[];
}

const levelOf = (count: number): number =>
  count < lowest ? 0 : Math.min(levels - 1, 1 + Math.floor(Math.log2(count / lowest)));

const emptyHistogram = (): Seen => ({ weight: 0, bins: new Array<number>(binCount).fill(0), sizes: [] });

function add(histogram: Seen, bin: number): void {
  for (let at = 0; at < binCount; at += 1) histogram.bins[at] = (histogram.bins[at] ?? 0) * fading;
  histogram.weight = histogram.weight * fading + 1;
  histogram.bins[bin] = (histogram.bins[bin] ?? 0) + 1;
}

const kept = (histograms: readonly (Seen | undefined)[]): readonly Kept[] =>
  histograms.flatMap((it, place) => (it ? [[place, it.weight, [...it.bins], [...it.sizes]] as const] : []));

function restore(into: (Seen | undefined)[], from: readonly Kept[]): void {
  for (const [place, weight, bins, sizes] of from)
    into[place] = { weight, bins: [...bins], sizes: [...sizes] };
}

const nothing: DemandState = { fast: 0, slow: 0, at: 0, variance: 1, square: 1, seen: [], parents: [] };

const middleOf = (level: number): number => (level === 0 ? lowest / 4 : lowest * 2 ** (level - 0.5));

export class Demand {
  #fast: number;
  #slow: number;
  #at: number;
  /** Moments of what came against what was expected: variance beyond Poisson's, and the squared expectation. */
  #variance: number;
  #square: number;
  readonly #parents: (Seen | undefined)[] = new Array<Seen | undefined>(levels).fill(undefined);
  readonly #seen: (Seen | undefined)[] = new Array<Seen | undefined>(levels * levels).fill(undefined);

  constructor(state: DemandState = nothing) {
    this.#fast = state.fast;
    this.#slow = state.slow;
    this.#at = state.at;
    this.#variance = state.variance;
    this.#square = state.square;
    restore(this.#parents, state.parents);
    restore(this.#seen, state.seen);
  }

  state(): DemandState {
    const [fast, slow, at, variance, square] = [
      this.#fast,
      this.#slow,
      this.#at,
      this.#variance,
      this.#square,
    ];
    return { fast, slow, at, variance, square, seen: kept(this.#seen), parents: kept(this.#parents) };
  }

  /** Counts new sessions; `horizon`: milliseconds that a replacement takes. */
  count(arrivals: number, elapsed: number, horizon: number): void {
    const passed = elapsed - this.#at;
    this.#at = elapsed;
    this.#fast = this.#fast * Math.exp(-passed / horizon) + arrivals;
    this.#slow = this.#slow * Math.exp(-passed / (slowTimes * horizon)) + arrivals / slowTimes;
  }

  /** Sessions within the horizon, as the fast and as the slow counter have it. */
  get fast(): number {
    return this.#fast;
  }

  get slow(): number {
    return this.#slow;
  }

  /** How many observations the present estimate rests on. */
  get weight(): number {
    return this.#seen[this.place]?.weight ?? 0;
  }

  /** Variance over mean that one session within the horizon adds: 0 is Poisson. */
  get dispersion(): number {
    return Math.min(mostDispersion, Math.max(0.01, this.#variance / this.#square));
  }

  /** Where the present load belongs. */
  get place(): number {
    return levelOf(this.#fast) * levels + levelOf(this.#slow);
  }

  /** Learns that `came` sessions came within a horizon that began at `place`. */
  observe(place: number, came: number): void {
    const seen = (this.#seen[place] ??= emptyHistogram());
    const bin = binOf(came);
    add(seen, bin);
    add((this.#parents[place % levels] ??= emptyHistogram()), bin);
    const expected = this.#expected(place);
    this.#variance = this.#variance * fading + Math.max(0, (came - expected) ** 2 - expected);
    this.#square = this.#square * fading + expected ** 2;
    this.#learn(place);
  }

  /** The size for each risk at `place`: never less than where both counters are lower. */
  sizes(place: number): readonly number[] {
    const [fast, slow] = [Math.floor(place / levels), place % levels];
    if (!this.#seen[place]) {
      this.#seen[place] = emptyHistogram();
      this.#learn(place);
    }
    const result = new Array<number>(risks.length).fill(0);
    for (let f = 0; f <= fast; f += 1) {
      for (let s = 0; s <= slow; s += 1) {
        const sizes = this.#seen[f * levels + s]?.sizes;
        if (!sizes) continue;
        for (let risk = 0; risk < result.length; risk += 1)
          result[risk] = Math.max(result[risk] ?? 0, sizes[risk] ?? 0);
      }
    }
    return result;
  }

  #expected(place: number): number {
    return Math.max(middleOf(Math.floor(place / levels)), middleOf(place % levels));
  }

  /** Works out the sizes of a place anew, in one pass from the largest count down. */
  #learn(place: number): void {
    const seen = this.#seen[place];
    if (!seen) return;
    const above = priorAbove(Math.max(Math.floor(place / levels), place % levels), this.dispersion);
    const parent = this.#parents[place % levels] ?? emptyHistogram();
    const ofParent = parentWeight / (parent.weight + priorWeight);
    const all = seen.weight + parentWeight;
    let tail = 0;
    let parentTail = 0;
    let risk = risks.length - 1;
    seen.sizes = new Array<number>(risks.length).fill(0);
    for (let bin = binCount - 1; bin > 0 && risk >= 0; bin -= 1) {
      tail += seen.bins[bin] ?? 0;
      parentTail += parent.bins[bin] ?? 0;
      // The chance that more comes than the bin below holds: the risks that it exceeds need this bin.
      const chance = (tail + ofParent * (parentTail + priorWeight * (above[bin - 1] ?? 0))) / all;
      for (; risk >= 0 && chance > (risks[risk] ?? 0); risk -= 1) seen.sizes[risk] = topOf(bin);
    }
  }
}

/** Dispersions are told apart in so many steps for each doubling. */
const dispersionSteps = 4;
const priors = new Map<number, readonly number[]>();

/** For each bin the prior's chance of more than it holds, at a level of load and a dispersion. */
function priorAbove(level: number, dispersion: number): readonly number[] {
  const step = Math.round(dispersionSteps * Math.log2(dispersion));
  const key = step * levels + level;
  const known = priors.get(key);
  if (known) return known;
  const made = negativeBinomialAbove(middleOf(level), 2 ** (-step / dispersionSteps));
  priors.set(key, made);
  return made;
}

/** Chances of more than each bin holds, for a negative binomial of that mean and shape (1 / dispersion). */
function negativeBinomialAbove(mean: number, shape: number): readonly number[] {
  const share = mean / (mean + shape);
  let chance = (1 - share) ** shape;
  let below = 0;
  let count = 0;
  return Array.from({ length: binCount }, (_, bin) => {
    for (; count <= topOf(bin) && below < 1 - 1e-7; count += 1) {
      below += chance;
      chance *= (share * (count + shape)) / (count + 1);
    }
    return Math.max(0, 1 - below);
  });
}
