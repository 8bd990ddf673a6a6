// How many new sessions come within the time that a replacement takes, given how many came lately: distributions, learned.
// Load of late is told by two counters that fade, one over that time and one over sixteen times it; each in steps of a doubling.
// Three views are kept, from the one that knows least of the moment to the one that knows most: `steady` (what comes at any time),
// `slow` (what comes at this level of the slow counter) and `fine` (at this pair of levels). Each leans on the one before as
// long as it has seen little, and the first on a negative binomial. Which serves best is for the score to say (score.ts).
// While nothing comes, `slow` and `fine` ask how long silences last (silence.ts).
import {
  chanceOf,
  either,
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
  type Sizes,
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
const staleParts = 16;
/** No pool is larger than so many times the most that ever came, and some. */
const plausible = 2;

/** What was seen in one situation, and what follows from it. */
class Situation {
  /** Observations since something was worked out from them. */
  fresh = 0;
  readonly seen: Histogram;
  chances: Chances | undefined;
  sizes: Sizes | undefined;

  constructor(seen = new Histogram(halfLife)) {
    this.seen = seen;
  }
}

interface Belief {
  readonly chances: Chances;
  readonly sizes: Sizes;
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

const firstBurst = geometric(0.1);
const seldom = firstBurst.map((chance) => chance / 2);

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
  #steadyLeft = 0;
  /** Sizes where little was seen, by level. */
  readonly #believed = new Map<number, Belief>();
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

  /** For each view the sizes now, by risk. */
  sizes({ place, waiting }: Moment): readonly Sizes[] {
    const steady = this.#steadySizes();
    if (place === 0) {
      const silent = sizesOf(this.#burstChances(), this.#silence.ending(waiting));
      return [steady, silent, silent];
    }
    const slow = this.#slowSizes(place % levels);
    if (isFamiliar(this.#fineSeen.get(place))) return [steady, slow, this.#fineSizes(place)];
    const { sizes, strange } = this.#unfamiliar(place);
    return strange ? [larger(steady, sizes), larger(slow, sizes), sizes] : [steady, slow, sizes];
  }

  /** What a view at a risk holds for less load: never less for more. */
  least({ place }: Moment, view: number, risk: number): number {
    let least = 0;
    if (view === 1) {
      for (const [level, it] of this.#slowSeen)
        if (level < place % levels && isFamiliar(it))
          least = Math.max(least, this.#slowSizes(level)[risk] ?? 0);
    } else if (view === 2) {
      for (const [other, it] of this.#fineSeen)
        if (covers(place, other) && isFamiliar(it))
          least = Math.max(least, this.#fineSizes(other)[risk] ?? 0);
    }
    return least;
  }

  /** Above this no size is plausible. */
  get most(): number {
    return this.#began === undefined ? 1 : Math.ceil(plausible * this.#most) + 1;
  }

  /** The chance that `count` sessions or more come within a horizon, by one view. */
  chance({ place, waiting }: Moment, view: number, count: number): number {
    if (view === 0) return chanceOf(this.#steadyChances(), count);
    if (place === 0) return this.#silence.ending(waiting) * chanceOf(this.#burstChances(), count);
    if (view === 1) return chanceOf(this.#slowChances(place % levels), count);
    return chanceOf(this.#fineChances(place), count);
  }

  /** Sizes where little was seen, and whether never so much load was. What is only believed is no more than what is known of more load. */
  #unfamiliar(place: number): { readonly sizes: Sizes; readonly strange: boolean } {
    const level = Math.max(Math.floor(place / levels), place % levels);
    const believed = this.#belief(level).sizes;
    let sizes: number[] | undefined;
    for (const [other, it] of this.#fineSeen) {
      if (!isFamiliar(it) || !covers(other, place)) continue;
      sizes ??= believed.slice();
      lower(sizes, this.#fineSizes(other));
    }
    return { sizes: sizes ?? believed, strange: sizes === undefined };
  }

  /** What is believed at a level of load: half of it what comes at any time, half what such a load lets one think. */
  #believe(level: number): Belief {
    const chances = halfAndHalf(this.#steadyChances(), negativeBinomial(level, this.#dispersion()));
    const belief = { chances, sizes: sizesOf(chances) };
    this.#believed.set(level, belief);
    return belief;
  }

  #belief(level: number): Belief {
    return this.#believed.get(level) ?? this.#believe(level);
  }

  #dispersion(): number {
    return Math.min(mostDispersion, Math.max(0.01, this.#variance / this.#square));
  }

  #steadyChances(): Chances {
    if (this.#steady.chances) return this.#steady.chances;
    const prior = negativeBinomial(levelOf(this.#slow), this.#dispersion());
    // However long nothing came, half a session may have: what was never seen is not for that impossible (Jeffreys, 1946).
    const belief = either(prior, seldom);
    return (this.#steady.chances = mixed(this.#steady.seen, belief, priorWeight));
  }

  #steadySizes(): Sizes {
    this.#steadyLeft -= 1;
    if (this.#steadyLeft <= 0) {
      this.#steady.chances = undefined;
      this.#steady.sizes = undefined;
      this.#believed.clear();
      this.#steadyLeft = steadyEvery;
    }
    return (this.#steady.sizes ??= sizesOf(this.#steadyChances()));
  }

  #slowChances(level: number): Chances {
    const it = situation(this.#slowSeen, level);
    return (it.chances ??= mixed(it.seen, this.#belief(level).chances, priorWeight));
  }

  #slowSizes(level: number): Sizes {
    const it = situation(this.#slowSeen, level);
    return (it.sizes ??= sizesOf(this.#slowChances(level)));
  }

  /** Not kept: there are many places. */
  #fineChances(place: number): Chances {
    return mixed(this.#fineSeen.get(place)?.seen, this.#slowChances(place % levels), parentWeight);
  }

  #fineSizes(place: number): Sizes {
    const it = situation(this.#fineSeen, place);
    return (it.sizes ??= sizesOf(this.#fineChances(place)));
  }

  #burstChances(): Chances {
    const { seen, chances } = this.#burst;
    if (chances) return chances;
    const steady = this.#steadyChances();
    const something = steady[0] ?? 1;
    const belief = halfAndHalf(
      firstBurst,
      steady.map((chance) => chance / something),
    );
    return (this.#burst.chances = mixed(seen, belief, priorWeight));
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

/** What follows is worked out anew when there is a part more to know. */
function learn(it: Situation, came: number): void {
  it.seen.add(came);
  it.fresh += 1;
  if (it.fresh * staleParts < it.seen.weight) return;
  it.fresh = 0;
  it.chances = undefined;
  it.sizes = undefined;
}

const isFamiliar = (it: Situation | undefined): boolean => it !== undefined && it.seen.weight >= familiar;

/** Whether there is as much load at one place as at another, or more, by both counters. */
const covers = (place: number, other: number): boolean =>
  place !== other &&
  Math.floor(other / levels) <= Math.floor(place / levels) &&
  other % levels <= place % levels;

function larger(one: Sizes, other: Sizes): Sizes {
  const result = one.slice();
  for (let at = 0; at < result.length; at += 1)
    if ((other[at] ?? 0) > (result[at] ?? 0)) result[at] = other[at] ?? 0;
  return result;
}

/** Brings down what is above the other. */
function lower(sizes: number[], other: Sizes): void {
  for (let at = 0; at < sizes.length; at += 1)
    if ((other[at] ?? 0) < (sizes[at] ?? 0)) sizes[at] = other[at] ?? 0;
}
