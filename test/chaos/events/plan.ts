// Which of the programs that carry events is killed when, by the seed. Nothing but kill -9: freezes and broken wires are the other
// run's (../plan.ts). Does not own how it is done (../havoc.ts).
import { diceFrom, type Dice } from '../../support/crowd.ts';
import type { Fault, Planned } from '../plan.ts';

const pauseMs = { least: 1_000, most: 6_000 };
const manySandboxes = 1_000_000;

type Maker = (dice: Dice, programs: readonly string[]) => Fault;

const program: Maker = (dice, programs) => ({
  kind: 'kill',
  program: dice.pick(programs),
  downMs: dice.roll(100, 3_000),
});
const redis: Maker = (dice) => ({ kind: 'redis', signal: 'SIGKILL', downMs: dice.roll(100, 3_000) });
const sandbox: Maker = (dice) => ({ kind: 'sandbox', nth: dice.roll(0, manySandboxes) });

/** One of each weight: sandboxes are many. */
const weights: readonly Maker[] = [program, program, program, redis, sandbox, sandbox, sandbox];

/** The kills of a run, in order. */
export function planKills(seed: number, durationMs: number, programs: readonly string[]): Planned[] {
  const dice = diceFrom(seed);
  const planned: Planned[] = [];
  let at = dice.roll(pauseMs.least, pauseMs.most);
  while (at < durationMs) {
    planned.push({ at, fault: dice.pick(weights)(dice, programs) });
    at += dice.roll(pauseMs.least, pauseMs.most);
  }
  return planned;
}
