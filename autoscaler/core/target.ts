// Class `target`: a pool just large enough for the wanted share of new sessions to start warm.
// One more sandbox in the pool is worth the chance that more sessions come than it holds before a replacement does: the
// newsvendor's rule (Arrow, Harris and Marschak, Optimal Inventory Policy, 1951). The same chance at all times gives the fewest
// cold starts for the same idle time; which chance gives the wanted share is what the score tells.
// Invariant: between min and max, but for start-ups that fail; and never less for more load, whatever was learned before.
import { risks, type Sizes } from './chances.ts';
import { choices, Demand, slowTimes, type DemandState, type Moment } from './demand.ts';
import type { TargetPolicy } from '../../model/scaling.ts';
import type { Decision, Scaler, Signals } from './signals.ts';
import { short } from './pack.ts';
import { Score, type Choice, type ScoreState } from './score.ts';
import { Scheduled } from './scheduled.ts';
import { StartUps, type StartUpState } from './start-up.ts';
import { SteadyTime } from './steady-time.ts';

/** At most about so many horizons are under observation at once. */
const openAtOnce = 8;
/** What is given back is given back over this part of a horizon: a wish that falls for one round costs no start-ups. */
const givesBackOver = 0.5;
/** Nor does a wish that falls and rises again within seconds, however short start-ups are (ms). */
const givesBackOverMs = 3_000;
/**
 * The last few go one after another, for they are wanted again soon: so many where at most one session in a hundred may start cold,
 * none where one in ten may, as then idle ones weigh more.
 */
const mostFew = 8;
const betweenFewMs = 2_000;
const fewFor = (allowed: number): number => mostFew * Math.min(1, Math.max(0, Math.log10(0.1 / allowed)));

/** After a silence a decision holds for this part of the silence's length, and no longer than this (ms). */
const quietParts = 64;
const longestQuietMs = 10_000;
const usualRoundMs = 1_000;

const fadingOver = (passed: number, horizon: number): number =>
  Math.exp(-passed / Math.max(givesBackOverMs, givesBackOver * horizon));

/** A horizon under observation: where it began, how many had come before, and what each choice would have held. */
interface Open {
  readonly at: number;
  readonly place: number;
  readonly before: number;
  readonly sizes: number[];
  /** It stands for so many that were alike. */
  readonly times: number;
}

export interface TargetState {
  readonly class: 'target';
  readonly version: number;
  readonly elapsed: number;
  readonly demand: DemandState;
  readonly startUps: StartUpState;
  readonly score: ScoreState;
  readonly size: number;
  readonly lastSession: number | null;
  readonly total: number;
}

/** Of `TargetState`: grows whenever what is in it means something else. */
const version = 1;

/** What `state()` wrote, if this version wrote it. */
export const targetState = (state: unknown): TargetState | undefined =>
  typeof state === 'object' &&
  state !== null &&
  'class' in state &&
  state.class === 'target' &&
  'version' in state &&
  state.version === version
    ? (state as TargetState)
    : undefined;

const nothing = { elapsed: 0, size: undefined, lastSession: null, total: 0 };

/** What one round works with, in milliseconds. */
interface Times {
  readonly elapsed: number;
  /** Since the round before, and since the one before that was worked out. */
  readonly round: number;
  readonly passed: number;
  readonly horizon: number;
}

/** What one round found. */
interface Found {
  readonly choice: Choice;
  readonly wanted: number;
  readonly held: number;
  readonly scheduled: number;
  readonly moment: Moment;
}

export class TargetScaler implements Scaler {
  readonly #policy: TargetPolicy;
  readonly #few: number;
  readonly #time: SteadyTime;
  readonly #demand: Demand;
  readonly #startUps: StartUps;
  readonly #score: Score;
  readonly #scheduled = new Scheduled();
  readonly #open: Open[] = [];
  /** Of horizons that are over: making and forgetting one with each round would cost more than all that is done with it. */
  readonly #spare: number[][] = [];
  /** For each choice what a pool that followed it would hold now. */
  readonly #held = new Array<number>(choices).fill(0);
  #last: number;
  /** The last round that was worked out, what it decided, and until when that holds while nothing happens. */
  #worked: number;
  #decided: Decision | undefined;
  #holdsUntil = 0;
  #skipped = 0;
  #total: number;
  /** Parts of a session, at most half of one either way. */
  #leftOver = 0;
  #lastScored: number;
  /** The size before bounds, with fractions; undefined before the first round without a state. */
  #size: number | undefined;
  #lastSession: number | null;
  /** What a leader without a memory found; kept until it has seen as much as the slow counter reaches back. */
  #found = 0;

  constructor(policy: TargetPolicy, state?: TargetState) {
    this.#policy = policy;
    this.#few = fewFor(1 - policy.warmStarts);
    const { elapsed, size, lastSession, total } = state ?? nothing;
    // The first round that goes on from a state is one like any other.
    this.#time = new SteadyTime(state ? elapsed + usualRoundMs : elapsed);
    [this.#last, this.#worked] = [elapsed, elapsed];
    this.#demand = new Demand(state?.demand);
    this.#startUps = new StartUps(state?.startUps);
    this.#score = new Score(1 - policy.warmStarts, state?.score);
    this.#size = size;
    this.#lastSession = lastSession;
    [this.#total, this.#lastScored] = [total, total];
  }

  state(): TargetState {
    return {
      class: 'target',
      version,
      elapsed: this.#time.elapsed,
      demand: this.#demand.state(),
      startUps: this.#startUps.state(),
      score: this.#score.state(),
      size: short(this.#size ?? 0),
      lastSession: this.#lastSession,
      total: this.#total,
    };
  }

  round(seen: Signals): Decision {
    const elapsed = this.#time.at(seen.now);
    const round = elapsed - this.#last;
    this.#last = elapsed;
    if (this.#decided && elapsed < this.#holdsUntil && nothingIn(seen)) {
      this.#skipped += 1;
      return this.#decided;
    }
    this.#startUps.see(seen.startUps, seen.failures, elapsed);
    // What is decided now holds until the next round, half of it on average.
    const horizon = this.#startUps.tail + round / 2;
    const times = { elapsed, round, passed: elapsed - this.#worked, horizon };
    this.#worked = elapsed;
    const decided = this.#work(seen, times);
    this.#decided = decided;
    this.#holdsUntil = this.#quietUntil(times);
    return decided;
  }

  #work(seen: Signals, times: Times): Decision {
    const { elapsed, round, horizon } = times;
    const choice = this.#score.choice(((this.#total + 0.5) * horizon) / (elapsed + horizon));
    this.#fade(times);
    // What would be wanted had nobody come: more load is never a reason for less.
    if (seen.arrivals > 0 && this.#demand.silent)
      this.#hold(this.#demand.sizes(this.#demand.moment(elapsed, horizon, round)));
    this.#takeIn(seen, times);
    const moment = this.#demand.moment(elapsed, horizon, round);
    const sizes = this.#demand.sizes(moment);
    this.#hold(sizes);
    this.#observeFrom(times, moment);
    const at = choice.view * risks.length + choice.risk;
    const scheduled = this.#scheduled.expected(seen, elapsed, times);
    const own = sizes[choice.view]?.[choice.risk] ?? 0;
    const all = Math.max(own, this.#demand.least(moment, choice.view, choice.risk));
    const wanted = Math.min(all, this.#demand.most);
    const held = this.#given(Math.max(wanted, this.#held[at] ?? 0), times, seen);
    return this.#decision(seen, times, { choice, wanted, held, scheduled, moment });
  }

  /** While nothing comes for long, nothing changes for a part of that time. */
  #quietUntil({ elapsed, horizon }: Times): number {
    const { toZeroAfterMs } = this.#policy;
    const quiet = elapsed - (this.#lastSession ?? 0);
    const settled = this.#demand.silent && this.#found === 0 && this.#startUps.failing === 0;
    if (!settled || quiet < slowTimes * horizon) return 0;
    const until = elapsed + Math.min(longestQuietMs, quiet / quietParts);
    if (toZeroAfterMs === undefined || quiet >= toZeroAfterMs) return until;
    return Math.min(until, elapsed + toZeroAfterMs - quiet);
  }

  #takeIn({ arrivals, coldStarts }: Signals, times: Times): void {
    this.#demand.count(arrivals, times.elapsed, times.horizon, times.round);
    this.#score.happened(arrivals, coldStarts);
    this.#total += arrivals;
    if (arrivals > 0) this.#lastSession = times.elapsed;
    const rate = times.round === 0 ? 0 : arrivals / times.round;
    for (let due = this.#open[0]; due && times.elapsed - due.at >= times.horizon; due = this.#open[0]) {
      this.#open.shift();
      // The horizon may have ended between two rounds.
      const after = rate * (times.elapsed - due.at - times.horizon);
      this.#close(due, this.#whole(this.#total - due.before - after));
    }
  }

  /** What is learned and what is scored have to be the same, and what is learned are whole sessions: what is left over counts next time. */
  #whole(came: number): number {
    const whole = Math.max(0, Math.round(came + this.#leftOver));
    this.#leftOver += came - whole;
    return whole;
  }

  #close({ place, sizes, times }: Open, came: number): void {
    this.#demand.observe(place, came, times);
    this.#score.wouldHave(this.#total - this.#lastScored, came, sizes, times);
    this.#lastScored = this.#total;
    this.#spare.push(sizes);
  }

  #observeFrom({ elapsed, horizon }: Times, { place }: Moment): void {
    const last = this.#open.at(-1);
    if (last && elapsed - last.at < horizon / openAtOnce) return;
    const times = 1 + this.#skipped;
    this.#skipped = 0;
    this.#open.push({ at: elapsed, place, before: this.#total, sizes: this.#copied(), times });
  }

  #copied(): number[] {
    const sizes = this.#spare.pop();
    if (!sizes) return this.#held.slice();
    for (let at = 0; at < choices; at += 1) sizes[at] = this.#held[at] ?? 0;
    return sizes;
  }

  /** Up at once, down over a part of the horizon: so for each choice. */
  #fade({ passed, horizon }: Times): void {
    const fading = fadingOver(passed, horizon);
    for (let at = 0; at < choices; at += 1)
      this.#held[at] = this.#givenBack(this.#held[at] ?? 0, passed, fading);
  }

  #hold(views: readonly Sizes[]): void {
    const { most } = this.#demand;
    let at = 0;
    for (const sizes of views)
      for (let risk = 0; risk < sizes.length; risk += 1, at += 1) {
        const size = Math.min(most, sizes[risk] ?? 0);
        if (size > (this.#held[at] ?? 0)) this.#held[at] = size;
      }
  }

  /** What is left of a size after some time (ms), of which this part is kept of what is more than few. */
  #givenBack(size: number, passed: number, fading: number): number {
    const slowly = size - passed / betweenFewMs;
    const few = this.#few;
    return Math.max(0, size > few ? Math.min(slowly, few + (size - few) * fading) : slowly);
  }

  /** What is held when this is wished for; the choice may have changed. */
  #given(wished: number, { elapsed, passed, horizon }: Times, { ready, starting }: Signals): number {
    if (this.#size === undefined) this.#found = ready + starting;
    else this.#size = this.#givenBack(this.#size, passed, fadingOver(passed, horizon));
    if (elapsed >= slowTimes * horizon) this.#found = 0;
    this.#size = Math.max(wished, this.#size ?? 0, this.#found);
    return Math.round(this.#size);
  }

  #decision(seen: Signals, times: Times, made: Found): Decision {
    const { min, max } = this.#policy;
    const held = (this.#forgotten(times.elapsed) ? 0 : made.held) + made.scheduled;
    const bounded = Math.max(min, Math.min(max, held));
    const { size, rule } = this.#startUps.allowed(bounded, seen.ready, times.elapsed);
    const { choice, moment } = made;
    return {
      size,
      worth: (k) => (1_000 * this.#demand.chance(moment, choice.view, k)) / times.horizon,
      why: {
        rule: rule ?? this.#rule(made, bounded, times.elapsed),
        numbers: {
          lately: this.#demand.fast,
          before: this.#demand.slow,
          startUpSeconds: this.#startUps.tail / 1_000,
          observations: this.#demand.weight(moment),
          view: choice.view,
          askedWarm: this.#policy.warmStarts,
          reachedWarm: this.#score.reached,
          aimedWarm: 1 - this.#score.aim,
          missChance: risks[choice.risk] ?? 0,
          wanted: made.wanted,
          held: made.held,
          scheduled: made.scheduled,
          failing: this.#startUps.failing,
          size,
        },
      },
    };
  }

  #forgotten(elapsed: number): boolean {
    const { toZeroAfterMs } = this.#policy;
    return toZeroAfterMs !== undefined && elapsed - (this.#lastSession ?? 0) >= toZeroAfterMs;
  }

  #rule(made: Found, bounded: number, elapsed: number): string {
    const { wanted, held, scheduled } = made;
    const forgotten = this.#forgotten(elapsed);
    const all = (forgotten ? 0 : held) + scheduled;
    if (bounded < all) return 'max';
    if (bounded > all) return 'min';
    if (scheduled > 0) return 'schedule';
    if (forgotten) return 'no session for long';
    if (held === wanted) return 'target';
    return held === this.#found ? 'as found' : 'giving back';
  }
}

const nothingIn = ({ arrivals, startUps, failures, scheduled = [] }: Signals): boolean =>
  arrivals === 0 && startUps.length === 0 && failures === 0 && scheduled.length === 0;
