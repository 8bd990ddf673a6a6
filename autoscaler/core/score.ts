// Keeps score: how many sessions would have started cold, and how many sandboxes would have waited, had the pool followed one
// view of what comes (demand.ts) at one chance of a miss, for each of both; and how many really started cold.
// From that follows what the pool follows next, so that the share of warm starts comes out as asked for, with the fewest waiting.
// Owns no prediction (demand.ts) and no size (target.ts).
import { risks } from './chances.ts';
import { choices, views } from './demand.ts';
import { packFine, short, unpackFine } from './pack.ts';

/** A session weighs half after so many later ones. */
const halfLife = 20_000;
/** Misses too many or too few are made good over as many sessions as may have this many misses: quick enough to matter, too slow to sway. */
const correctedOver = 40;
/** However far off the share is, no more than so many times the allowed misses are aimed at, and no fewer than one such part. */
const mostCorrection = 4;
/** Before there is a score, a chance is believed to give the misses that it may give at most: as much as sessions with so many misses allowed. */
const believedMisses = 1;
/** Another view is followed when it would have had so much fewer waiting. */
const better = 0.8;
/** A view that would have had so many times the misses of the best, and half of one, is as good. */
const alike = 1.03;
/** A choice is made anew when the rate is not the same to within this. */
const sameRate = 0.9;
/** And after so many horizons, of which about eight overlap. */
const choiceEvery = 4;

export interface ScoreState {
  readonly sums: readonly number[];
  /** Packed. */
  readonly missed: string;
  readonly idle: string;
}

/** What the pool follows: the view, and the place of the chance in `risks`. */
export interface Choice {
  readonly view: number;
  readonly risk: number;
}

const finest = views.length - 1;

export class Score {
  readonly #allowed: number;
  #scored = 0;
  readonly #missed = new Array<number>(choices).fill(0);
  readonly #idle = new Array<number>(choices).fill(0);
  #sessions = 0;
  #cold = 0;
  #view = finest;
  #choice: Choice | undefined;
  /** What it was made for, and how many horizons were scored since. */
  #rate = 0;
  #since = 0;

  /** `allowed`: share of sessions that may start cold, above 0. */
  constructor(allowed: number, state?: ScoreState) {
    this.#allowed = allowed;
    if (!state) return;
    [this.#scored = 0, this.#sessions = 0, this.#cold = 0, this.#view = finest] = state.sums;
    for (const [at, weight] of unpackFine(state.missed, choices).entries()) this.#missed[at] = weight;
    for (const [at, weight] of unpackFine(state.idle, choices).entries()) this.#idle[at] = weight;
  }

  state(): ScoreState {
    const sums = [this.#scored, this.#sessions, this.#cold, this.#view].map(short);
    return { sums, missed: packFine(this.#missed), idle: packFine(this.#idle) };
  }

  /** What really happened to `sessions` new sessions. */
  happened(sessions: number, cold: number): void {
    if (sessions === 0) return;
    const fading = 2 ** (-sessions / halfLife);
    this.#sessions = this.#sessions * fading + sessions;
    this.#cold = this.#cold * fading + cold;
    if (cold > 0) this.#choice = undefined;
  }

  /**
   * What would have happened to the last `late` sessions of a horizon in which `came` did, with a pool that held `sizes`
   * (one for each choice) when it began: those beyond the pool would have been cold. `times`: so often the same horizon.
   */
  wouldHave(late: number, came: number, sizes: readonly number[], times: number): void {
    if (late > 0) this.#fade(2 ** (-late / halfLife));
    this.#scored += late;
    for (let at = 0; at < choices; at += 1) {
      const left = (sizes[at] ?? 0) - came;
      if (left > 0) this.#idle[at] = (this.#idle[at] ?? 0) + left * times;
      else if (late > 0) this.#missed[at] = (this.#missed[at] ?? 0) + Math.min(late, -left);
    }
    this.#since += times;
    if (this.#since >= choiceEvery) this.#choice = undefined;
  }

  #fade(fading: number): void {
    this.#scored *= fading;
    for (let at = 0; at < choices; at += 1) {
      this.#missed[at] = (this.#missed[at] ?? 0) * fading;
      this.#idle[at] = (this.#idle[at] ?? 0) * fading;
    }
  }

  /** Share of sessions that started warm, of late; 1 when there was none. */
  get reached(): number {
    return this.#sessions === 0 ? 1 : 1 - this.#cold / this.#sessions;
  }

  /** Share of sessions that may start cold from now on, so that the share over all comes right. */
  get aim(): number {
    const debt = this.#cold - this.#allowed * this.#sessions;
    const aim = this.#allowed - (debt * this.#allowed) / correctedOver;
    return Math.min(this.#allowed * mostCorrection, Math.max(this.#allowed / mostCorrection, aim));
  }

  /** What to follow; `rate`: sessions within a horizon, on average over all time. */
  choice(rate: number): Choice {
    if (this.#choice && rate > this.#rate * sameRate && rate < this.#rate / sameRate) return this.#choice;
    [this.#rate, this.#since] = [rate, 0];
    const found = views.map((_, view) => this.#within(view, Math.min(1, rate)));
    const least = Math.min(...found.map(({ misses }) => misses));
    const fewest = Math.max(this.#budget, least * alike + 0.5);
    let best: (Choice & { readonly idle: number }) | undefined;
    for (const [view, { risk, misses, idle }] of found.entries()) {
      if (misses > fewest) continue;
      const waiting = view === this.#view ? better * idle : idle;
      if (!best || waiting < best.idle) best = { view, risk, idle: waiting };
    }
    best ??= { view: finest, risk: risks.length - 1, idle: 0 };
    this.#view = best.view;
    return (this.#choice = { view: best.view, risk: best.risk });
  }

  /**
   * The largest chance that the score says is small enough for a view. Each time that nothing is held for a session it comes at
   * most with that chance: so misses are at most the chance times the horizons, and their share is that over the rate.
   */
  #within(view: number, rate: number): { risk: number; misses: number; idle: number } {
    const from = view * risks.length;
    const believed = believedMisses / this.#allowed;
    // What no chance would have saved is no reason to hold more.
    const unavoidable = (this.#missed[from + risks.length - 1] ?? 0) + believed * this.aim;
    const most = Math.max(this.#budget, unavoidable);
    const misses = (risk: number): number =>
      (this.#missed[from + risk] ?? 0) + believed * Math.min(1, (risks[risk] ?? 0) / rate);
    let risk = 0;
    while (risk < risks.length - 1 && misses(risk) > most) risk += 1;
    return { risk, misses: misses(risk), idle: this.#idle[from + risk] ?? 0 };
  }

  /** Misses that there may be of all scored sessions, and of those that the belief stands for. */
  get #budget(): number {
    return this.aim * (this.#scored + believedMisses / this.#allowed);
  }
}
