// Runs policies over a whole trace, each runtime with a scaler of its own, and compares what they cost.
// A curve is one class of policy at every setting; two classes are compared where their pools are idle alike.
import { kpaDefaults, noMaximum, type ScalingPolicy } from '../../model/scaling.ts';
import type { Scaler } from '../core/signals.ts';
import { createScaler } from '../core/scaler.ts';
import { oracle } from './oracle.ts';
import { startUpTimes, type StartUpPlan } from './random.ts';
import { replay, type Round } from './replay.ts';
import type { Trace } from './trace.ts';

export interface Setup {
  readonly trace: Trace;
  readonly startUp: StartUpPlan;
  readonly roundMs: number;
  readonly seed: number;
}

/** What one policy cost over a trace, all runtimes together. */
export interface Cost {
  readonly setting: number;
  readonly coldStarts: number;
  readonly sessions: number;
  readonly idleSeconds: number;
  /** Warm sandboxes that waited, on average. */
  readonly idle: number;
  readonly started: number;
  readonly unused: number;
  /** Share of sessions that started warm after the first tenth of the trace. */
  readonly reached: number;
}

export type Curve = readonly Cost[];

type OnRound = (round: Round, runtime: string) => void;
type MakeScaler = (arrivals: readonly number[]) => Scaler;

/** Runs one policy; `setting` is what the result is labelled with. */
function run(setup: Setup, setting: number, make: MakeScaler, onRound?: OnRound): Cost {
  const { trace, startUp, roundMs, seed } = setup;
  const endMs = trace.lengthMs + startUp.p99 * 1_000;
  const late = { sessions: 0, cold: 0 };
  const sum = { coldStarts: 0, idleSeconds: 0, started: 0, unused: 0 };
  for (const [index, { runtime, arrivals }] of trace.runtimes.entries()) {
    const watch = (round: Round): void => {
      onRound?.(round, runtime);
      if (round.at <= trace.lengthMs / 10) return;
      late.sessions += round.arrivals;
      late.cold += round.coldStarts;
    };
    const result = replay({
      arrivals,
      endMs,
      roundMs,
      startUp: startUpTimes(startUp, seed + index),
      scaler: make(arrivals),
      onRound: watch,
    });
    sum.coldStarts += result.coldStarts;
    sum.idleSeconds += result.idleSeconds;
    sum.started += result.started;
    sum.unused += result.unused;
  }
  return {
    ...sum,
    setting,
    sessions: trace.sessions,
    idle: (sum.idleSeconds * 1_000) / endMs,
    reached: late.sessions === 0 ? 1 : 1 - late.cold / late.sessions,
  };
}

/** Runs one policy of the platform's. */
export const runPolicy = (setup: Setup, policy: ScalingPolicy, setting: number, onRound?: OnRound): Cost =>
  run(setup, setting, () => createScaler(policy), onRound);

export const targetPolicy = (warmStarts: number): ScalingPolicy => ({
  class: 'target',
  min: 0,
  max: noMaximum,
  warmStarts,
});

/** One that knows what comes. */
export const runOracle = (setup: Setup): Cost => {
  const aheadMs = setup.startUp.median * 1_000 + setup.roundMs;
  return run(setup, 0, (arrivals) => oracle(arrivals, aheadMs));
};

/** `fixed` at every size until nothing starts cold, or to `largest`. */
export function fixedCurve(setup: Setup, largest: number): Curve {
  const curve: Cost[] = [];
  for (let size = 0; size <= largest && curve.at(-1)?.coldStarts !== 0; size += 1)
    curve.push(runPolicy(setup, { class: 'fixed', size }, size));
  return curve;
}

/** `kpa` at targets from 32 sessions a second and warm sandbox down to one in 200, four for each doubling. */
export const kpaCurve = (setup: Setup): Curve =>
  Array.from({ length: 51 }, (_, step) => 2 ** (5 - step / 4)).map((target) =>
    runPolicy(setup, { ...kpaDefaults, target }, target),
  );

/** Misses allowed, from nine in ten to one in ten thousand. */
export const targetCurve = (setup: Setup): Curve =>
  Array.from({ length: 33 }, (_, step) => 1 - 0.9 * 10 ** (-step / 8)).map((share) =>
    runPolicy(setup, targetPolicy(share), share),
  );

/** Cold starts where a curve is idle so much on average, on the straight line between its neighbours; undefined beyond its ends. */
export function coldAt(curve: Curve, idle: number): number | undefined {
  const sorted = [...curve].sort((a, b) => a.idle - b.idle);
  for (const [index, right] of sorted.entries()) {
    const left = sorted[index - 1];
    if (!left || left.idle > idle || right.idle < idle) continue;
    const part = right.idle === left.idle ? 0 : (idle - left.idle) / (right.idle - left.idle);
    return left.coldStarts + part * (right.coldStarts - left.coldStarts);
  }
  return undefined;
}
