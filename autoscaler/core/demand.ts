// How many new sessions come within the time that a replacement takes, given how many came lately: distributions, learned.
// Load of late is told by two counters that fade, one over that time and one over sixteen times it; each in steps of a doubling.
// Three views are kept, from the one that knows least of the moment to the one that knows most: `steady` (what comes at any time),
// `slow` (what comes at this level of the slow counter) and `fine` (at this pair of levels). Each leans on the one before as
// long as it has seen little, and the first on a negative binomial. Which serves best is for the score to say (score.ts).
// While nothing comes, `slow` and `fine` ask how long silences last (silence.ts).
import {
  chanceOf,
  geometric,
  halfAndHalf,
  levelOf,
  levels,
  middleOf,
  mixed,
  negativeBinomial,
  risks,
  sizesOf,
  type Chances,
} from './chances.ts';
import { Histogram } from './histogram.ts';
import { binCount } from './log-bins.ts';
import { pack, short, unpack } from './pack.ts';
import { Silence, type SilenceState, type Waiting } from './silence.ts';

export const views = ['steady', 'slow', 'fine'] as const;
/** One size for each view and risk: those of a view are side by side. */
export const choices = views.length * risks.length;

/** The slow counter fades over so many times the horizon. */
export const slowTimes = 16;
/** No prior is wider than the geometric distribution, which assumes least for its mean (Jaynes, 1957). */
const mostDispersion = 1;
/** Beliefs weigh as much as so many observations; of those about eight overlap. */
const priorWeight = 2;
const parentWeight = 6;
/** A pair of levels with fewer observations is strange: there `steady` and `slow` hold no less than `fine`. */
const familiar = 12;
/** An observation weighs half after so many later ones in the same histogram. */
const halfLife = 2_000;
const steadyHalfLife = 16_000;
/** `steady` is worked out anew after so many observations. */
const steadyEvery = 16;
const fading = 2 ** (-1 / halfLife);
/** No pool is larger than so many times the most that ever came, and some. */
const plausible = 2;

/** What was seen in one situation, and what follows from it. */
class Situation {
  readonly seen: Histogram;
  chances: Chances | undefined;
  sizes: Float64Array | undefined;

  constructor(seen = new Histogram(halfLife)) {
    this.seen = seen;
  }
}

export interface DemandState {
  readonly counters: readonly number[];
  /** Weights of histograms, packed. */
  readonly steady: string;
  readonly burst: string;
  readonly slow: Readonly<Record<number, string>>;
  readonly fine: Readonly<Record<number, string>>;
  readonly silence: SilenceState;
}

/** The present moment: the levels of load, and how long nothing came. */
export interface Moment {
  readonly place: number;
  readonly waiting: Waiting;
}

const firstBurst = geometric(0.5);

export class Demand {
  #fast = 0;
  #slow = 0;
  #at = 0;
  /** Moments of what came against what was expected: variance beyond Poisson's, and the squared expectation. */
  #variance = 1;
  #square = 1;
  /** Most sessions that came within a horizon; fades very slowly. */
  #most = 0;
  /** When the last burst began, and when its last session came; the former is undefined before the first session. */
  #began: number | undefined;
  #last = 0;
  readonly #steady = new Situation(new Histogram(steadyHalfLife));
  readonly #steadyRest = { left: 0 };
  /** What came after silence, when something did. */
  readonly #burst = new Situation();
  readonly #slowSeen = new Map<number, Situation>();
  readonly #fineSeen = new Map<number, Situation>();
  readonly #silence: Silence;

  constructor(state?: DemandState) {
    this.#silence = new Silence(state?.silence);
    if (!state) return;
    const [fast = 0, slow = 0, at = 0, variance = 1, square = 1, most = 0, began = -1, last = 0] =
      state.counters;
    [this.#fast, this.#slow, this.#at, this.#variance, this.#square] = [fast, slow, at, variance, square];
    [this.#most, this.#began, this.#last] = [most, began < 0 ? undefined : began, last];
    this.#steady.seen.restore(unpack(state.steady, binCount));
    this.#burst.seen.restore(unpack(state.burst, binCount));
    remember(this.#slowSeen, state.slow);
    remember(this.#fineSeen, state.fine);
  }

  state(): DemandState {
    const began = this.#began ?? -1;
    return {
      counters: [
        this.#fast,
        this.#slow,
        this.#at,
        this.#variance,
        this.#square,
        this.#most,
        began,
        this.#last,
      ].map(short),
      steady: pack(this.#steady.seen.weights()),
      burst: pack(this.#burst.seen.weights()),
      slow: kept(this.#slowSeen),
      fine: kept(this.#fineSeen),
      silence: this.#silence.state(),
    };
  }

  /** Counts new sessions; `horizon`: milliseconds that a replacement takes, `round`: since the last count. */
  count(arrivals: number, elapsed: number, horizon: number, round: number): void {
    const passed = elapsed - this.#at;
    this.#at = elapsed;
    this.#fast *= Math.exp(-passed / horizon);
    this.#slow *= Math.exp(-passed / (slowTimes * horizon));
    if (arrivals === 0) return;
    if (this.#place() === 0) this.#begin(elapsed, horizon, round);
    this.#last = elapsed;
    this.#fast += arrivals;
    this.#slow += arrivals / slowTimes;
    this.#most = Math.max(this.#most, this.#fast);
  }

  #begin(elapsed: number, horizon: number, round: number): void {
    if (this.#began !== undefined) this.#silence.ended(this.#waiting(elapsed, horizon, round));
    this.#began = elapsed;
  }

  #waiting(elapsed: number, horizon: number, round: number): Waiting {
    return {
      whole: elapsed - (this.#began ?? 0),
      rest: elapsed - this.#last,
      horizon,
      round: Math.max(1, round),
    };
  }

  #place(): number {
    return levelOf(this.#fast) * levels + levelOf(this.#slow);
  }

  /** Whether so long nothing came that both counters tell nothing. */
  get silent(): boolean {
    return this.#place() === 0;
  }

  /** Sessions within the horizon, as the fast and as the slow counter have it. */
  get fast(): number {
    return this.#fast;
  }

  get slow(): number {
    return this.#slow;
  }

  /** Observations that the finest view rests on at present. */
  weight({ place }: Moment): number {
    return (place === 0 ? this.#burst : this.#fineSeen.get(place))?.seen.weight ?? 0;
  }

  moment(elapsed: number, horizon: number, round: number): Moment {
    return { place: this.#place(), waiting: this.#waiting(elapsed, horizon, round) };
  }

  /** Learns that `came` sessions came within a horizon that began at `place`; `times` over. */
  observe(place: number, came: number, times: number): void {
    this.#steady.seen.add(came, times);
    this.#most = Math.max(this.#most * (1 - 1 / 65_536), came);
    if (place === 0) {
      if (came > 0) learn(this.#burst, came);
      return;
    }
    learn(situation(this.#fineSeen, place), came);
    learn(situation(this.#slowSeen, place % levels), came);
    const expected = Math.max(middleOf(Math.floor(place / levels)), middleOf(place % levels));
    this.#variance = this.#variance * fading + Math.max(0, (came - expected) ** 2 - expected);
    this.#square = this.#square * fading + expected ** 2;
  }

  /** For each view and risk the size now. Never less where both counters are higher. */
  sizes({ place, waiting }: Moment): Float64Array {
    const sizes = new Float64Array(choices);
    sizes.set(this.#steadySizes(), 0);
    if (place === 0) {
      const silent = this.#silentSizes(waiting);
      sizes.set(silent, risks.length);
      sizes.set(silent, 2 * risks.length);
    } else {
      this.#busySizes(place, sizes);
    }
    const most = this.#began === undefined ? 1 : Math.ceil(plausible * this.#most) + 1;
    for (let at = 0; at < choices; at += 1) if ((sizes[at] ?? 0) > most) sizes[at] = most;
    return sizes;
  }

  /** The chance that `count` sessions or more come within a horizon, by one view. */
  chance({ place, waiting }: Moment, view: number, count: number): number {
    if (view === 0) return chanceOf(this.#steadyChances(), count);
    if (place === 0) return this.#silence.ending(waiting) * chanceOf(this.#burstChances(), count);
    if (view === 1) return chanceOf(this.#slowChances(place % levels), count);
    return chanceOf(this.#fineChances(place), count);
  }

  #busySizes(place: number, sizes: Float64Array): void {
    const fine = sizes.subarray(2 * risks.length);
    const strange = this.#fineSizesAt(place, fine);
    const middle = sizes.subarray(risks.length, 2 * risks.length);
    const slow = place % levels;
    middle.set(this.#slowSizes(slow));
    for (const [other, it] of this.#slowSeen)
      if (other < slow && isFamiliar(it)) raise(middle, this.#slowSizes(other));
    if (!strange) return;
    raise(middle, fine);
    raise(sizes.subarray(0, risks.length), fine);
  }

  /** Fills in the finest view's sizes, and says whether never so much load was seen. */
  #fineSizesAt(place: number, sizes: Float64Array): boolean {
    const known = isFamiliar(this.#fineSeen.get(place));
    let strange = !known;
    sizes.set(known ? this.#fineSizes(place) : this.#believed(place));
    for (const [other, it] of known ? [] : this.#fineSeen) {
      // What is only believed is no more than what is known of more load.
      if (!isFamiliar(it) || !covers(other, place)) continue;
      strange = false;
      lower(sizes, this.#fineSizes(other));
    }
    for (const [other, it] of this.#fineSeen)
      if (isFamiliar(it) && covers(place, other)) raise(sizes, this.#fineSizes(other));
    return strange;
  }

  /** Sizes at a place where little was seen: half of what comes at any time, half of what such a load lets one think. */
  #believed(place: number): Float64Array {
    const level = Math.max(Math.floor(place / levels), place % levels);
    return sizesOf(halfAndHalf(this.#steadyChances(), negativeBinomial(level, this.#dispersion())));
  }

  #dispersion(): number {
    return Math.min(mostDispersion, Math.max(0.01, this.#variance / this.#square));
  }

  #steadyChances(): Chances {
    const { seen } = this.#steady;
    return (this.#steady.chances ??= mixed(
      seen,
      negativeBinomial(levelOf(this.#slow), this.#dispersion()),
      priorWeight,
    ));
  }

  #steadySizes(): Float64Array {
    this.#steadyRest.left -= 1;
    if (this.#steadyRest.left <= 0) {
      this.#steady.chances = undefined;
      this.#steady.sizes = undefined;
      this.#steadyRest.left = steadyEvery;
    }
    return (this.#steady.sizes ??= sizesOf(this.#steadyChances()));
  }

  #slowChances(level: number): Chances {
    const it = situation(this.#slowSeen, level);
    return (it.chances ??= mixed(it.seen, negativeBinomial(level, this.#dispersion()), priorWeight));
  }

  #slowSizes(level: number): Float64Array {
    const it = situation(this.#slowSeen, level);
    return (it.sizes ??= sizesOf(this.#slowChances(level)));
  }

  #fineChances(place: number): Chances {
    const it = situation(this.#fineSeen, place);
    if (it.chances) return it.chances;
    return (it.chances = mixed(it.seen, this.#slowChances(place % levels), parentWeight));
  }

  #fineSizes(place: number): Float64Array {
    const it = situation(this.#fineSeen, place);
    return (it.sizes ??= sizesOf(this.#fineChances(place)));
  }

  #burstChances(): Chances {
    return (this.#burst.chances ??= mixed(this.#burst.seen, firstBurst, priorWeight));
  }

  #silentSizes(waiting: Waiting): Float64Array {
    return sizesOf(this.#burstChances(), this.#silence.ending(waiting));
  }
}

/** What is not familiar is not told on: nothing follows from it yet. */
const kept = (from: ReadonlyMap<number, Situation>): Record<number, string> =>
  Object.fromEntries(
    [...from].flatMap(([at, it]) => (isFamiliar(it) ? [[at, pack(it.seen.weights())]] : [])),
  );

function remember(into: Map<number, Situation>, from: Readonly<Record<number, string>>): void {
  for (const [at, weights] of Object.entries(from))
    situation(into, Number(at)).seen.restore(unpack(weights, binCount));
}

function situation(known: Map<number, Situation>, at: number): Situation {
  const found = known.get(at) ?? new Situation();
  known.set(at, found);
  return found;
}

function learn(it: Situation, came: number): void {
  it.seen.add(came);
  it.chances = undefined;
  it.sizes = undefined;
}

const isFamiliar = (it: Situation | undefined): boolean => it !== undefined && it.seen.weight >= familiar;

/** Whether there is as much load at one place as at another, or more, by both counters. */
const covers = (place: number, other: number): boolean =>
  place !== other &&
  Math.floor(other / levels) <= Math.floor(place / levels) &&
  other % levels <= place % levels;

function lower(sizes: Float64Array, most: Float64Array): void {
  for (let at = 0; at < sizes.length; at += 1)
    if ((most[at] ?? 0) < (sizes[at] ?? 0)) sizes[at] = most[at] ?? 0;
}

function raise(sizes: Float64Array, least: Float64Array): void {
  for (let at = 0; at < sizes.length; at += 1)
    if ((least[at] ?? 0) > (sizes[at] ?? 0)) sizes[at] = least[at] ?? 0;
}
