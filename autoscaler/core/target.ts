// Class `target`: a pool just large enough for the wanted share of new sessions to start warm.
// One more sandbox in the pool is worth the chance that more sessions come than it holds before a replacement does: the
// newsvendor's rule (Arrow, Harris and Marschak, Optimal Inventory Policy, 1951). The same chance at all times gives the fewest
// cold starts for the same idle time; which chance gives the wanted share is what the score tells.
// Invariant: between min and max, but for start-ups that fail; and never less for more load, whatever was learned before.
import { Demand, risks, slowTimes, type DemandState } from './demand.ts';
import type { TargetPolicy } from '../../model/scaling.ts';
import type { Decision, Scaler, Signals } from './signals.ts';
import { Score, type ScoreState } from './score.ts';
import { StartUps, type StartUpState } from './start-up.ts';
import { SteadyTime } from './steady-time.ts';

/** At most about so many horizons are under observation at once. */
const openAtOnce = 8;
/** What is given back is given back over this part of a horizon: a wish that falls for one round costs no start-ups. */
const givesBackOver = 0.5;

/** A horizon under observation: where it began, how many had come before, and what each risk would have held. */
interface Open {
  readonly at: number;
  readonly place: number;
  readonly before: number;
  readonly sizes: readonly number[];
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
  readonly lastScored: number;
  readonly open: readonly Open[];
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

const nothing = { elapsed: 0, lastSession: null, total: 0, lastScored: 0, open: [] };

/** What one round works with, in milliseconds. */
interface Times {
  readonly elapsed: number;
  readonly passed: number;
  readonly horizon: number;
}

export class TargetScaler implements Scaler {
  readonly #policy: TargetPolicy;
  readonly #time: SteadyTime;
  readonly #demand: Demand;
  readonly #startUps: StartUps;
  readonly #score: Score;
  readonly #open: Open[];
  #last: number;
  #total: number;
  #lastScored: number;
  /** The size before bounds, with fractions; undefined before the first round without a state. */
  #size: number | undefined;
  #lastSession: number | null;
  /** What a leader without a memory found; kept until it has seen as much as the slow counter reaches back. */
  #found = 0;

  constructor(policy: TargetPolicy, state?: TargetState) {
    this.#policy = policy;
    const from = state ?? nothing;
    this.#time = new SteadyTime(from.elapsed);
    this.#last = from.elapsed;
    this.#demand = new Demand(state?.demand);
    this.#startUps = new StartUps(state?.startUps);
    this.#score = new Score(1 - policy.warmStarts, state?.score);
    this.#size = state?.size;
    this.#lastSession = from.lastSession;
    this.#total = from.total;
    this.#lastScored = from.lastScored;
    this.#open = [...from.open];
  }

  state(): TargetState {
    return {
      class: 'target',
      version,
      elapsed: this.#time.elapsed,
      demand: this.#demand.state(),
      startUps: this.#startUps.state(),
      score: this.#score.state(),
      size: this.#size ?? 0,
      lastSession: this.#lastSession,
      total: this.#total,
      lastScored: this.#lastScored,
      open: [...this.#open],
    };
  }

  round(seen: Signals): Decision {
    const elapsed = this.#time.at(seen.now);
    const passed = elapsed - this.#last;
    this.#last = elapsed;
    this.#startUps.see(seen.startUps, seen.failures, elapsed);
    // What is decided now holds until the next round, half of it on average.
    const times = { elapsed, passed, horizon: this.#startUps.tail + passed / 2 };
    this.#takeIn(seen, times);
    const sizes = this.#demand.sizes(this.#demand.place);
    this.#observeFrom(times, sizes);
    const risk = this.#score.risk;
    const wanted = sizes[risk] ?? 0;
    const held = this.#held(wanted, times, seen);
    return this.#decision(seen, times, { risk: risks[risk] ?? 0, wanted, held });
  }

  #takeIn({ arrivals, coldStarts }: Signals, times: Times): void {
    this.#demand.count(arrivals, times.elapsed, times.horizon);
    this.#score.happened(arrivals, coldStarts);
    this.#total += arrivals;
    if (arrivals > 0) this.#lastSession = times.elapsed;
    const rate = times.passed === 0 ? 0 : arrivals / times.passed;
    for (let due = this.#open[0]; due && times.elapsed - due.at >= times.horizon; due = this.#open[0]) {
      this.#open.shift();
      // The horizon may have ended between two rounds.
      const after = rate * (times.elapsed - due.at - times.horizon);
      this.#close(due, Math.max(0, this.#total - due.before - after));
    }
  }

  #close({ place, sizes }: Open, came: number): void {
    this.#demand.observe(place, came);
    this.#score.wouldHave(this.#total - this.#lastScored, came, sizes);
    this.#lastScored = this.#total;
  }

  #observeFrom({ elapsed, horizon }: Times, sizes: readonly number[]): void {
    const last = this.#open.at(-1);
    if (last && elapsed - last.at < horizon / openAtOnce) return;
    this.#open.push({ at: elapsed, place: this.#demand.place, before: this.#total, sizes });
  }

  /** Up at once, down over a part of the horizon. */
  #held(wanted: number, { elapsed, passed, horizon }: Times, { ready, starting }: Signals): number {
    if (this.#size === undefined) this.#found = ready + starting;
    else this.#size *= Math.exp(-passed / (givesBackOver * horizon));
    if (elapsed >= slowTimes * horizon) this.#found = 0;
    this.#size = Math.max(wanted, this.#size ?? 0, this.#found);
    return Math.round(this.#size);
  }

  #decision(seen: Signals, times: Times, made: { risk: number; wanted: number; held: number }): Decision {
    const { min, max } = this.#policy;
    const bounded = Math.max(min, Math.min(max, this.#forgotten(times.elapsed) ? 0 : made.held));
    const { size, rule } = this.#tried(bounded, seen, times.elapsed);
    return {
      size,
      why: {
        rule: rule ?? this.#rule(made, bounded, times.elapsed),
        numbers: {
          lately: this.#demand.fast,
          before: this.#demand.slow,
          startUpSeconds: this.#startUps.tail / 1_000,
          observations: this.#demand.weight,
          askedWarm: this.#policy.warmStarts,
          reachedWarm: this.#score.reached,
          aimedWarm: 1 - this.#score.aim,
          missChance: made.risk,
          wanted: made.wanted,
          held: made.held,
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

  #rule({ wanted, held }: { wanted: number; held: number }, bounded: number, elapsed: number): string {
    if (this.#forgotten(elapsed)) return bounded === 0 ? 'no session for long' : 'min';
    if (bounded < held) return 'max';
    if (bounded > held) return 'min';
    if (held === wanted) return 'target';
    return held === this.#found ? 'as found' : 'giving back';
  }

  /**
   * While start-ups fail nothing is started but one at a time, after a pause that doubles. Below `min` too: what cannot
   * start is not there however much it is wanted.
   */
  #tried(size: number, { ready }: Signals, elapsed: number): { size: number; rule?: string } {
    if (this.#startUps.failing === 0 || size <= ready) return { size };
    if (this.#startUps.pauseLeft(elapsed) > 0) return { size: ready, rule: 'start-ups fail, waiting' };
    return { size: ready + 1, rule: 'start-ups fail, trying one' };
  }
}
