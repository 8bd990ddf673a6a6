// The lines on top of a scenario of the autoscaler, as a plan: runtimes with their policies and loads, a budget, who leads when.
// Does not own what comes of it (scenario.ts). Times are seconds, memory is GiB.
import { kpaDefaults, noMaximum, type Scaling, type ScalingPolicy } from '../../model/scaling.ts';
import type { Limit } from '../../autoscaler/core/budget.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

/** One runtime: what it asks for and what comes. */
export interface Part {
  /** `namespace/name`; undefined in a scenario of one runtime. */
  readonly name: string | undefined;
  policy: ScalingPolicy;
  schedule: Scaling['schedule'];
  startUp: number;
  memory: number | undefined;
  readonly loads: (Span & { readonly low: number; readonly high: number })[];
  readonly failing: Span[];
}

/** Another autoscaler leads from `at` on: one that has heard everything, one that reads what was saved at `saved`, or one that knows nothing. */
export interface Change {
  readonly at: number;
  readonly knows: 'everything' | 'what was saved' | 'nothing';
  readonly saved: number;
}

export interface Plan {
  readonly parts: Part[];
  readonly budgets: Map<string, { idle?: number; memoryBytes?: number }>;
  readonly changes: Change[];
  readonly clocks: { readonly at: number; readonly by: number }[];
  show: readonly number[];
}

const gibibyte = 2 ** 30;

function policyOf(words: readonly string[]): ScalingPolicy {
  const value = (name: string, otherwise: number): number => {
    const at = words.indexOf(name);
    return at < 0 ? otherwise : Number(words[at + 1]);
  };
  const bounds = { min: value('min', 0), max: value('max', noMaximum) };
  if (words[0] === 'kpa')
    return {
      ...{ ...kpaDefaults, ...bounds, metric: 'rps', target: value('target', 1) },
      scaleDownDelayMs: value('scale-down-delay', 0) * 1_000,
      scaleToZeroPodRetentionMs: value('retention', 0) * 1_000,
    };
  if (words[0] === 'fixed') return { class: 'fixed', size: value('size', 0) };
  const toZero = value('to-zero-after', 0);
  const warmStarts = value('warm', 99) / 100;
  return { class: 'target', ...bounds, warmStarts, ...(toZero > 0 ? { toZeroAfterMs: toZero * 1_000 } : {}) };
}

const span = (text: string): Span => {
  const [from = 0, to = from] = text.split('-').map(Number);
  return { from, to };
};

const partOf = (name: string | undefined): Part => ({
  ...{ name, policy: policyOf(['target']), schedule: [], startUp: 1.5, memory: undefined },
  ...{ loads: [], failing: [] },
});

/** `everything`, `nothing`, `what was saved at 40`. */
function changeOf(at: string, knows: string): Change {
  const saved = /^what was saved at (\d+)$/.exec(knows)?.[1];
  if (saved !== undefined) return { at: Number(at), knows: 'what was saved', saved: Number(saved) };
  if (knows !== 'everything' && knows !== 'nothing') throw new Error(`a leader does not know ${knows}`);
  return { at: Number(at), knows, saved: 0 };
}

/** `budget platform idle 12 memory 8`; also of `each-namespace` and of a namespace by its name. */
function budgetOf(words: readonly string[]): Limit {
  const value = (name: string): number | undefined =>
    words.includes(name) ? Number(words[words.indexOf(name) + 1]) : undefined;
  const [idle, memory] = [value('idle'), value('memory')];
  return {
    ...(idle !== undefined && { idle }),
    ...(memory !== undefined && { memoryBytes: memory * gibibyte }),
  };
}

type Read = (rest: readonly string[], plan: Plan, part: Part) => void;

/** `schedule 0 9 * * * sessions 20`: the five fields of a crontab line. */
const readSchedule: Read = (rest, _, part) => {
  part.schedule = [...part.schedule, { cron: rest.slice(0, 5).join(' '), sessions: Number(rest[6]) }];
};

const lines: Readonly<Record<string, Read>> = {
  runtime: ([name], plan) => plan.parts.push(partOf(name)),
  policy: (rest, _, part) => (part.policy = policyOf(rest)),
  schedule: readSchedule,
  'start-up': ([seconds], _, part) => (part.startUp = Number(seconds)),
  memory: ([size], _, part) => (part.memory = Number(size) * gibibyte),
  load: ([when = '', low, high = low], _, part) =>
    part.loads.push({ ...span(when), low: Number(low), high: Number(high) }),
  failing: ([when = ''], _, part) => part.failing.push(span(when)),
  budget: ([of = '', ...rest], plan) => plan.budgets.set(of, budgetOf(rest)),
  'new-leader': ([at = '', , ...knows], plan) => plan.changes.push(changeOf(at, knows.join(' '))),
  clock: ([at, by], plan) => plan.clocks.push({ at: Number(at), by: Number(by) }),
  show: (rest, plan) =>
    (plan.show = rest
      .join(' ')
      .split(/[\s,]+/)
      .map(Number)),
};

/** Reads what stands above a scenario's table; throws at a line that it does not know. */
export function readPlan(text: string): Plan {
  const plan: Plan = { parts: [], budgets: new Map(), changes: [], clocks: [], show: [] };
  const alone = partOf(undefined);
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [word = '', ...rest] = line.trim().split(/\s+/);
    const read = lines[word];
    if (!read) throw new Error(`a scenario does not know the line ${JSON.stringify(line)}`);
    read(rest, plan, plan.parts.at(-1) ?? alone);
  }
  return plan.parts.length > 0 ? plan : { ...plan, parts: [alone] };
}

/** Evenly spaced sessions (ms), as many a second as the load grows from low to high. */
export function arrivalsOf({ loads }: Part): number[] {
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
