// Class `kpa`: Knative's pod autoscaler on new sessions a second or on requests in hand, one runtime's.
// Puts its parts together: windows (window.ts), decision (decider.ts), bounds and the way from and to zero (last-ones.ts).
// What is ours: a start-up that failed is tried one at a time (start-up.ts), and what a sandbox is worth (worth.ts).
import type { KpaPolicy } from '../../model/scaling.ts';
import { Decider, type Decided, type DeciderState } from './decider.ts';
import { LastOnes, type LastOnesState } from './last-ones.ts';
import type { Decision, Scaler, Signals } from './signals.ts';
import { StartUps, type StartUpState } from './start-up.ts';
import { isStateOf } from './state.ts';
import { SteadyTime } from './steady-time.ts';
import { Buckets, type BucketsState } from './window.ts';
import { Worth, type WorthState } from './worth.ts';

/** Of `KpaState`: grows whenever what is in it means something else. */
const version = 1;

export interface KpaState {
  readonly class: 'kpa';
  readonly version: number;
  readonly elapsed: number;
  readonly stable: BucketsState;
  readonly panic: BucketsState;
  readonly decider: DeciderState;
  /** What was decided last; null before there was anything to decide on. */
  readonly desired: number | null;
  readonly lastOnes: LastOnesState;
  readonly startUps: StartUpState;
  readonly worth: WorthState;
}

/** What `state()` wrote, if this version wrote it. */
export const kpaState = (state: unknown): KpaState | undefined =>
  isStateOf<KpaState>(state, 'kpa', version) ? state : undefined;

/** How long a first round is taken to be, which nobody knows. Knative scrapes every second. */
const roundMs = 1_000;

/** Knative's `MakeMetric`: whole seconds, at least one. */
const panicWindowMs = ({ stableWindowMs, panicWindowPercentage }: KpaPolicy): number =>
  1_000 * Math.max(1, Math.round((stableWindowMs * panicWindowPercentage) / 100_000));

export class KpaScaler implements Scaler {
  readonly #policy: KpaPolicy;
  readonly #time: SteadyTime;
  readonly #stable: Buckets;
  readonly #panic: Buckets;
  /** Sandboxes that sessions took within the last second. */
  readonly #taken = new Buckets(1_000);
  readonly #decider: Decider;
  readonly #lastOnes: LastOnes;
  readonly #startUps: StartUps;
  readonly #worth: Worth;
  #desired: number | undefined;
  #begun: boolean;
  /** Of the round before; undefined before the first one. */
  #last: number | undefined;

  constructor(policy: KpaPolicy, state?: KpaState) {
    this.#policy = policy;
    // Whoever goes on has its first round a round later, about.
    this.#time = new SteadyTime(state && state.elapsed + roundMs);
    this.#stable = new Buckets(policy.stableWindowMs, state?.stable);
    this.#panic = new Buckets(panicWindowMs(policy), state?.panic);
    this.#decider = new Decider(policy, state?.decider);
    this.#lastOnes = new LastOnes(policy, state?.lastOnes);
    this.#startUps = new StartUps(state?.startUps);
    this.#worth = new Worth(state?.worth);
    this.#desired = state?.desired ?? undefined;
    this.#begun = state !== undefined;
  }

  state(): KpaState {
    return {
      class: 'kpa',
      version,
      elapsed: this.#time.elapsed,
      stable: this.#stable.state(),
      panic: this.#panic.state(),
      decider: this.#decider.state(),
      desired: this.#desired ?? null,
      lastOnes: this.#lastOnes.state(),
      startUps: this.#startUps.state(),
      worth: this.#worth.state(),
    };
  }

  round(seen: Signals): Decision {
    const { ready, starting } = seen;
    const elapsed = this.#time.at(seen.now);
    this.#takeIn(seen, elapsed);
    if (!this.#begun) this.#decider.begin(elapsed, ready);
    this.#begun = true;
    const averages = { stable: this.#stable.average(elapsed), panic: this.#panic.average(elapsed) };
    const pods = this.#pods(ready, elapsed);
    // Without data Knative's decision is invalid, and the one before stands.
    const decided = this.#stable.empty(elapsed) ? undefined : this.#decider.scale(elapsed, pods, averages);
    this.#desired = decided?.desired ?? this.#desired;
    const standing = { desired: this.#desired, ready: pods, have: ready + starting };
    const applied = this.#lastOnes.apply({ elapsed, ...standing });
    const { size, rule } = this.#startUps.allowed(applied.size, ready, elapsed);
    const { target } = this.#policy;
    const failing = this.#startUps.failing;
    return {
      size,
      why: {
        rule: rule ?? applied.rule ?? this.#rule(decided),
        numbers: { ...averages, target, pods, ...decided, failing, size },
      },
      worth: this.#worth.each,
    };
  }

  /** One write a round, as one scrape a second: while there are pods or something came. */
  #takeIn(seen: Signals, elapsed: number): void {
    const passed = elapsed - (this.#last ?? elapsed - roundMs);
    this.#last = elapsed;
    this.#worth.see(seen, passed);
    this.#startUps.see(seen.startUps, seen.failures, elapsed);
    this.#taken.add(Math.max(0, seen.arrivals - seen.coldStarts), elapsed, passed / 1_000);
    const held = ((seen.inFlight ?? 0) * passed) / 1_000;
    const count = this.#policy.metric === 'concurrency' ? held : seen.arrivals;
    if (count === 0 && seen.ready === 0) return;
    this.#stable.add(count, elapsed, passed / 1_000);
    this.#panic.add(count, elapsed, passed / 1_000);
  }

  /**
   * Knative's pods stay ready while they serve. Here a sandbox that was taken within a second was one of them, too; but there were
   * never more than the pool was to hold, however fast they are replaced.
   */
  #pods(ready: number, elapsed: number): number {
    const size = this.#lastOnes.size ?? ready;
    return Math.max(ready, Math.min(size, ready + Math.round(this.#taken.average(elapsed))));
  }

  #rule(decided: Decided | undefined): string {
    if (decided === undefined) return 'kpa without data';
    if (decided.scaled !== decided.desired) return 'kpa, scale-down delay';
    return this.#decider.panicking ? 'kpa in panic' : 'kpa';
  }
}
