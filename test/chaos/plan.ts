// Which faults happen when: decided before the run by its seed, so that the same seed does the same to the same programs.
// Does not own how a fault is done (havoc.ts).
import { diceFrom, type Dice } from '../support/crowd.ts';
import type { Wire } from './proxy.ts';

export type Fault =
  /** kill -9; the supervisor starts it again `downMs` later. */
  | { readonly kind: 'kill'; readonly program: string; readonly downMs: number }
  /** SIGSTOP, and SIGCONT `ms` later. */
  | { readonly kind: 'freeze'; readonly program: string; readonly ms: number }
  | { readonly kind: 'redis'; readonly signal: 'SIGTERM' | 'SIGKILL'; readonly downMs: number }
  /** `program`: one, or `all` of them, to Redis. */
  | { readonly kind: 'wire'; readonly program: string; readonly wire: Wire; readonly ms: number }
  /** kill -9 of all processes of a sandbox; `nth`, counted round, of those that live then. */
  | { readonly kind: 'sandbox'; readonly nth: number };

export interface Planned {
  /** Milliseconds after the load began. */
  readonly at: number;
  readonly fault: Fault;
}

const pauseMs = { least: 2_000, most: 8_000 };
const frozenMs = { least: 1_000, most: 20_000 };

const wireFaults: readonly ((dice: Dice) => Wire)[] = [
  () => ({ kind: 'cut' }),
  () => ({ kind: 'held' }),
  (dice) => ({ kind: 'slow', delayMs: dice.roll(5, 300) }),
];

const makers: readonly ((dice: Dice, programs: readonly string[]) => Fault)[] = [
  (dice, programs) => ({ kind: 'kill', program: dice.pick(programs), downMs: dice.roll(100, 3_000) }),
  (dice, programs) => ({
    kind: 'freeze',
    program: dice.pick(programs),
    ms: dice.roll(frozenMs.least, frozenMs.most),
  }),
  (dice, programs) => ({
    kind: 'wire',
    program: dice.pick(programs),
    wire: dice.pick(wireFaults)(dice),
    ms: dice.roll(500, 8_000),
  }),
  (dice) => ({
    kind: 'wire',
    program: 'all',
    wire: dice.pick(wireFaults)(dice),
    ms: dice.roll(500, 4_000),
  }),
  (dice) => ({
    kind: 'redis',
    signal: dice.pick(['SIGTERM', 'SIGKILL'] as const),
    downMs: dice.roll(100, 4_000),
  }),
];

/** One of each weight: kills and freezes are what most goes wrong by. */
const weights: readonly number[] = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4];

/** The faults of a run, in order. */
export function planFaults(seed: number, durationMs: number, programs: readonly string[]): Planned[] {
  const dice = diceFrom(seed);
  const planned: Planned[] = [];
  let at = dice.roll(pauseMs.least, pauseMs.most);
  while (at < durationMs) {
    const maker = makers[dice.pick(weights)];
    if (maker) planned.push({ at, fault: maker(dice, programs) });
    at += dice.roll(pauseMs.least, pauseMs.most);
  }
  return planned;
}
