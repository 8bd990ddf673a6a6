// Scenarios of the autoscaler as text: what happens on top, then a table of what the pool was to be and why.
// The top is read and played in virtual time; the table is what `play` answers, to be compared with the one that stands there.
import { kpaDefaults, noMaximum, type ScalingPolicy } from '../../model/scaling.ts';
import type { Scaler, Signals } from '../../autoscaler/core/signals.ts';
import { createScaler } from '../../autoscaler/core/scaler.ts';
import { replay, type Round } from '../../autoscaler/simulate/replay.ts';
import { table } from '../../autoscaler/simulate/report.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

/** What the lines on top say; times are seconds. */
interface Plan {
  policy: ScalingPolicy;
  startUp: number;
  readonly loads: (Span & { readonly low: number; readonly high: number })[];
  readonly failing: Span[];
  readonly clocks: { readonly at: number; readonly by: number }[];
  show: readonly number[];
}

const numbers = (text: string): number[] => text.split(/[\s,]+/).map(Number);

function policyOf(words: readonly string[]): ScalingPolicy {
  const value = (name: string, otherwise: number): number => {
    const at = words.indexOf(name);
    return at < 0 ? otherwise : Number(words[at + 1]);
  };
  const bounds = { min: value('min', 0), max: value('max', noMaximum) };
  if (words[0] === 'kpa') return { ...kpaDefaults, ...bounds, target: value('target', 1) };
  if (words[0] === 'fixed') return { class: 'fixed', size: value('size', 0) };
  const toZero = value('to-zero-after', 0);
  const warmStarts = value('warm', 99) / 100;
  return { class: 'target', ...bounds, warmStarts, ...(toZero > 0 ? { toZeroAfterMs: toZero * 1_000 } : {}) };
}

const span = (text: string): Span => {
  const [from = 0, to = from] = text.split('-').map(Number);
  return { from, to };
};

function readLine(plan: Plan, line: string): void {
  const [word, ...rest] = line.trim().split(/\s+/);
  const [first = '', second = '', third = second] = rest;
  if (word === 'policy') plan.policy = policyOf(rest);
  else if (word === 'start-up') plan.startUp = Number(first);
  else if (word === 'load') plan.loads.push({ ...span(first), low: Number(second), high: Number(third) });
  else if (word === 'failing') plan.failing.push(span(first));
  else if (word === 'clock') plan.clocks.push({ at: Number(first), by: Number(second) });
  else if (word === 'show') plan.show = numbers(rest.join(' '));
  else throw new Error(`a scenario does not know the line ${JSON.stringify(line)}`);
}

function readPlan(text: string): Plan {
  const plan: Plan = {
    policy: policyOf(['target']),
    startUp: 1.5,
    loads: [],
    failing: [],
    clocks: [],
    show: [],
  };
  for (const line of text.split('\n')) if (line.trim() !== '' && !line.startsWith('#')) readLine(plan, line);
  return plan;
}

/** Evenly spaced sessions (ms), as many a second as the load grows from low to high. */
function arrivalsOf({ loads }: Plan): number[] {
  return loads
    .flatMap(({ from, to, low, high }) => {
      const arrivals: number[] = [];
      let owed = 0;
      for (let at = from * 1_000 + 5; at < to * 1_000; at += 10) {
        owed += (low + ((high - low) * (at / 1_000 - from)) / (to - from)) / 100;
        for (; owed >= 1 - 1e-9; owed -= 1) arrivals.push(at);
      }
      return arrivals;
    })
    .sort((a, b) => a - b);
}

/** The scaler, told of a clock that was set by some seconds. */
const withClock = (scaler: Scaler, { clocks }: Plan): Scaler => ({
  round: (seen: Signals) => {
    const set = clocks.filter(({ at }) => seen.now >= at * 1_000).reduce((sum, { by }) => sum + by, 0);
    return scaler.round({ ...seen, now: seen.now + set * 1_000 });
  },
  state: () => scaler.state(),
});

const row = ({ at, arrivals, coldStarts, ready, decision }: Round): readonly string[] => [
  `${at / 1_000}`,
  `${arrivals}`,
  `${coldStarts}`,
  `${ready}`,
  `${decision.size}`,
  decision.why.rule,
];

const ruler = '---';

/** A scenario's text with its table as it comes out now. */
export function play(text: string): string {
  const [top = ''] = text.split(`${ruler}\n`);
  const plan = readPlan(top);
  const rounds: Round[] = [];
  let now = 0;
  const endMs = 1_000 * (plan.show.at(-1) ?? 0);
  replay({
    arrivals: arrivalsOf(plan),
    endMs,
    roundMs: 1_000,
    startUp: () =>
      plan.failing.some(({ from, to }) => now >= from * 1_000 && now < to * 1_000)
        ? undefined
        : plan.startUp * 1_000,
    scaler: withClock(createScaler(plan.policy), plan),
    onRound: (round) => {
      now = round.at;
      rounds.push(round);
    },
  });
  const shown = rounds.filter(({ at }) => plan.show.includes(at / 1_000)).map(row);
  return `${top}${ruler}\n${table([['time', 'load', 'cold', 'ready', 'want', 'why'], ...shown])}\n`;
}
